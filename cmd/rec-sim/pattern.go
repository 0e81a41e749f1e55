package main

import (
	"encoding/binary"
	"fmt"
)

// A source makes the audio of one channel: interleaved 16-bit little-endian samples.
type source interface {
	// pcm returns n sample frames from position pos on the channel's timeline, in buf, which is large enough, or in memory
	// of its own that nobody may change. It doesn't allocate.
	pcm(buf []byte, pos, n int64) []byte
}

// pattern is the test signal of one channel, known by its ordinal. Sample i is
//
//	int16(uint32(i*2654435761 + ordinal*40503) >> 16)   in uint32 arithmetic
//
// The factor is the one of multiplicative hashing (Knuth, TAOCP 3, 6.4): successive samples are far apart, so that a
// sample in the wrong place is a wrong sample. The formula is a contract with whoever checks the files.
type pattern uint32

const (
	patternStep  = 2654435761
	patternPhase = 40503
)

// label is by which the checker finds out the ordinal.
func (c pattern) label() string { return fmt.Sprintf("pattern:%d", uint32(c)) }

func (c pattern) pcm(buf []byte, pos, n int64) []byte {
	buf = buf[:n*2]
	v := uint32(pos)*patternStep + uint32(c)*patternPhase
	p := buf
	// Four samples a store: a thousand channels in real time are 48 million samples a second, made by the same two cores
	// that record them.
	const all = 1<<32 - 1
	for len(p) >= 8 {
		v1, v2, v3 := v+patternStep, v+2*patternStep&all, v+3*patternStep&all
		low := uint64(v>>16 | v1&0xffff0000)
		high := uint64(v2>>16 | v3&0xffff0000)
		binary.LittleEndian.PutUint64(p, low|high<<32)
		v += 4 * patternStep & all
		p = p[8:]
	}
	for len(p) >= 2 {
		binary.LittleEndian.PutUint16(p, uint16(v>>16))
		v += patternStep
		p = p[2:]
	}
	return buf
}

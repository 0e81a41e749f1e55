package spool

import (
	"bytes"
	"encoding/binary"
)

// Source counts the packets that a channel was fed with. All zero, for a channel that was fed with samples.
type Source struct {
	Seq       uint64                   // counts the publications from 1
	Decoder   [DecoderBytes / 8]uint64 // its name, in bytes from the lowest, filled up with zeros
	Packets   uint64                   // that arrived, duplicates and late ones included, empty ones not
	Lost      uint64                   // that never arrived
	Late      uint64                   // that arrived when their time had been given up
	Duplicate uint64
	Recovered uint64 // of those lost, how many came back out of the packet after them
	Damaged   uint64 // that could not be decoded
	Adjusted  int64  // sample frames that following the sender's clock put in (or, negative, took out)
	ClockPPB  int64  // how fast the sender's clock runs against ours, in parts per billion
}

const (
	// DecoderBytes is how much of a decoder's name is kept.
	DecoderBytes = 24

	sourceWords = 12
	sourceBytes = 128 // a slot of a source: its words and a check
)

func (s Source) words() [sourceWords]uint64 {
	return [...]uint64{
		s.Seq, s.Decoder[0], s.Decoder[1], s.Decoder[2], s.Packets, s.Lost, s.Late, s.Duplicate, s.Recovered, s.Damaged, uint64(s.Adjusted), uint64(s.ClockPPB),
	}
}

func sourceOf(w [sourceWords]uint64) Source {
	return Source{
		Seq: w[0], Decoder: [3]uint64(w[1:4]), Packets: w[4], Lost: w[5], Late: w[6], Duplicate: w[7], Recovered: w[8],
		Damaged: w[9], Adjusted: int64(w[10]), ClockPPB: int64(w[11]),
	}
}

// SetDecoder keeps the decoder's name, or as much of it as there is room for.
func (s *Source) SetDecoder(name string) {
	var p [DecoderBytes]byte
	copy(p[:], name)
	for i := range s.Decoder {
		s.Decoder[i] = binary.LittleEndian.Uint64(p[8*i:])
	}
}

// DecoderName is the inverse of SetDecoder.
func (s Source) DecoderName() string {
	var p [DecoderBytes]byte
	for i, w := range s.Decoder {
		binary.LittleEndian.PutUint64(p[8*i:], w)
	}
	return string(bytes.TrimRight(p[:], "\x00"))
}

// PublishSource makes s the newest. s.Seq must be one more than that of the one before.
func (a *Area) PublishSource(s Source) {
	at := sourceOffset + int(s.Seq&1)*sourceBytes
	h := a.seed
	for i, w := range s.words() {
		word(a.ctl, at+8*i).Store(w)
		h = fold(h, w)
	}
	word(a.ctl, at+8*sourceWords).Store(h)
}

// ReadSource returns the newest source that is whole, or the zero Source. While it is being published it may return the one
// before.
func (a *Area) ReadSource() (newest Source) {
	for i := range 2 {
		at := sourceOffset + i*sourceBytes
		var w [sourceWords]uint64
		h := a.seed
		for j := range w {
			w[j] = word(a.ctl, at+8*j).Load()
			h = fold(h, w[j])
		}
		if s := sourceOf(w); word(a.ctl, at+8*sourceWords).Load() == h && s.Seq > newest.Seq {
			newest = s
		}
	}
	return newest
}

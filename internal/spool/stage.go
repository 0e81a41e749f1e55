package spool

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/ilenia-live/rec/internal/limits"
)

// Stage is the memory of a session that outlives its process: a ring of records for the journal and a ring of samples for
// each channel, each with the numbers that say which part of it counts.
//
//	   0  header: magic "RECSTAGE", version, channels, identity, check
//	1024  journal ring: head, tail (bytes, ever growing), origin (the byte that lies first)
//	4096  journal ring, JournalRingBytes
//	      then for each channel:
//	   0    area header: magic, ordinal, ring size, check
//	 128    slots A and B
//	 256    sources A and B
//	 512    gap ring: 112 entries of 32 bytes
//	4096    sample ring
//	        hold: blocks of 128 bytes, for channels that take packets
//
// A writer and a disk writer use it at once without a lock. All shared words are atomic, and a Slot carries a check of
// itself, so that a reader never acts on half of one, be it a disk writer a microsecond later or recovery next week.
type Stage struct {
	mem      []byte
	identity uint64
	Journal  JournalRing
	Areas    []*Area
}

const (
	pageBytes = 4096
	// JournalRingBytes holds a few cues of the largest size, or some seconds of a lively one.
	JournalRingBytes = 32 << 10
	// journalFirst is what of it is backed from the beginning.
	journalFirst = 8 << 10
	// GapRing is the number of gaps that a channel may begin between two rounds of the disk writer: as many as its page holds.
	// When half a second of packets is played at once, each of 2.5 ms and every other one lost, there are a hundred.
	GapRing = (pageBytes - gapsOffset) / gapBytes

	// stageVersion is that of all that is laid out here: who meets another finds nothing in it.
	stageVersion = 4

	stageMagic   = 0x4547415453434552 // "RECSTAGE"
	areaMagic    = 0x4145524143455200
	slotsOffset  = 128
	sourceOffset = 256
	gapsOffset   = 512
	journalAt    = 1024
	areaOverhead = pageBytes
)

// ErrStage is wrapped when memory is not the stage of this session.
var ErrStage = errors.New("not the stage of this session")

// RingBytes is the size of a ring that holds at least want bytes: a whole number of pages.
func RingBytes(want int64) int64 { return max(pageBytes, (want+pageBytes-1)/pageBytes*pageBytes) }

// StageBytes is the size of the stage of a session.
func (m Meta) StageBytes() int64 {
	size := int64(pageBytes + JournalRingBytes)
	for _, c := range m.Channels {
		size += c.areaBytes()
	}
	return size
}

// Memory is what a stage lies in, where that takes room by and by. See durable.Mapping.
type Memory interface {
	Back(off, n int64) error
	Drop(off, n int64) error
}

// FormatLazyStage is FormatStage in memory of which nothing is backed yet. Of each channel's ring it backs as much as ring says, and all
// else but the most of the journal's.
func FormatLazyStage(mem []byte, lazy Memory, m Meta, ring func(ChannelMeta) int64) (*Stage, error) {
	err := lazy.Back(0, pageBytes+journalFirst)
	off := int64(pageBytes + JournalRingBytes)
	type part struct{ at, first int64 }
	rings := make([]part, len(m.Channels))
	for i, c := range m.Channels {
		p := part{at: off + areaOverhead, first: min(RingBytes(ring(c)), c.RingBytes)}
		err = cmp.Or(err, lazy.Back(off, areaOverhead+p.first), lazy.Back(p.at+c.RingBytes, c.HoldBytes))
		rings[i], off = p, off+c.areaBytes()
	}
	if err != nil {
		return nil, err
	}
	s, err := FormatStage(mem, m)
	if err != nil {
		return nil, err
	}
	s.Journal.lazy, s.Journal.backed = lazy, journalFirst
	for i, p := range rings {
		a := s.Areas[i]
		a.lazy, a.at, a.first = lazy, p.at, uint64(p.first)
		a.backed.Store(a.first)
	}
	return s, nil
}

// FormatStage lays out a new stage in mem, which must be all zero and m.StageBytes long.
func FormatStage(mem []byte, m Meta) (*Stage, error) {
	le := binary.LittleEndian
	id := m.Identity()
	le.PutUint64(mem[0:], stageMagic)
	le.PutUint32(mem[8:], stageVersion)
	le.PutUint32(mem[12:], uint32(len(m.Channels)))
	le.PutUint64(mem[16:], id)
	le.PutUint64(mem[24:], mix(id, stageMagic, uint64(len(m.Channels))))
	off := int64(pageBytes + JournalRingBytes)
	for i, c := range m.Channels {
		a := mem[off:]
		le.PutUint64(a[0:], areaMagic)
		le.PutUint64(a[8:], uint64(i))
		le.PutUint64(a[16:], uint64(c.RingBytes))
		le.PutUint64(a[24:], mix(id, areaMagic, uint64(i), uint64(c.RingBytes)))
		off += c.areaBytes()
	}
	return OpenStage(mem, m)
}

func (c ChannelMeta) areaBytes() int64 { return areaOverhead + c.RingBytes + c.HoldBytes }

// OpenStage finds its way in mem. It fails with ErrStage when mem was not laid out for this session.
func OpenStage(mem []byte, m Meta) (*Stage, error) {
	le := binary.LittleEndian
	id := m.Identity()
	if want := m.StageBytes(); int64(len(mem)) != want || want > limits.StageBytes {
		return nil, fmt.Errorf("open stage: %d bytes, want %d: %w", len(mem), want, ErrStage)
	}
	if le.Uint64(mem) != stageMagic || le.Uint32(mem[8:]) != stageVersion || le.Uint64(mem[16:]) != id ||
		le.Uint64(mem[24:]) != mix(id, stageMagic, uint64(len(m.Channels))) {
		return nil, fmt.Errorf("open stage: header: %w", ErrStage)
	}
	s := &Stage{mem: mem, identity: id}
	s.Journal = JournalRing{
		head: word(mem, journalAt), tail: word(mem, journalAt+8), origin: word(mem, journalAt+16),
		ring: mem[pageBytes : pageBytes+JournalRingBytes], backed: JournalRingBytes,
	}
	off := int64(pageBytes + JournalRingBytes)
	for i, c := range m.Channels {
		a := mem[off : off+c.areaBytes()]
		if le.Uint64(a) != areaMagic || le.Uint64(a[24:]) != mix(id, areaMagic, uint64(i), uint64(c.RingBytes)) {
			return nil, fmt.Errorf("open stage: area %d: %w", i, ErrStage)
		}
		s.Areas = append(s.Areas, newArea(a, c.RingBytes, mix(id, uint64(i))))
		off += c.areaBytes()
	}
	return s, nil
}

func word(mem []byte, off int) *atomic.Uint64 { return (*atomic.Uint64)(unsafe.Pointer(&mem[off])) }

// mix folds words into one, so that half-written or foreign words are told from whole ones. Not against malice: whoever
// can write here can write the recording itself.
func mix(words ...uint64) uint64 {
	h := uint64(fibonacci)
	for _, w := range words {
		h = fold(h, w)
	}
	return h
}

// fold takes one more word into h: multiply and fold, with the constant of Fibonacci hashing (Knuth, TAOCP 3, 6.4).
func fold(h, w uint64) uint64 {
	h = (h ^ w) * fibonacci
	return h ^ h>>29
}

const fibonacci = 0x9E3779B97F4A7C15

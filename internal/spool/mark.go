package spool

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"time"

	"github.com/ilenia-live/rec/internal/level"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// A Mark says what a channel's file held at one moment: so many sample frames with this checksum. It is written into the
// file's own header area after the samples it speaks of and before the sync that makes both durable, so one sync does for
// both, and a mark that reached the disk before its samples did is unmasked by its checksum.
//
// Marks lie in sectors of their own (512 bytes, the unit that a disk writes whole), inside a JUNK chunk:
//
//	1024  the newest mark known to be on stable storage, its samples with it
//	1536, 2048, 2560, 3072  the newest marks, by sequence number modulo 4
//	3584  finalize's own; the data chunk's header shares its sector
//
//	 0 magic "MARK"    4 version        8 sequence       16 frames        24 payload
//	32 crc            40 journal       48 gaps           56 sum of squares (float64)
//	64 metered        72 peak u32      76 state u32      80 padding       88 unix ns     96 source, sourceWords words
//	then crc-32c of all before
type Mark struct {
	Seq     uint64
	Frames  int64  // length of the timeline: sample frames, silence included
	Payload uint64 // bytes accepted from the writer, silence not included: the stage's coordinate
	CRC     uint64 // CRC-64/NVME of all samples as they are in the file
	Journal int64  // bytes of the journal that belong to this mark
	Gaps    uint64 // gaps up to Frames
	Level   level.State
	State   MarkState
	// Padding is how many frames of silence at the end finalize added, so that the channel ends with its session.
	Padding int64
	At      time.Time
	// Source is what was known of the channel's packets at that moment; it may be a little ahead of Frames.
	Source Source
}

// MarkState says how far a channel got.
type MarkState uint32

const (
	StateOpen     MarkState = iota // being written
	StateComplete                  // the writer ended it: nothing is missing behind this mark
	// The sealed states are written by finalize: the file's length is final.
	StateSealed         // as the writer ended it
	StateSealedRepaired // everything accepted was there, though the writer did not end it
	StateSealedCut      // what lay behind the last certain mark could not be proven
)

// Sealed reports whether finalize is done with the samples.
func (s MarkState) Sealed() bool { return s >= StateSealed }

const (
	markMagic   = 0x4B52414D // "MARK"
	markVersion = 2
	markSummed  = 96 + 8*sourceWords
	markBytes   = markSummed + 4
	sectorBytes = 512
)

// maxFrames is ten times limits.Timeline at the highest rate: past it, lengths in bytes would overflow.
const maxFrames = int64(10*limits.Timeline/time.Second) * 48000

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// RecentMarks is the number of marks kept beside the durable one.
const RecentMarks = 4

// NextSeq returns the number of the mark that follows seq: the first one above it whose sector none of keep has. A header is written a
// sector at a time, and without a sync each may stay what it was: as long as the sector at 1024 may still tell of an older mark, the one
// that is promised to be durable must not be overwritten.
func NextSeq(seq uint64, keep ...uint64) uint64 {
	for seq++; slices.ContainsFunc(keep, func(k uint64) bool { return k > 0 && k%RecentMarks == seq%RecentMarks }); {
		seq++
	}
	return seq
}

// PutMarks fills the reserved part of a header area: the mark known to be on stable storage, the newest ones, each in the sector of
// its number, and finalize's. A zero Seq but in durable stands for no mark.
//
// Finalize writes over no mark that it found, for which of them was promised to be durable it can't know.
func PutMarks(header *[wavfile.HeaderSize]byte, durable Mark, recent *[RecentMarks]Mark, seal Mark) {
	clear(header[wavfile.ReservedOffset : wavfile.ReservedOffset+wavfile.ReservedSize])
	putMark(header[wavfile.ReservedOffset:], durable)
	for i := range recent {
		if recent[i].Seq > 0 {
			putMark(header[recentOffset(recent[i].Seq):], recent[i])
		}
	}
	if seal.Seq > 0 {
		putMark(header[sealOffset:], seal)
	}
}

const sealOffset = wavfile.ReservedOffset + sectorBytes*(1+RecentMarks)

func recentOffset(seq uint64) int {
	return wavfile.ReservedOffset + sectorBytes*(1+int(seq%RecentMarks))
}

func putMark(p []byte, m Mark) {
	le := binary.LittleEndian
	le.PutUint32(p[0:], markMagic)
	le.PutUint32(p[4:], markVersion)
	le.PutUint64(p[8:], m.Seq)
	le.PutUint64(p[16:], uint64(m.Frames))
	le.PutUint64(p[24:], m.Payload)
	le.PutUint64(p[32:], m.CRC)
	le.PutUint64(p[40:], uint64(m.Journal))
	le.PutUint64(p[48:], m.Gaps)
	le.PutUint64(p[56:], math.Float64bits(m.Level.SumSquares))
	le.PutUint64(p[64:], m.Level.Samples)
	le.PutUint32(p[72:], m.Level.Peak)
	le.PutUint32(p[76:], uint32(m.State))
	le.PutUint64(p[80:], uint64(m.Padding))
	le.PutUint64(p[88:], uint64(m.At.UnixNano()))
	for i, w := range m.Source.words() {
		le.PutUint64(p[96+8*i:], w)
	}
	le.PutUint32(p[markSummed:], crc32.Checksum(p[:markSummed], castagnoli))
}

func getMark(p []byte) (Mark, bool) {
	le := binary.LittleEndian
	if len(p) < markBytes || le.Uint32(p) != markMagic || le.Uint32(p[4:]) != markVersion ||
		le.Uint32(p[markSummed:]) != crc32.Checksum(p[:markSummed], castagnoli) {
		return Mark{}, false
	}
	m := Mark{
		Seq: le.Uint64(p[8:]), Frames: int64(le.Uint64(p[16:])), Payload: le.Uint64(p[24:]), CRC: le.Uint64(p[32:]),
		Journal: int64(le.Uint64(p[40:])), Gaps: le.Uint64(p[48:]),
		Level: level.State{
			SumSquares: math.Float64frombits(le.Uint64(p[56:])), Samples: le.Uint64(p[64:]), Peak: le.Uint32(p[72:]),
		},
		State: MarkState(le.Uint32(p[76:])), Padding: int64(le.Uint64(p[80:])),
		At: time.Unix(0, int64(le.Uint64(p[88:]))),
	}
	var w [sourceWords]uint64
	for i := range w {
		w[i] = le.Uint64(p[96+8*i:])
	}
	m.Source = sourceOf(w)
	return m, m.Padding >= 0 && m.Frames >= m.Padding && m.Frames <= maxFrames && m.Journal >= 0
}

// Marks returns the marks of a header area: the one known to be on stable storage (the zero Mark, an empty channel, if
// there is none), and the newer ones in order.
func Marks(header []byte) (durable Mark, newer []Mark) {
	if len(header) < wavfile.HeaderSize {
		return Mark{}, nil
	}
	if m, ok := getMark(header[wavfile.ReservedOffset:]); ok {
		durable = m
	}
	offsets := []int{sealOffset}
	for i := range uint64(RecentMarks) {
		offsets = append(offsets, recentOffset(i))
	}
	for _, at := range offsets {
		if m, ok := getMark(header[at:]); ok && m.Seq > durable.Seq && m.Frames >= durable.Frames {
			newer = append(newer, m)
		}
	}
	slices.SortFunc(newer, func(a, b Mark) int { return cmp.Compare(a.Seq, b.Seq) })
	return durable, newer
}

package spool

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ilenia-live/rec/internal/level"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// exampleMark has no field that is zero, and none that equals another.
func exampleMark(seq uint64) Mark {
	return Mark{
		Seq: seq, Frames: int64(seq) * 48000, Payload: seq*96000 + 1, CRC: seq * 0x9E3779B97F4A7C15, Journal: int64(seq)*100 + 2,
		Gaps: seq + 3, Level: level.State{SumSquares: float64(seq) * 1.5, Samples: seq*48000 + 4, Peak: uint32(seq) + 5},
		State: StateSealedCut, Padding: int64(seq) + 6, At: time.Unix(int64(seq), 7),
	}
}

// header holds durable and the marks with the given numbers.
func header(durable Mark, recent ...Mark) *[wavfile.HeaderSize]byte {
	var marks [RecentMarks]Mark
	for _, m := range recent {
		marks[m.Seq%RecentMarks] = m
	}
	h := new([wavfile.HeaderSize]byte)
	PutMarks(h, durable, &marks, Mark{})
	return h
}

func TestMarksRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.Uint64Range(0, 1<<40).Draw(t, "base")
		n := rapid.IntRange(0, RecentMarks).Draw(t, "recent")
		frames := int64(0)
		draw := func(seq uint64) Mark {
			frames += rapid.Int64Range(0, maxFrames/(RecentMarks+1)).Draw(t, "frames")
			return Mark{
				Seq: seq, Frames: frames, Payload: rapid.Uint64().Draw(t, "payload"), CRC: rapid.Uint64().Draw(t, "crc"),
				Journal: rapid.Int64Range(0, 1<<62).Draw(t, "journal"), Gaps: rapid.Uint64().Draw(t, "gaps"),
				Level: level.State{
					SumSquares: rapid.Float64().Draw(t, "squares"), Samples: rapid.Uint64().Draw(t, "samples"),
					Peak: rapid.Uint32().Draw(t, "peak"),
				},
				State: MarkState(rapid.Uint32().Draw(t, "state")), Padding: rapid.Int64Range(0, frames).Draw(t, "padding"),
				At: time.Unix(0, rapid.Int64().Draw(t, "at")),
			}
		}
		durable := draw(base)
		var recent []Mark
		for i := range n {
			recent = append(recent, draw(base+1+uint64(i)))
		}
		gotDurable, got := Marks(header(durable, recent...)[:])
		if diff := cmp.Diff(durable, gotDurable); diff != "" {
			t.Fatalf("durable: %s", diff)
		}
		if diff := cmp.Diff(recent, got); diff != "" {
			t.Fatalf("recent: %s", diff)
		}
	})
}

// The numbers run through the slots round and round; what is read is always the newest four, in order.
func TestMarksWrapOverTheSlots(t *testing.T) {
	var recent [RecentMarks]Mark
	var h [wavfile.HeaderSize]byte
	for seq := uint64(1); seq <= 3*RecentMarks+1; seq++ {
		recent[seq%RecentMarks] = exampleMark(seq)
		PutMarks(&h, Mark{}, &recent, Mark{})
		var want []Mark
		for s := max(1, int64(seq)-RecentMarks+1); s <= int64(seq); s++ {
			want = append(want, exampleMark(uint64(s)))
		}
		if _, got := Marks(h[:]); !cmp.Equal(want, got) {
			t.Fatalf("after mark %d: %s", seq, cmp.Diff(want, got))
		}
	}
}

func TestMarksOlderThanTheDurableOneDoNotCount(t *testing.T) {
	backwards := exampleMark(9)
	backwards.Frames, backwards.Padding = exampleMark(6).Frames-1, 0
	for _, row := range []struct {
		what   string
		recent []Mark
		want   []uint64
	}{
		{"older and newer", []Mark{exampleMark(5), exampleMark(6), exampleMark(7), exampleMark(8)}, []uint64{7, 8}},
		{"the same", []Mark{exampleMark(6)}, nil},
		{"shorter than the durable one", []Mark{backwards}, nil},
		{"none", nil, nil},
	} {
		durable, newer := Marks(header(exampleMark(6), row.recent...)[:])
		var got []uint64
		for _, m := range newer {
			got = append(got, m.Seq)
		}
		if durable.Seq != 6 || !slices.Equal(got, row.want) {
			t.Errorf("%s: durable %d, newer %d; want 6 and %d", row.what, durable.Seq, got, row.want)
		}
	}
}

// A bit that flips in a mark must cost that mark, and no other; one that flips in the rest of its sector costs nothing.
func TestOneFlippedBitCostsOneMark(t *testing.T) {
	durable := exampleMark(4)
	recent := []Mark{exampleMark(5), exampleMark(6), exampleMark(7), exampleMark(8)}
	good := header(durable, recent...)
	for i := wavfile.ReservedOffset; i < wavfile.ReservedOffset+wavfile.ReservedSize; i++ {
		for bit := range 8 {
			h := *good
			h[i] ^= 1 << bit
			wantDurable, want := durable, slices.Clone(recent)
			if sector, at := (i-wavfile.ReservedOffset)/sectorBytes, (i-wavfile.ReservedOffset)%sectorBytes; at < markBytes {
				if sector == 0 {
					wantDurable = Mark{}
				} else {
					want = slices.DeleteFunc(want, func(m Mark) bool { return m.Seq%RecentMarks == uint64(sector-1) })
				}
			}
			gotDurable, got := Marks(h[:])
			if gotDurable != wantDurable || !slices.Equal(got, want) {
				t.Fatalf("byte %d, bit %d: durable %+v, newer %+v", i, bit, gotDurable, got)
			}
		}
	}
}

func TestMarksOfDamagedHeaders(t *testing.T) {
	good := header(exampleMark(4), exampleMark(5))
	resign := func(p []byte) { binary.LittleEndian.PutUint32(p[96:], crc32.Checksum(p[:96], castagnoli)) }
	for _, row := range []struct {
		what   string
		damage func(h []byte) []byte
		want   []uint64 // durable, newer…
	}{
		{"none", func(h []byte) []byte { return h }, []uint64{4, 5}},
		{"nil", func([]byte) []byte { return nil }, []uint64{0}},
		{"one byte short", func(h []byte) []byte { return h[:len(h)-1] }, []uint64{0}},
		{"zeroed", func(h []byte) []byte { clear(h); return h }, []uint64{0}},
		{"all ones", func(h []byte) []byte {
			for i := range h {
				h[i] = 0xff
			}
			return h
		}, []uint64{0}},
		{"durable sector zeroed", func(h []byte) []byte { clear(h[1024:1536]); return h }, []uint64{0, 5}},
		{"newest sector zeroed", func(h []byte) []byte { clear(h[2048:2560]); return h }, []uint64{4}},
		{"everything outside the sectors", func(h []byte) []byte {
			clear(h[:1024])
			clear(h[3584:])
			return append(h, "samples"...)
		}, []uint64{4, 5}},
		{"another version", func(h []byte) []byte { h[1024+4] = 2; resign(h[1024:]); return h }, []uint64{0, 5}},
		{"negative length", func(h []byte) []byte { h[2048+23] = 0x80; resign(h[2048:]); return h }, []uint64{4}},
		{"more padding than samples", func(h []byte) []byte { h[2048+86] = 1; resign(h[2048:]); return h }, []uint64{4}},
		{"negative padding", func(h []byte) []byte { h[2048+87] = 0x80; resign(h[2048:]); return h }, []uint64{4}},
		{"negative journal", func(h []byte) []byte { h[2048+47] = 0x80; resign(h[2048:]); return h }, []uint64{4}},
	} {
		h := row.damage(slices.Clone(good[:]))
		durable, newer := Marks(h)
		got := []uint64{durable.Seq}
		for _, m := range newer {
			got = append(got, m.Seq)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("%s: marks %d, want %d", row.what, got, row.want)
		}
	}
}

func TestMarkStates(t *testing.T) {
	for state, want := range map[MarkState]bool{
		StateOpen: false, StateComplete: false, StateSealed: true, StateSealedRepaired: true, StateSealedCut: true,
	} {
		if state.Sealed() != want {
			t.Errorf("state %d: Sealed() = %v", state, !want)
		}
	}
}

// FuzzMarks edits a good header: three bytes of edits set one byte of the reserved area, the first two say which. With sign
// the checksums are put right afterwards, or a fuzzer would never get past them.
func FuzzMarks(f *testing.F) {
	f.Add([]byte{}, false)
	f.Add([]byte{0, 23, 0x80}, true)
	f.Add([]byte{2, 23, 0x80, 2, 8, 0}, true)
	f.Add([]byte{2, 8, 99, 4, 8, 99, 6, 87, 0xff}, true)
	f.Fuzz(func(t *testing.T, edits []byte, sign bool) {
		h := header(exampleMark(4), exampleMark(5), exampleMark(6), exampleMark(7), exampleMark(8))
		reserved := h[wavfile.ReservedOffset : wavfile.ReservedOffset+wavfile.ReservedSize]
		for ; len(edits) >= 3; edits = edits[3:] {
			reserved[int(binary.BigEndian.Uint16(edits))%len(reserved)] = edits[2]
		}
		for at := 0; sign && at < len(reserved); at += sectorBytes {
			binary.LittleEndian.PutUint32(reserved[at+markSummed:], crc32.Checksum(reserved[at:at+markSummed], castagnoli))
		}
		durable, newer := Marks(h[:])
		for _, m := range newer {
			if m.Padding < 0 || m.Frames < m.Padding || m.Journal < 0 {
				t.Fatalf("accepted %+v", m)
			}
		}
		if len(newer) > RecentMarks {
			t.Fatalf("%d marks in %d slots", len(newer), RecentMarks)
		}
		for i, m := range newer {
			if m.Seq <= durable.Seq || m.Frames < durable.Frames {
				t.Fatalf("mark %+v is not newer than %+v", m, durable)
			}
			// A sequence number counts seconds: past 2^62 it is damage that somebody signed.
			if i > 0 && newer[i-1].Seq > m.Seq && newer[i-1].Seq < 1<<62 {
				t.Fatalf("mark %d comes before %d", newer[i-1].Seq, m.Seq)
			}
		}
	})
}

// The sector of a mark that may be the only one known to be durable is left alone.
func TestNextSeqSparesMarks(t *testing.T) {
	for _, row := range []struct {
		seq, durable, syncing, want uint64
	}{
		{0, 0, 0, 1}, {1, 1, 1, 2}, {4, 1, 1, 6}, {4, 1, 2, 7}, {5, 1, 4, 6}, {7, 8, 4, 9}, {3, 0, 4, 5},
	} {
		if got := NextSeq(row.seq, row.durable, row.syncing); got != row.want {
			t.Errorf("after %d, with %d durable and %d being synced: %d, want %d", row.seq, row.durable, row.syncing, got, row.want)
		}
	}
}

// Finalize's mark has a sector of its own, and is read with the others.
func TestSealHasASectorOfItsOwn(t *testing.T) {
	recent := [RecentMarks]Mark{}
	for seq := uint64(3); seq <= 6; seq++ {
		recent[seq%RecentMarks] = exampleMark(seq)
	}
	var before, after [wavfile.HeaderSize]byte
	PutMarks(&before, exampleMark(2), &recent, Mark{})
	PutMarks(&after, exampleMark(2), &recent, exampleMark(7))
	if !slices.Equal(before[:3584], after[:3584]) {
		t.Error("it was written over another mark")
	}
	durable, newer := Marks(after[:])
	if durable.Seq != 2 || len(newer) != 5 || newer[4] != exampleMark(7) {
		t.Errorf("durable %d, newer %+v", durable.Seq, newer)
	}
}

package spool

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestRingBytes(t *testing.T) {
	for want, size := range map[int64]int64{-1: 4096, 0: 4096, 1: 4096, 4096: 4096, 4097: 8192, 8192: 8192, 96000: 98304} {
		if got := RingBytes(want); got != size {
			t.Errorf("RingBytes(%d) = %d, want %d", want, got, size)
		}
	}
}

// Every part of a stage is written full; then each must hold its own and nobody else's, also when it is opened again.
func TestStageRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rings []int64
		for range rapid.IntRange(1, 8).Draw(t, "channels") {
			rings = append(rings, 4096*rapid.Int64Range(1, 5).Draw(t, "pages"))
		}
		m := exampleMeta(rings...)
		mem := make([]byte, m.StageBytes())
		s, err := FormatStage(mem, m)
		if err != nil {
			t.Fatal(err)
		}
		record := bytes.Repeat([]byte{0xee}, JournalRingBytes)
		if !s.Journal.Put(record) {
			t.Fatal("the journal ring has no room for its own size")
		}
		slot := func(i int) Slot {
			return Slot{Seq: uint64(i) + 1, Payload: 10, Frames: int64(i), Gaps: GapRing, CRC: ^uint64(0)}
		}
		gap := func(i, n int) Gap {
			return Gap{N: uint64(n), At: uint64(i), Start: int64(n), Length: int64(i) + 1, Cause: CauseLoss}
		}
		for i, a := range s.Areas {
			if int64(len(a.Ring)) != rings[i] {
				t.Fatalf("ring %d has %d bytes, want %d", i, len(a.Ring), rings[i])
			}
			for n := range GapRing {
				a.PutGap(gap(i, n))
			}
			a.Publish(slot(i))
			copy(a.Ring, bytes.Repeat([]byte{byte(i) + 1}, len(a.Ring)))
		}
		again, err := OpenStage(slices.Clone(mem), m)
		if err != nil {
			t.Fatal(err)
		}
		if p, _ := again.Journal.Pending(nil); !bytes.Equal(p, record) {
			t.Fatal("the journal ring was overwritten")
		}
		for i, a := range again.Areas {
			if got := a.Read(); got != slot(i) {
				t.Fatalf("area %d: slot %+v, want %+v", i, got, slot(i))
			}
			for n := range GapRing {
				if got, ok := a.Gap(uint64(n)); !ok || got != gap(i, n) {
					t.Fatalf("area %d: gap %d is %+v, %v", i, n, got, ok)
				}
			}
			if len(bytes.Trim(a.Ring, string([]byte{byte(i) + 1}))) > 0 {
				t.Fatalf("area %d: the ring was overwritten", i)
			}
		}
	})
}

func TestOpenStageRefuses(t *testing.T) {
	for _, row := range []struct {
		what   string
		damage func(mem []byte, m *Meta) []byte
	}{
		{"nothing", func([]byte, *Meta) []byte { return nil }},
		{"one byte short", func(mem []byte, _ *Meta) []byte { return mem[:len(mem)-1] }},
		{"one page short", func(mem []byte, _ *Meta) []byte { return mem[:len(mem)-4096] }},
		{"half a header", func(mem []byte, _ *Meta) []byte { return mem[:16] }},
		{"one byte more", func(mem []byte, _ *Meta) []byte { return append(mem, 0) }},
		{"all zero, a file that was never written back", func(mem []byte, _ *Meta) []byte { clear(mem); return mem }},
		{"first page lost", func(mem []byte, _ *Meta) []byte { clear(mem[:4096]); return mem }},
		{"an area's page lost", func(mem []byte, _ *Meta) []byte {
			clear(mem[4096+JournalRingBytes : 4096+JournalRingBytes+4096])
			return mem
		}},
		{"another version", func(mem []byte, _ *Meta) []byte { mem[8]--; return mem }},
		{"another recording of the same session", func(mem []byte, m *Meta) []byte { m.RecordingID += "x"; return mem }},
		{"rings in another order", func(mem []byte, m *Meta) []byte {
			m.Channels[0].RingBytes, m.Channels[1].RingBytes = m.Channels[1].RingBytes, m.Channels[0].RingBytes
			return mem
		}},
		{"one channel fewer, the same size", func(mem []byte, m *Meta) []byte {
			m.Channels[0].RingBytes += m.Channels[1].RingBytes + areaOverhead
			m.Channels = m.Channels[:1]
			return mem
		}},
		{"areas swapped", func(_ []byte, m *Meta) []byte {
			m.Channels[1].RingBytes = m.Channels[0].RingBytes
			mem := make([]byte, m.StageBytes())
			if _, err := FormatStage(mem, *m); err != nil {
				panic(err)
			}
			at, n := int64(4096+JournalRingBytes), areaOverhead+m.Channels[0].RingBytes
			first := slices.Clone(mem[at : at+n])
			copy(mem[at:], mem[at+n:])
			copy(mem[at+n:], first)
			return mem
		}},
	} {
		t.Run(row.what, func(t *testing.T) {
			m := exampleMeta(4096, 8192)
			_, mem := newStage(t, m)
			mem = row.damage(mem, &m)
			if s, err := OpenStage(mem, m); !errors.Is(err, ErrStage) || s != nil {
				t.Fatalf("opened: %v, %v", s, err)
			}
		})
	}
}

// A bit that flips in a header must be noticed, or it must be one that nobody acts on.
func TestOneFlippedBitInAHeader(t *testing.T) {
	m := exampleMeta(4096, 8192)
	s, good := newStage(t, m)
	want := Slot{Seq: 1, Payload: 2, Frames: 3, Gaps: 4, CRC: 5}
	for _, a := range s.Areas {
		a.Publish(want)
	}
	areas := []int{4096 + JournalRingBytes, 4096 + JournalRingBytes + areaOverhead + 4096}
	refused := 0
	for _, at := range append([]int{0}, areas...) {
		for bit := range 32 * 8 {
			mem := slices.Clone(good)
			mem[at+bit/8] ^= 1 << (bit % 8)
			again, err := OpenStage(mem, m)
			if err != nil {
				if !errors.Is(err, ErrStage) || again != nil {
					t.Fatalf("header at %d, bit %d: %v", at, bit, err)
				}
				refused++
				continue
			}
			for i, a := range again.Areas {
				if a.Read() != want || len(a.Ring) != len(s.Areas[i].Ring) {
					t.Fatalf("header at %d, bit %d: area %d reads %+v", at, bit, i, a.Read())
				}
			}
		}
	}
	// Magic, version, identity and check; magic and check of each area.
	if least := (8+4+8+8)*8 + 2*(8+8)*8; refused < least {
		t.Fatalf("%d flips refused, want at least %d", refused, least)
	}
}

func FuzzOpenStage(f *testing.F) {
	f.Add([]byte{}, 0)
	f.Add([]byte{0, 0, 1, 4, 0, 255, 4, 8, 255}, 0)
	f.Add([]byte{144, 0, 1}, 1)
	f.Add([]byte{144, 128, 9, 144, 192, 7, 144, 168, 1}, 0)
	f.Fuzz(func(t *testing.T, edits []byte, cut int) {
		m := exampleMeta(4096)
		s, mem := newStage(t, m)
		s.Areas[0].Publish(Slot{Seq: 1, Payload: 2, Frames: 3, Gaps: 4, CRC: 5})
		s.Areas[0].Publish(Slot{Seq: 2, Payload: 4, Frames: 5, Gaps: 5, CRC: 6})
		s.Areas[0].PutGap(Gap{N: 4, Start: 3, Length: 1, Cause: CauseDTX})
		// Three bytes of edits set one byte of the memory, the first two say which: all of it but the end of the ring.
		for ; len(edits) >= 3; edits = edits[3:] {
			mem[(int(edits[0])<<8|int(edits[1]))%len(mem)] = edits[2]
		}
		again, err := OpenStage(mem[:len(mem)-min(max(cut, 0), len(mem))], m)
		if err != nil {
			if !errors.Is(err, ErrStage) {
				t.Fatal(err)
			}
			return
		}
		if got := again.Areas[0].Read(); got.Seq > 2 || got.Frames < 0 {
			t.Fatalf("slot %+v was never published", got)
		}
		for n := range uint64(2 * GapRing) {
			if g, ok := again.Areas[0].Gap(n); ok && (g.N != n || g.Start < 0 || g.Length <= 0) {
				t.Fatalf("gap %d: %+v", n, g)
			}
		}
		if p, _ := again.Journal.Pending(nil); len(p) > JournalRingBytes {
			t.Fatalf("%d bytes pending in a ring of %d", len(p), JournalRingBytes)
		}
	})
}

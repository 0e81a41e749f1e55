package spool

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// slotNumber is a slot whose every field follows from its number, so that a mixture of two shows.
func slotNumber(seq uint64) Slot {
	return Slot{Seq: seq, Payload: seq * 960, Frames: int64(seq) * 480, Gaps: seq / 3, CRC: seq * 0x9E3779B97F4A7C15, Packet: seq | 1<<32, Origin: seq * 100}
}

// words are those of a slot as Publish stores them, in its order.
func words(a *Area, s Slot) []uint64 {
	w := [slotWords]uint64{s.Seq, s.Payload, uint64(s.Frames), s.Gaps, s.CRC, s.Packet, s.Origin}
	w[slotWords-1] = a.check(&w)
	return w[:]
}

// All that Publish stores is stored, each word in its place, by whatever it is stored with.
func TestStoreWords(t *testing.T) {
	a := newArea1(t)
	for seq := uint64(1); seq <= 2; seq++ {
		a.Publish(slotNumber(seq))
	}
	for i := range uint64(2) {
		for w, want := range words(a, slotNumber(2-i)) {
			if got := a.slot(i, w).Load(); got != want {
				t.Errorf("slot %d, word %d: %#x, want %#x", i, w, got, want)
			}
		}
	}
}

func newArea1(t testing.TB) *Area {
	s, _ := newStage(t, exampleMeta(4096))
	return s.Areas[0]
}

func TestEmptyAreaReadsZero(t *testing.T) {
	if got := newArea1(t).Read(); got != (Slot{}) {
		t.Fatalf("%+v", got)
	}
}

func TestPublishedSlotIsRead(t *testing.T) {
	a := newArea1(t)
	for seq := uint64(1); seq < 10; seq++ {
		a.Publish(slotNumber(seq))
		if got := a.Read(); got != slotNumber(seq) {
			t.Fatalf("published %d, read %+v", seq, got)
		}
	}
}

// A process killed inside Publish has stored some of the words, the first ones first.
func TestTornSlotLeavesTheOtherInForce(t *testing.T) {
	for _, newest := range []uint64{0, 1, 2, 3, 1000, 1001} {
		for stored := range slotWords + 1 {
			a := newArea1(t)
			want := Slot{}
			for seq := max(1, newest) - 1; seq <= newest; seq++ {
				if seq > 0 {
					want = slotNumber(seq)
					a.Publish(want)
				}
			}
			torn := slotNumber(newest + 1)
			for i, w := range words(a, torn)[:stored] {
				a.slot(torn.Seq&1, i).Store(w)
			}
			if stored == slotWords {
				want = torn
			}
			if got := a.Read(); got != want {
				t.Errorf("%d words of slot %d stored: read %+v, want number %d", stored, torn.Seq, got, want.Seq)
			}
		}
	}
}

func TestOneFlippedBitLeavesTheOtherSlotInForce(t *testing.T) {
	a := newArea1(t)
	for _, newest := range []uint64{6, 7} {
		a.Publish(slotNumber(newest - 1))
		a.Publish(slotNumber(newest))
		for w := range 6 {
			for bit := range 64 {
				p := a.slot(newest&1, w)
				p.Store(p.Load() ^ 1<<bit)
				if got := a.Read(); got != slotNumber(newest-1) {
					t.Fatalf("word %d, bit %d of slot %d: read %+v", w, bit, newest, got)
				}
				p.Store(p.Load() ^ 1<<bit)
			}
		}
	}
}

// Slots that were copied from elsewhere, another channel or a session before in the same memory, don't count.
func TestForeignSlotDoesNotCount(t *testing.T) {
	m := exampleMeta(4096, 4096)
	s, _ := newStage(t, m)
	other := m
	other.RecordingID += "x"
	o, _ := newStage(t, other)
	for what, from := range map[string]*Area{"another channel": s.Areas[1], "another session": o.Areas[0]} {
		from.Publish(slotNumber(1))
		from.Publish(slotNumber(2))
		copy(s.Areas[0].ctl[slotsOffset:gapsOffset], from.ctl[slotsOffset:gapsOffset])
		if got := s.Areas[0].Read(); got != (Slot{}) {
			t.Errorf("slot of %s: %+v", what, got)
		}
	}
}

func TestNegativeLengthDoesNotCount(t *testing.T) {
	a := newArea1(t)
	a.Publish(slotNumber(1))
	a.Publish(Slot{Seq: 2, Frames: -1})
	if got := a.Read(); got != slotNumber(1) {
		t.Fatalf("%+v", got)
	}
}

// Readers run beside the writer without a lock. Each slot they see must be one that was published, whole.
func TestReadersBesideAWriter(t *testing.T) {
	a := newArea1(t)
	const last = 100_000
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				if s := a.Read(); s != slotNumber(s.Seq) || s.Seq > last {
					t.Errorf("read a mixture: %+v", s)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for seq := uint64(1); seq <= last; seq++ {
		a.Publish(slotNumber(seq))
	}
	close(done)
	wg.Wait()
	if got := a.Read(); got != slotNumber(last) {
		t.Fatalf("at the end: %+v", got)
	}
}

func TestGapRing(t *testing.T) {
	a := newArea1(t)
	number := func(n uint64) Gap {
		return Gap{N: n, At: n * 10, Start: int64(n) * 100, Length: int64(n) + 1, Cause: CauseLoss + Cause(n%8)}
	}
	for n := range uint64(3 * GapRing) {
		if g, ok := a.Gap(n); ok {
			t.Fatalf("gap %d before it was put: %+v", n, g)
		}
		a.PutGap(number(n))
		oldest := uint64(max(0, int64(n)-GapRing+1))
		for held := oldest; held <= n; held++ {
			if g, ok := a.Gap(held); !ok || g != number(held) {
				t.Fatalf("after gap %d, gap %d: %+v, %v", n, held, g, ok)
			}
		}
		if oldest > 0 {
			if g, ok := a.Gap(oldest - 1); ok {
				t.Fatalf("after gap %d, gap %d is still there: %+v", n, oldest-1, g)
			}
		}
	}
}

func TestGapRefusesNonsense(t *testing.T) {
	good := Gap{N: 5, At: 1, Start: 2, Length: 3, Cause: CauseLoss}
	for what, g := range map[string]Gap{
		"no cause":        {N: 5, At: 1, Start: 2, Length: 3},
		"unknown cause":   {N: 5, At: 1, Start: 2, Length: 3, Cause: CauseMute + 1},
		"negative start":  {N: 5, At: 1, Start: -2, Length: 3, Cause: CauseLoss},
		"no length":       {N: 5, At: 1, Start: 2, Cause: CauseLoss},
		"negative length": {N: 5, At: 1, Start: 2, Length: -3, Cause: CauseLoss},
	} {
		a := newArea1(t)
		a.PutGap(good)
		if _, ok := a.Gap(5); !ok {
			t.Fatal("a good gap is refused")
		}
		a.PutGap(g)
		if got, ok := a.Gap(5); ok {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// The ring is checked against a slice that never ends.
func TestPayloadWraps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := &Area{Ring: make([]byte, 4096)}
		var model []byte
		at := rapid.Uint64Range(0, 1<<40).Draw(t, "start")
		start := at
		origin := at - rapid.Uint64Range(0, at).Draw(t, "behind the origin")
		for range rapid.IntRange(1, 8).Draw(t, "writes") {
			p := bytes.Repeat([]byte{rapid.Byte().Draw(t, "value")}, rapid.IntRange(0, len(a.Ring)).Draw(t, "length"))
			first, second := a.Payload(at, at+uint64(len(p)), origin)
			if len(first)+len(second) != len(p) {
				t.Fatalf("%d and %d bytes for %d", len(first), len(second), len(p))
			}
			copy(second, p[copy(first, p):])
			model = append(model, p...)
			at += uint64(len(p))
		}
		n := uint64(rapid.IntRange(0, min(len(model), len(a.Ring))).Draw(t, "last"))
		first, second := a.Payload(at-n, at, origin)
		if got := slices.Concat(first, second); !bytes.Equal(got, model[uint64(len(model))-n:]) {
			t.Fatalf("the last %d of %d bytes from %d differ", n, len(model), start)
		}
		if len(second) > 0 && &second[0] != &a.Ring[0] {
			t.Fatal("the second piece is a copy")
		}
	})
}

// Whatever was published before a Read began, it returns that or something newer.
func TestReadIsNeverOlderThanWhatWasPublished(t *testing.T) {
	a := newArea1(t)
	const last = 200_000
	var published atomic.Uint64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for seq := uint64(1); seq <= last; seq++ {
			a.Publish(slotNumber(seq))
			published.Store(seq)
		}
	}()
	for least := uint64(0); least < last; {
		least = max(least, published.Load())
		got := a.Read().Seq
		if got < least {
			t.Fatalf("read slot %d, and slot %d was published or read before", got, least)
		}
		least = got
	}
	<-done
}

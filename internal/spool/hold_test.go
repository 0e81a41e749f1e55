package spool

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func newHold1(t testing.TB) (*Hold, *Stage, []byte, Meta) {
	t.Helper()
	m := exampleMeta(4096)
	m.Channels[0].HoldBytes = HoldBytes
	s, mem := newStage(t, m)
	return s.Areas[0].Hold, s, mem, m
}

// What was put and not dropped is found again by a process that knows nothing, in order, whatever was put and dropped before,
// and wherever it was thought to lie.
func TestHoldFindsWhatWaits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h, _, mem, m := newHold1(t)
		waiting := map[int]HeldPacket{}
		for number := range uint64(rapid.IntRange(1, 200).Draw(rt, "packets")) {
			p := bytes.Repeat([]byte{byte(number), 7}, rapid.IntRange(0, 1500).Draw(rt, "half of its length"))
			e := Held{
				Number: number + 1, Ticks: -int64(number), Span: 960, At: int64(number^5) * 960, Arrival: int64(number^3) * 20e6,
				Cause: Cause(number % 10),
			}
			if h.Room(len(p)) {
				block := h.Put(e, p)
				e.Bytes = len(p)
				waiting[block] = HeldPacket{Held: e, Payload: p}
				if got := h.Peek(block); got != e {
					rt.Fatalf("%+v, want %+v", got, e)
				}
			}
			for block := range waiting {
				if rapid.Bool().Draw(rt, "drop") {
					h.Drop(block)
					delete(waiting, block)
				}
			}
		}
		again, err := OpenStage(mem, m)
		if err != nil {
			rt.Fatal(err)
		}
		all := again.Areas[0].Hold.All()
		if len(all) != len(waiting) {
			rt.Fatalf("%d packets found, want %d", len(all), len(waiting))
		}
		for i, e := range all {
			if i > 0 && all[i-1].Number >= e.Number {
				rt.Fatalf("packet %d after %d", e.Number, all[i-1].Number)
			}
			found := false
			for _, w := range waiting {
				found = found || w.Held == e.Held && bytes.Equal(w.Payload, e.Payload)
			}
			if !found {
				rt.Fatalf("%+v was never put", e.Held)
			}
		}
	})
}

// All the room comes back.
func TestHoldIsUsedAgain(t *testing.T) {
	h, _, _, _ := newHold1(t)
	for range 1000 {
		var blocks []int
		for h.Room(1920) {
			blocks = append(blocks, h.Put(Held{Number: 1}, make([]byte, 1920)))
		}
		if len(blocks) != 26 { // 448 blocks, 17 for each
			t.Fatalf("%d packets of 1920 bytes found room", len(blocks))
		}
		for _, b := range blocks {
			h.Drop(b)
		}
	}
}

// A packet of which a byte is not as it was is none; memory full of noise holds nothing and breaks nothing.
func TestHoldTrustsNothing(t *testing.T) {
	h, _, _, _ := newHold1(t)
	block := h.Put(Held{Number: 5, Ticks: 6, At: 7, Arrival: 8}, bytes.Repeat([]byte{1}, 300))
	for _, at := range []int{8, 16, 24, 32, 40, 42, 47, 48, 127} {
		h.mem[block*blockBytes+at] ^= 4
		if all := h.All(); len(all) != 0 {
			t.Errorf("byte %d changed: %+v", at, all)
		}
		h.mem[block*blockBytes+at] ^= 4
	}
	if len(h.All()) != 1 {
		t.Fatal("the packet isn't found any longer")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		for i := range h.mem {
			h.mem[i] = byte(rng.Uint32())
		}
		if all := h.All(); len(all) != 0 {
			t.Fatalf("noise is a packet: %+v", all)
		}
	}
}

func TestSourceIsWholeOrTheOneBefore(t *testing.T) {
	a := newArea1(t)
	if got := a.ReadSource(); got != (Source{}) {
		t.Fatalf("%+v", got)
	}
	for seq := uint64(1); seq < 6; seq++ {
		s := Source{Seq: seq, Packets: seq * 10, Lost: 3, Late: 4, Duplicate: 5, Recovered: 6, Damaged: 7, Adjusted: -8, ClockPPB: -9}
		s.SetDecoder("libopus 1.3.1 and more than fits")
		a.PublishSource(s)
		if got := a.ReadSource(); got != s || got.DecoderName() != "libopus 1.3.1 and more t" {
			t.Fatalf("%+v, want %+v", got, s)
		}
	}
	for i := range sourceWords + 1 {
		w := word(a.ctl, sourceOffset+sourceBytes+8*i) // that of seq 5
		w.Store(w.Load() ^ 1)
		if got := a.ReadSource(); got.Seq != 4 {
			t.Errorf("word %d changed: %+v", i, got)
		}
		w.Store(w.Load() ^ 1)
	}
}

func TestGapKinds(t *testing.T) {
	for _, g := range []Gap{
		{N: 1, At: 2, Start: 3, Length: 4, Cause: CauseLoss, Kind: KindConcealed},
		{N: 1, At: 2, Start: 3, Length: 1 << 60, Kind: KindAnchor},
		{N: 1, At: 2, Start: 3, Length: 4, Cause: CauseMute},
	} {
		a := newArea1(t)
		a.PutGap(g)
		if got, ok := a.Gap(1); !ok || got != g {
			t.Errorf("ring: %+v, %v, want %+v", got, ok, g)
		}
		if got, err := GapRecord(0, g).Gap.Gap(); err != nil || got != g {
			t.Errorf("journal: %+v, %v, want %+v", got, err, g)
		}
		if want := g.Kind == KindSilence; (g.Silence() == g.Length) != want || (g.End() == g.Start+g.Length) != want {
			t.Errorf("%+v: silence %d, end %d", g, g.Silence(), g.End())
		}
	}
}

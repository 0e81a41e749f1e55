package main

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestPacer states what even load means: slots hit exactly, in order, each channel in one of them.
func TestPacer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		frame := time.Duration(rapid.Int64Range(int64(time.Millisecond), int64(time.Second)).Draw(t, "frame"))
		channels := rapid.IntRange(1, 5000).Draw(t, "channels")
		feeders := rapid.IntRange(1, 4).Draw(t, "feeders")
		p := newPacer(frame, channels, rapid.IntRange(0, feeders-1).Draw(t, "feeder"), feeders)

		if p.slots < 1 || p.slots > channels || p.slot()*time.Duration(p.slots) != frame || p.slots > 1 && p.slot() < minSlot {
			t.Fatalf("%d slots of %s in %s for %d channels", p.slots, p.slot(), frame, channels)
		}
		if p.offset < 0 || p.offset >= p.slot() {
			t.Fatalf("offset %s with slots of %s", p.offset, p.slot())
		}
		next, least, most := 0, channels, 0
		for i := range p.slots {
			from, to := p.share(i, channels)
			if from != next || to <= from {
				t.Fatalf("slot %d holds channels %d to %d, the one before ended at %d", i, from, to, next)
			}
			next, least, most = to, min(least, to-from), max(most, to-from)
		}
		if next != channels || most-least > 1 {
			t.Fatalf("%d of %d channels, %d to %d in a slot", next, channels, least, most)
		}
		k := rapid.Int64Range(0, 1<<30).Draw(t, "k")
		if got := p.due(k+1, 0) - p.due(k, p.slots-1); got != p.slot() {
			t.Fatalf("%s from the last slot to the first of the next frame, want %s", got, p.slot())
		}
	})
}

func TestPacerSpreadsTwentyMilliseconds(t *testing.T) {
	p := newPacer(20*time.Millisecond, 1000, 1, 2)
	if p.slots != 10 || p.offset != time.Millisecond {
		t.Errorf("%d slots, offset %s; want 10 and 1ms", p.slots, p.offset)
	}
}

package pace

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
		p := New(frame, channels, rapid.IntRange(0, feeders-1).Draw(t, "feeder"), feeders)

		if p.Slots < 1 || p.Slots > channels || p.Slot()*time.Duration(p.Slots) != frame || p.Slots > 1 && p.Slot() < minSlot {
			t.Fatalf("%d slots of %s in %s for %d channels", p.Slots, p.Slot(), frame, channels)
		}
		if p.offset < 0 || p.offset >= p.Slot() {
			t.Fatalf("offset %s with slots of %s", p.offset, p.Slot())
		}
		next, least, most := 0, channels, 0
		for i := range p.Slots {
			from, to := p.Share(i, channels)
			if from != next || to <= from {
				t.Fatalf("slot %d holds channels %d to %d, the one before ended at %d", i, from, to, next)
			}
			next, least, most = to, min(least, to-from), max(most, to-from)
		}
		if next != channels || most-least > 1 {
			t.Fatalf("%d of %d channels, %d to %d in a slot", next, channels, least, most)
		}
		k := rapid.Int64Range(0, 1<<30).Draw(t, "k")
		if got := p.Due(k+1, 0) - p.Due(k, p.Slots-1); got != p.Slot() {
			t.Fatalf("%s from the last slot to the first of the next frame, want %s", got, p.Slot())
		}
	})
}

func TestPacerSpreadsTwentyMilliseconds(t *testing.T) {
	p := New(20*time.Millisecond, 1000, 1, 2)
	if p.Slots != 10 || p.offset != time.Millisecond {
		t.Errorf("%d slots, offset %s; want 10 and 1ms", p.Slots, p.offset)
	}
}

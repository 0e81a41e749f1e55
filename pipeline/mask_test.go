package pipeline

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ilenia-live/rec/internal/spool"
)

// show lists what is masked: from, to and cause, in order.
func (ms masks) show() string {
	var parts []string
	for frame := int64(0); frame < math.MaxInt64; {
		cause, until := ms.at(frame)
		if cause != spool.CauseNone {
			parts = append(parts, strings.Replace(fmt.Sprintf("%d-%d %s", frame, until, cause), fmt.Sprint(math.MaxInt64), "", 1))
		}
		frame = until
	}
	return strings.Join(parts, ", ")
}

// Each row is what a host asks for, in its order: "+700" masks from 700 on, "~700" mutes, "-700" ends either.
func TestMasksOverlap(t *testing.T) {
	for _, row := range []struct {
		name, asked, want string
	}{
		{"none", "", ""},
		{"until further notice", "+100", "100- mask"},
		{"with an end", "+100 -200", "100-200 mask"},
		{"an end without one", "-200", ""},
		{"twice", "+100 -200 ~300 -400", "100-200 mask, 300-400 mute"},
		{"ended as it begins", "+100 -100", ""},
		{"ended before it begins", "+100 -50", ""},
		{"now, while a later one is scheduled", "+700 -800 +200", "200-700 mask, 700-800 mask, 800- mask"},
		{"now and ended, while a later one is scheduled", "+700 -800 +200 -300", "200-300 mask, 700-800 mask"},
		{"now, while a later one without end is scheduled", "~700 +200", "200-700 mask, 700- mute"},
		{"both ended", "~700 +200 -900", "200-700 mask, 700-900 mute"},
		{"ended before the later one", "~700 +200 -500", "200-500 mask"},
		{"a mute that becomes a mask", "~100 +200 -300", "100-200 mute, 200-300 mask"},
		{"at the same moment", "~100 +100 -200", "100-200 mask"},
		{"a long one over a short one", "~300 -400 +100 -600", "100-300 mask, 300-400 mute, 400-600 mask"},
		{"a short one inside a long one", "+100 -600 ~300 -400", "100-300 mask, 300-400 mute, 400-600 mask"},
		{"one that ends inside another", "~300 -500 +100 -400", "100-300 mask, 300-400 mute, 400-500 mute"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var ms masks
			for _, op := range strings.Fields(row.asked) {
				var at int64
				_, err := fmt.Sscan(op[1:], &at)
				if err != nil {
					t.Fatal(err)
				}
				switch op[0] {
				case '+':
					ms.begin(at, spool.CauseMask)
				case '~':
					ms.begin(at, spool.CauseMute)
				case '-':
					ms.end(at, math.MaxInt64)
				}
			}
			if got := ms.show(); got != row.want {
				t.Errorf("masked: %s\nwant:   %s", got, row.want)
			}
		})
	}
}

// However many there are, no more than the bound are kept, and nothing is heard that was to be withheld.
func TestTooManyMasksCoverMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ms, all masks
		joined := false
		frame := rapid.Int64Range(0, 1000)
		for range rapid.IntRange(0, 300).Draw(t, "calls") {
			at := frame.Draw(t, "at")
			if rapid.Bool().Draw(t, "end") {
				ms.end(at, math.MaxInt64)
				all.end(at, math.MaxInt64)
				continue
			}
			ms.begin(at, spool.CauseMask)
			// The same without a bound.
			all.end(at, at)
			all = append(all, mask{from: at, to: math.MaxInt64, cause: spool.CauseMask})
			slices.SortStableFunc(all, func(a, b mask) int { return int(a.from - b.from) })
			joined = joined || len(all) > maxMasks
		}
		if len(ms) > maxMasks {
			t.Fatalf("%d masks are kept", len(ms))
		}
		for f := range int64(1100) {
			want, _ := all.at(f)
			got, _ := ms.at(f)
			if got != want && (!joined || got == spool.CauseNone) {
				t.Fatalf("frame %d: %s, want %s", f, got, want)
			}
		}
	})
}

// A mask that the channel's end has passed takes no room.
func TestMasksThatPassedAreForgotten(t *testing.T) {
	c := &Channel{session: &Session{start: time.Now()}, meta: spool.ChannelMeta{SampleRate: rate, Channels: 1}}
	for n := range 1000 {
		at := time.Duration(n) * 10 * time.Millisecond
		c.slot.Frames = c.meta.Frames(at)
		c.Mask(at, spool.CauseMute)
		c.Unmask(at + 5*time.Millisecond)
	}
	if len(c.masks) > 2 {
		t.Errorf("%d masks are kept", len(c.masks))
	}
}

package pipeline

import (
	"testing"
	"time"
)

// Frames of 20 ms at 48 kHz that arrive at the given times (ms since the session's start): where must each lie?
func TestArrival(t *testing.T) {
	const frame, rate = 960, 48
	frames := func(d time.Duration) int64 { return int64(d/time.Microsecond) * rate / 1000 }
	steady := func(from, n int) (ms []int) {
		for i := range n {
			ms = append(ms, from+20*i)
		}
		return ms
	}
	for _, row := range []struct {
		name string
		ms   []int
		end  int // expected end of the channel, ms
		gaps int
	}{
		{"steady from the start", steady(20, 100), 2000, 0},
		{"joins after 5 s", steady(5020, 10), 5200, 1},
		{"jitter below the window is not silence", append(steady(20, 50), steady(1015, 100)...), 3000, 0},
		{"a burst after a stall of 600 ms is not silence",
			append(append(steady(20, 50), repeat(1600, 30)...), steady(1620, 50)...), 2600, 0},
		{"a pause of 3 s is silence at once", append(steady(20, 50), steady(4020, 10)...), 4200, 1},
		{"a pause of 300 ms is recognised within two windows", append(steady(20, 50), steady(1320, 110)...), 3500, 1},
		{"faster than real time is never silence", repeat(1, 500), 10000, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			var a arrival
			var end int64
			gaps := 0
			for _, ms := range row.ms {
				if skip := a.place(time.Duration(ms)*time.Millisecond, end, frame, frames); skip > 0 {
					gaps++
					end += skip
				}
				end += frame
			}
			if got := int(end / rate); got < row.end-20 || got > row.end+20 || gaps != row.gaps {
				t.Errorf("ends at %d ms with %d gaps, want %d ms with %d", got, gaps, row.end, row.gaps)
			}
		})
	}
}

func repeat(ms, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = ms
	}
	return out
}

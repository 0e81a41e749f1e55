package media

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// A receiver that gets no processor for a while reads all that came meanwhile in one go, or loses a part of it, for sockets
// have an end. Afterwards everything is where it was spoken.
func TestReceiverStalls(t *testing.T) {
	const length = 5 * time.Minute
	for seed := range uint64(20) {
		for _, row := range []struct {
			name   string
			jitter time.Duration
			loss   float64
			stall  time.Duration // at most
			socket int           // packets that it holds
		}{
			{"up to 1 s", 0, 0, time.Second, 1000},
			{"up to 8 s", 0, 0, 8 * time.Second, 1000},
			{"up to 8 s, jitter of 40 ms", 40 * time.Millisecond, 0, 8 * time.Second, 1000},
			{"up to 8 s, jitter of 500 ms", 500 * time.Millisecond, 0, 8 * time.Second, 1000},
			{"up to 8 s, a socket that holds 2 s", 0, 0, 8 * time.Second, 100},
			{"up to 8 s, a socket that holds 0.3 s, loss and jitter", 40 * time.Millisecond, 0.05, 8 * time.Second, 15},
		} {
			t.Run(fmt.Sprintf("%s/%d", row.name, seed), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 1))
				s := sender{frame: 160, base: 10 * time.Millisecond, ssrc: 7, jitter: row.jitter, loss: row.loss}
				var from, to time.Duration
				in := 0
				next := 31 * time.Second
				s.hold = func(at time.Duration) time.Duration {
					if at >= next && next < 4*time.Minute {
						from, to, in = next, next+time.Duration(rng.Int64N(int64(row.stall))), 0
						next = to + time.Duration(rng.Int64N(int64(20*time.Second)))
					}
					if at < from || at >= to {
						return 0
					}
					if in++; in > row.socket {
						return time.Hour // lost
					}
					return to - at + time.Duration(in)*100*time.Microsecond
				}
				d := &tape{t: t, s: &s, step: 8, from: 30 * time.Second}
				s.run(t, chainTo(t, d), length)
				t.Log(d)
				if miss := length - time.Duration(d.end)*time.Second/sawRate; miss < -20*time.Millisecond || miss > 40*time.Millisecond+row.jitter {
					t.Errorf("the tape is short by %s", miss)
				}
				if d.wrong > 0 {
					t.Errorf("%d ms are off by more than 20 ms", d.wrong)
				}
			})
		}
	}
}

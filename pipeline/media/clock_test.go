package media

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/codec"
)

// A native channel gets no silence into a voice that doesn't pause.
func TestNativeSlow(t *testing.T) {
	s := steady()
	s.ppm = -200
	d := &tape{t: t}
	c, err := New(Config{Codec: codec.Config{Name: "l16", SampleRate: sawRate, Channels: 1}, Sink: d, Hold: hold(t), Wait: 550 * time.Millisecond, Native: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s.run(t, c, time.Hour)
	if len(d.list) > 1 {
		t.Errorf("%d gaps: %v", len(d.list), d.gaps)
	}
}

// A sender whose timer is bad: 20 ms of sound every 20.05 ms.
func TestBadTimer(t *testing.T) {
	for _, ppm := range []float64{-2500, 2500} {
		s := steady()
		s.ppm, s.reports = ppm, 5*time.Second
		d := &tape{t: t, s: &s, step: 8}
		s.run(t, chainTo(t, d), 10*time.Minute)
		if off(d) > time.Minute {
			t.Errorf("%.0f ppm: off for %s of 10 min, by %s; longer by %s; gaps %v", ppm, off(d), d.worst, ahead(d, 10*time.Minute), d.gaps)
		}
	}
}

// What correction's comment says: 0.1 % a step, four of them at most.
func TestCorrectionIsSmall(t *testing.T) {
	for _, row := range [][2]int64{{48000, 960}, {48000, 120}, {16000, 320}, {8000, 160}, {8000, 20}} {
		var g gap
		g.init(int(row[0]), 1, int(row[0]))
		if k := g.correction(row[0]/200, row[1]); float64(k)/float64(row[1]) > 0.0015 {
			t.Errorf("%d Hz, packets of %d: %.2f %%", row[0], row[1], float64(k)/float64(row[1])*100)
		}
	}
}

// A sender that reads its timestamps off a clock, so that they waver, has no gaps.
func TestTimestampsThatWaver(t *testing.T) {
	for _, by := range []int{2, 9, 33} { // samples: up to 4 ms
		s := steady()
		d := &tape{t: t, s: &s, step: 4}
		rng := rand.New(rand.NewPCG(3, 3))
		base, k := s.ts, uint32(0)
		s.jump = func(s *sender, _ time.Duration) {
			s.ts = base + k*160 + uint32(rng.IntN(by))
			k++
		}
		s.run(t, chainTo(t, d), 10*time.Minute)
		if len(d.list) > 1 || off(d) > 0 || d.counts.Late > 0 {
			t.Errorf("by %d: %d gaps %v, %d late, off for %s", by-1, len(d.list), d.gaps, d.counts.Late, off(d))
		}
	}
}

package media

import (
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/spool"
)

// Whatever the network does, ten minutes are ten minutes, and each sample is where it was spoken.
func TestTenMinutesImpaired(t *testing.T) {
	const length = 10 * time.Minute
	ms := time.Millisecond
	for _, row := range []struct {
		name string
		s    sender
		from time.Duration // compared from here on
		off  time.Duration // that may be
	}{
		{"perfect", sender{}, 0, 0},
		{"clock fast by 100 ppm", sender{ppm: 100}, 0, 5 * ms},
		{"clock slow by 300 ppm", sender{ppm: -300}, 0, 12 * ms},
		{"clock fast by 100 ppm, with reports", sender{ppm: 100, reports: time.Second}, 0, 5 * ms},
		{"under way when the session begins", sender{start: -17 * ms}, 0, 0},
		{"joins late", sender{start: 90 * time.Second}, 0, 0},
		{"jitter of 30 ms", sender{jitter: 30 * ms}, 0, 8 * ms},
		{"jitter of 500 ms", sender{jitter: 500 * ms}, 30 * time.Second, 15 * ms},
		{"20 % lost", sender{loss: 0.2}, 0, 0},
		{"a tenth twice", sender{dup: 0.1}, 0, 0},
		{"a twentieth out of order", sender{reorder: 0.05}, 0, 0},
		{"all of it", sender{loss: 0.2, jitter: 500 * ms, dup: 0.1, ppm: 100, reports: 5 * time.Second, start: 3 * time.Second}, 33 * time.Second, 15 * ms},
		{"packets of 2.5 ms, jitter, loss", sender{frame: 20, jitter: 200 * ms, loss: 0.05}, 30 * time.Second, 12 * ms},
		{"packets of 120 ms, jitter, loss", sender{frame: 960, jitter: 100 * ms, loss: 0.05, ppm: -50}, 30 * time.Second, 12 * ms},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := row.s
			if s.frame == 0 {
				s.frame = 160
			}
			s.base, s.ssrc, s.seq, s.ts = 10*ms, 0x1234, 65000, 1<<32-8000
			d := &tape{t: t, s: &s, from: row.from}
			c := chainTo(t, d)
			s.run(t, c, length)
			t.Log(d)
			lost := time.Duration(float64(s.frame) / sawRate * 1e9)
			if miss := length - time.Duration(d.end)*time.Second/sawRate; miss < -20*ms || miss > 20*ms+2*lost+s.jitter {
				t.Errorf("the tape is short by %s", miss)
			}
			if max(d.worst, -d.worst) > row.off+time.Millisecond {
				t.Errorf("off by %s, want at most %s", d.worst, row.off)
			}
			if d.counts.Late > 0 || d.counts.Damaged > 0 {
				t.Errorf("%d packets late, %d damaged", d.counts.Late, d.counts.Damaged)
			}
			if sum := d.samples; sum != (int64(d.counts.Packets)-int64(d.counts.Duplicate))*s.frame+d.counts.Adjusted {
				t.Errorf("%d samples from %d packets, %d adjusted", sum, d.counts.Packets, d.counts.Adjusted)
			}
		})
	}
}

// Two channels of one session whose clocks are 100 ppm apart, over four hours with 5 % loss.
func TestFourHoursApart(t *testing.T) {
	const length = 4 * time.Hour
	for i, ppm := range []float64{-50, 50} {
		s := sender{ppm: ppm, frame: 160, loss: 0.05, jitter: 40 * time.Millisecond, base: 10 * time.Millisecond, ssrc: uint32(i + 1), reports: 5 * time.Second}
		d := &tape{t: t, s: &s, step: sawRate / 1000}
		s.run(t, chainTo(t, d), length)
		t.Log(d)
		if max(d.worst, -d.worst) > 10*time.Millisecond {
			t.Errorf("off by %s at %.1f s: more than half of 20 ms", d.worst, float64(d.at)/sawRate)
		}
		if d.gaps[spool.CauseDisconnect] != 0 || d.gaps[spool.CauseDTX] != 0 {
			t.Errorf("gaps %v", d.gaps)
		}
		if got := float64(d.counts.ClockPPB) / 1000; got < ppm-2 || got > ppm+2 {
			t.Errorf("clock %.2f ppm, want %.2f", got, ppm)
		}
	}
}

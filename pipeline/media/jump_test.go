package media

import (
	"fmt"
	"testing"
	"time"
)

// A sender may begin anew in any way: nothing of what follows is lost, and no time is made up.
func TestJumps(t *testing.T) {
	const length = 2 * time.Minute
	type jump struct {
		name string
		do   func(s *sender)
	}
	jumps := []jump{{"new source", func(s *sender) { s.ssrc++; s.seq = 17; s.ts = 99 }}}
	for _, d := range []int{1, 2, 50, 300, 1000, 5000, 10000, 30000, 32767, 32768} {
		for _, sign := range []int{1, -1} {
			jumps = append(jumps, jump{fmt.Sprintf("sequence %+d", sign*d), func(s *sender) { s.seq += uint16(sign * d) }})
		}
	}
	for _, d := range []int64{160 * 5, 8000, 80000, 8000 * 600, 8000 * 3600 * 24, 1<<31 - 1, 1 << 31} {
		for _, sign := range []int64{1, -1} {
			jumps = append(jumps, jump{fmt.Sprintf("timestamp %+d", sign*d), func(s *sender) { s.ts += uint32(sign * d) }})
			jumps = append(jumps, jump{fmt.Sprintf("both, timestamp %+d", sign*d), func(s *sender) { s.ts += uint32(sign * d); s.seq += uint16(sign * d / 160) }})
		}
	}
	for _, jitter := range []time.Duration{0, 40 * time.Millisecond} {
		for _, j := range jumps {
			t.Run(fmt.Sprintf("%s, jitter %s", j.name, jitter), func(t *testing.T) {
				s := sender{frame: 160, base: 10 * time.Millisecond, jitter: jitter, ssrc: 7, seq: 40000, ts: 1 << 30}
				jumped := time.Duration(0)
				s.jump = func(s *sender, at time.Duration) {
					if at >= time.Minute && jumped == 0 {
						jumped = at
						j.do(s)
					}
				}
				d := &tape{t: t, s: &s}
				c := chainTo(t, d)
				s.run(t, c, length)
				if miss := length - time.Duration(d.end)*time.Second/sawRate; miss < -20*time.Millisecond || miss > 40*time.Millisecond+jitter {
					t.Errorf("the tape is short by %s", miss)
				}
				if got := d.samples - d.counts.Adjusted; got < int64(d.counts.Packets)*s.frame {
					t.Errorf("%d samples of %d packets", got, d.counts.Packets)
				}
				if d.wrong > 0 && time.Duration(d.wrong)*time.Second/sawRate > 15*time.Second {
					t.Errorf("%d samples are off by more than 20 ms", d.wrong)
				}
				if t.Failed() || testing.Verbose() {
					t.Log(d)
				}
			})
		}
	}
}

// A sender whose timestamps stand still while it is silent has been silent all the same.
func TestTimestampsThatStandStill(t *testing.T) {
	for _, pause := range []time.Duration{60 * time.Millisecond, 300 * time.Millisecond, 900 * time.Millisecond, 5 * time.Second, time.Minute} {
		for _, jitter := range []time.Duration{0, 40 * time.Millisecond} {
			t.Run(fmt.Sprintf("%s, jitter %s", pause, jitter), func(t *testing.T) {
				s := sender{frame: 160, base: 10 * time.Millisecond, jitter: jitter, ssrc: 7}
				paused := false
				s.pause = func(at time.Duration) time.Duration {
					if at < time.Minute || paused {
						return 0
					}
					paused = true
					return pause
				}
				const length = 4 * time.Minute
				d := &tape{t: t, s: &s, from: 0}
				s.run(t, chainTo(t, d), length)
				t.Log(d)
				if miss := length - time.Duration(d.end)*time.Second/sawRate; miss < -20*time.Millisecond || miss > 40*time.Millisecond+jitter {
					t.Errorf("the tape is short by %s", miss)
				}
				if most := 5 * time.Second; time.Duration(d.wrong)*time.Second/sawRate > most+30*time.Second {
					t.Errorf("%d samples are off by more than 20 ms", d.wrong)
				}
			})
		}
	}
}

// A network that holds packets back and then delivers them all at once doesn't move them.
func TestStallAndBurst(t *testing.T) {
	for _, stall := range []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond, 4 * time.Second} {
		t.Run(stall.String(), func(t *testing.T) {
			s := sender{frame: 160, base: 10 * time.Millisecond, ssrc: 7}
			s.hold = func(at time.Duration) time.Duration {
				if from := 30 * time.Second; at >= from && at < from+stall {
					return from + stall - at
				}
				return 0
			}
			const length = time.Minute
			d := &tape{t: t, s: &s}
			s.run(t, chainTo(t, d), length)
			t.Log(d)
			if d.worst > 5*time.Millisecond || d.worst < -5*time.Millisecond {
				t.Errorf("off by %s at %.3f s", d.worst, float64(d.at)/sawRate)
			}
			if d.samples != int64(d.counts.Packets)*160 {
				t.Errorf("%d samples of %d packets", d.samples, d.counts.Packets)
			}
		})
	}
}

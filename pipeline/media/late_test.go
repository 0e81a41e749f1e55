package media

import (
	"testing"
	"time"
)

// Late packets that come all at once are late, not a sender that begins anew.
func TestLateBurst(t *testing.T) {
	for _, n := range []int{4, 5, 30} {
		s := steady()
		s.reports = 5 * time.Second
		from := 30 * time.Second
		to := from + time.Duration(n)*20*time.Millisecond
		s.hold = func(at time.Duration) time.Duration {
			if at > from && at <= to {
				return to + 800*time.Millisecond - at
			}
			return 0
		}
		d := &tape{t: t, s: &s}
		s.run(t, chainTo(t, d), time.Minute)
		if off(d) > 0 || int(d.counts.Late) != n {
			t.Errorf("%d packets late: off for %s, by %s; %+v", n, off(d), d.worst, d.counts)
		}
	}
}

// Copies in a burst are copies, however short the packets.
func TestOldCopies(t *testing.T) {
	s := steady()
	s.frame = 20 // 2.5 ms
	d := &tape{t: t, s: &s}
	c := chainTo(t, d)
	var old [][]byte
	s.jump = func(s *sender, at time.Duration) {
		if at > 20*time.Second && len(old) < 20 {
			q := *s
			p, _ := q.packet()
			old = append(old, p)
		}
		if at > 21*time.Second && len(old) == 20 {
			for _, p := range old {
				feed(t, c, p, at)
			}
			old = append(old, nil)
		}
	}
	s.run(t, c, 30*time.Second)
	if d.samples-d.counts.Adjusted > int64(d.counts.Packets-20)*20 {
		t.Errorf("%d frames recorded of %d packets and 20 copies; %+v", d.samples, d.counts.Packets-20, d.counts)
	}
}

// Two senders that talk at once, as when one takes over from the other, don't make a channel run ahead of its session.
func TestTwoSendersAtOnce(t *testing.T) {
	for _, overlap := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second, 20 * time.Second} {
		const length = 2 * time.Minute
		first, second := steady(), steady()
		second.ssrc, second.start = 8, 30*time.Second
		d := &tape{t: t, s: &second, from: 35*time.Second + overlap}
		c := chainTo(t, d)
		for {
			s := &first
			if first.when(first.sent) > 30*time.Second+overlap || second.when(second.sent) < first.when(first.sent) {
				s = &second
			}
			p, at := s.packet()
			if at += s.base; at > length {
				break
			}
			feed(t, c, p, at)
		}
		if err := c.Flush(length); err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %s", overlap, d)
		if ahead(d, length) > 20*time.Millisecond || off(d) > 30*time.Second {
			t.Errorf("%s at once: the tape is %s longer than the session, off for %s", overlap, ahead(d, length), off(d))
		}
	}
}

// A sender that begins anew at numbers that were never seen, below its first or in a hole, is heard.
func TestRestartAmongUnseenNumbers(t *testing.T) {
	for _, back := range []int{250, 500, 1000} {
		for _, ts := range []int64{-500 * 160, -1 << 30} {
			for _, outage := range []bool{false, true} {
				s, jumped := steady(), false
				at, from := 3*time.Second, 45*time.Second
				if outage {
					at = time.Minute
					s.hold = func(at time.Duration) time.Duration {
						if at > from && at < from+13*time.Second {
							return time.Hour
						}
						return 0
					}
				}
				s.jump = func(s *sender, now time.Duration) {
					if now >= at && !jumped {
						jumped = true
						s.seq -= uint16(back)
						s.ts = uint32(int64(s.ts) + ts)
					}
				}
				d := &tape{t: t, s: &s}
				s.run(t, chainTo(t, d), 2*time.Minute)
				if like := outage && ts == int64(-160*back); d.counts.Late > 0 && !like { // the packets that are missing would look the same
					t.Errorf("%d numbers and %d ticks back, after an outage %v: %d packets lost as late", back, ts, outage, d.counts.Late)
				}
			}
		}
	}
}

package media

import (
	"fmt"
	"testing"
	"time"
)

// A network that stalls and catches up more slowly than at twice the speed makes nothing up. No packet is lost.
func TestCatchUp(t *testing.T) {
	for _, speed := range []float64{1.2, 1.5, 1.8, 3} {
		for _, stall := range []time.Duration{2 * time.Second, 10 * time.Second} {
			for _, reports := range []time.Duration{0, 5 * time.Second} {
				t.Run(fmt.Sprintf("%.1f×, %s, reports %s", speed, stall, reports), func(t *testing.T) {
					s := steady()
					s.reports = reports
					from := time.Minute
					s.hold = func(at time.Duration) time.Duration {
						if at < from {
							return 0
						}
						return max(0, from+stall+time.Duration(float64(at-from)/speed)-at)
					}
					const length = 3 * time.Minute
					d := &tape{t: t, s: &s}
					s.run(t, chainTo(t, d), length)
					if ahead(d, length) > 20*time.Millisecond || off(d) > time.Second {
						t.Errorf("the tape is %s longer than the session, off for %s, gaps %v", ahead(d, length), off(d), d.gaps)
					}
				})
			}
		}
	}
}

// What had piled up before the session began doesn't displace what follows.
func TestBacklogAtStart(t *testing.T) {
	for _, before := range []time.Duration{150 * time.Millisecond, time.Second, 3 * time.Second} {
		s := steady()
		s.start = -before
		s.hold = func(at time.Duration) time.Duration { return max(0, -at) }
		const length = 3 * time.Minute
		d := &tape{t: t, s: &s, from: 5 * time.Second}
		s.run(t, chainTo(t, d), length)
		if ahead(d, length) > 20*time.Millisecond || off(d) > 0 {
			t.Errorf("%s before: the tape is %s longer than the session, off for %s", before, ahead(d, length), off(d))
		}
	}
}

// A network that is slow for ten seconds makes no gap (no reports).
func TestDelayBump(t *testing.T) {
	s := steady()
	s.jitter = 20 * time.Millisecond
	s.hold = func(at time.Duration) time.Duration {
		if at > time.Minute && at < 70*time.Second {
			return 150 * time.Millisecond
		}
		return 0
	}
	d := &tape{t: t, s: &s}
	s.run(t, chainTo(t, d), 5*time.Minute)
	if off(d) > 10*time.Second {
		t.Errorf("off for %s, gaps %v", off(d), d.gaps)
	}
}

// A pause of less than 40 ms that the timestamps don't know of is followed all the same (no reports).
func TestShortStandstill(t *testing.T) {
	s := steady()
	paused := false
	s.pause = func(at time.Duration) time.Duration {
		if at < 20*time.Minute || paused {
			return 0
		}
		paused = true
		return 38 * time.Millisecond
	}
	d := &tape{t: t, s: &s, step: 8}
	s.run(t, chainTo(t, d), time.Hour)
	if off(d) > time.Minute {
		t.Errorf("off for %s", off(d))
	}
}

// inOrder is a network whose packets don't overtake each other.
func inOrder(delay func(at time.Duration) time.Duration) func(time.Duration) time.Duration {
	last := time.Duration(0)
	return func(at time.Duration) time.Duration {
		last = max(last, at+delay(at))
		return last - at
	}
}

// A network that becomes slower and fast again, or has been slow in the beginning, costs no speech.
func TestDelayThatChangesLosesNothing(t *testing.T) {
	for name, row := range map[string]struct {
		reports time.Duration
		delay   func(at time.Duration) time.Duration
	}{
		"1.5 s for 3 s, again and again, with reports": {5 * time.Second, func(at time.Duration) time.Duration {
			if at > time.Minute && at%(2*time.Minute) < 3*time.Second {
				return 1500 * time.Millisecond
			}
			return 0
		}},
		"600 ms for a minute, with reports": {time.Second, func(at time.Duration) time.Duration {
			if at > 35*time.Second && at < 95*time.Second {
				return 600 * time.Millisecond
			}
			return 0
		}},
		"800 ms in the beginning": {0, func(at time.Duration) time.Duration { return max(0, time.Duration(800e6*(1-float64(at)/4e9))) }},
		"1.5 s in the beginning":  {0, func(at time.Duration) time.Duration { return max(0, time.Duration(1500e6*(1-float64(at)/4e9))) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := steady()
			s.reports = row.reports
			s.hold = inOrder(row.delay)
			const length = 10 * time.Minute
			d := &tape{t: t, s: &s, step: 4}
			s.run(t, chainTo(t, d), length)
			t.Log(d)
			if d.counts.Late > 0 || ahead(d, length) > 20*time.Millisecond || off(d) > 3*time.Minute {
				t.Errorf("%d late, gaps %v, off for %s, %s longer than the session", d.counts.Late, d.gaps, off(d), ahead(d, length))
			}
		})
	}
}

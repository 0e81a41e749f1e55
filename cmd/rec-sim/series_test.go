package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/internal/latency"
)

// TestSeriesAddsUp: in virtual time, a run of 2.5 s that accepts ten frames a second.
func TestSeriesAddsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &series{}
		begun := time.Now()
		stop := s.watch(func() totals {
			d := time.Since(begun)
			return totals{accepted: int64(d / (100 * time.Millisecond)), bytes: int64(d), cpu: d / 2, unsynced: 3 * time.Millisecond, rss: int64(d)}
		})
		time.Sleep(500 * time.Millisecond)
		s.synced(40 * time.Millisecond)
		s.synced(20 * time.Millisecond)
		time.Sleep(2 * time.Second)
		stop()

		if len(s.seconds) != 3 {
			t.Fatalf("%d seconds, want 3: %+v", len(s.seconds), s.seconds)
		}
		want := second{T: 1, FramesAccepted: 10, UnsyncedMs: 40, BytesWritten: int64(time.Second), CPUSeconds: 0.5, RSSBytes: int64(time.Second)}
		if s.seconds[0] != want {
			t.Errorf("first second %+v, want %+v", s.seconds[0], want)
		}
		if last := s.seconds[2]; last.T != 2.5 || last.FramesAccepted != 5 || last.UnsyncedMs != 3 {
			t.Errorf("last second %+v: want the half that was left, and what is unsynced at its end", last)
		}
		frames := int64(0)
		for _, one := range s.seconds {
			frames += one.FramesAccepted
		}
		if frames != 25 {
			t.Errorf("%d frames in all seconds, want 25", frames)
		}
		if got := s.peakRSS(); got != int64(2500*time.Millisecond) {
			t.Errorf("peak %d", got)
		}
	})
}

func TestNoSeriesOfLessThanASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &series{}
		stop := s.watch(func() totals { return totals{} })
		time.Sleep(900 * time.Millisecond)
		stop()
		var r report
		r.setSeries(s, latency.New(), time.Second)
		if len(s.seconds) > 0 || r.Series != nil || r.WriteLatencyPercentiles != nil || r.SyncEveryMs != 0 {
			t.Errorf("seconds %+v, report %+v", s.seconds, r)
		}
	})
}

func TestNilSeriesDoesNothing(t *testing.T) {
	var s *series
	s.synced(time.Second)
	s.watch(func() totals { t.Error("read"); return totals{} })()
	var r report
	r.setSeries(s, latency.New(), time.Second)
}

func TestPercentilesGetDenserTheRarer(t *testing.T) {
	l := latency.New()
	for i := range 10_000 {
		l.Record(time.Duration(i+1) * time.Microsecond)
	}
	points := l.Percentiles()
	found := map[float64]float64{}
	for i, p := range points {
		found[p.Percentile] = p.Us
		if i > 0 && (p.Percentile <= points[i-1].Percentile || p.Us < points[i-1].Us) {
			t.Errorf("point %d, %+v, does not come after %+v", i, p, points[i-1])
		}
	}
	for _, want := range []latency.Percentile{{Percentile: 90, Us: 9000}, {Percentile: 99, Us: 9900}, {Percentile: 99.9, Us: 9990}, {Percentile: 100, Us: 10000}} {
		if got := found[want.Percentile]; got < 0.98*want.Us || got > 1.02*want.Us {
			t.Errorf("%g %%: %g µs, want about %g", want.Percentile, got, want.Us)
		}
	}
	if empty := latency.New().Percentiles(); len(empty) != 1 {
		t.Errorf("nothing recorded: %+v", empty)
	}
}

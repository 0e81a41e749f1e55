package main

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/internal/usage"
)

// A second is what happened in one second of a run; the last one of a run may be shorter. Sums over all of them are the
// report's totals.
type second struct {
	T              float64 `json:"t"` // its end, in seconds since feeding began
	FramesAccepted int64   `json:"framesAccepted"`
	FramesRefused  int64   `json:"framesRefused"`
	LateFrames     int64   `json:"lateFrames"`
	UnsyncedMs     float64 `json:"unsyncedMs"` // the greatest age that audio reached before it was durable
	BytesWritten   int64   `json:"bytesWritten"`
	CPUSeconds     float64 `json:"cpuSeconds"` // may exceed one: of all cores together
	RSSBytes       int64   `json:"rssBytes"`
}

// seriesEvery is the length of a second. A run that has not even one has no series.
const seriesEvery = time.Second

// totals are counts since a run began.
type totals struct {
	accepted, refused, late, bytes int64
	cpu                            time.Duration
	unsynced                       time.Duration // of what is not durable now; not a total
	rss                            int64         // nor is this
}

// A series watches a run, second by second. Whoever doesn't want one has a nil series, whose methods do nothing.
type series struct {
	oldest atomic.Int64 // age in ns: the greatest that a sync reported in this second

	// The watching goroutine's own, and everybody's when it has ended.
	before  totals
	seconds []second
}

// synced is told the age of what a sync made durable. It may be called at any time.
func (s *series) synced(age time.Duration) {
	if s == nil {
		return
	}
	for {
		was := s.oldest.Load()
		if int64(age) <= was || s.oldest.CompareAndSwap(was, int64(age)) {
			return
		}
	}
}

// watch reads the totals each second until stop is called.
func (s *series) watch(read func() totals) (stop func()) {
	if s == nil {
		return func() {}
	}
	begun := time.Now()
	s.before = read()
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		ticker := time.NewTicker(seriesEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				s.add(time.Since(begun), read())
			case <-done:
				// What is left is shorter, and belongs to the sums nevertheless.
				if len(s.seconds) > 0 {
					s.add(time.Since(begun), read())
				}
				return
			}
		}
	})
	return func() {
		close(done)
		all.Wait()
	}
}

// add ends a second.
func (s *series) add(at time.Duration, now totals) {
	oldest := max(now.unsynced, time.Duration(s.oldest.Swap(0)))
	b := s.before
	s.seconds = append(s.seconds, second{
		T: latency.In(at, time.Second), FramesAccepted: now.accepted - b.accepted, FramesRefused: now.refused - b.refused,
		LateFrames: now.late - b.late, UnsyncedMs: milliseconds(oldest), BytesWritten: now.bytes - b.bytes,
		CPUSeconds: latency.In(now.cpu-b.cpu, time.Second), RSSBytes: now.rss,
	})
	s.before = now
}

// peakRSS is the greatest size at the end of a second: that of this run alone, which the kernel's own maximum isn't.
func (s *series) peakRSS() (most int64) {
	for _, one := range s.seconds {
		most = max(most, one.RSSBytes)
	}
	return most
}

// totals reads what a series wants to know of a run.
func (s *simulation) totals() totals {
	st := s.recorder.Stats()
	t := totals{bytes: st.BytesWritten, unsynced: st.Unsynced, rss: memory().Resident()}
	t.accepted, t.refused, t.late, _ = s.feeding.total()
	t.cpu = usage.Self().Total()
	return t
}

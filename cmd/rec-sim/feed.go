package main

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/internal/pace"
)

// A fedSession is a session while it is being fed.
type fedSession struct {
	lanes []*lane
	base  int // ordinal of the first
	cues  *cueTrack
	first time.Duration // where on the timeline the sound begins: 0, but for packets
}

// A load is what feeds the sessions of a run.
type load interface {
	// run feeds until everything was sent or ctx is cancelled, which is no error.
	run(ctx context.Context) error
	// sent counts the frames of all channels that were sent. It and total may be called at any time.
	sent() int64
	// total counts the frames that the recorder accepted, those it refused, those that it took more than a frame's time for,
	// and returns the first error that was more than a lack of room.
	total() (accepted, refused, late int64, failed error)
	// latency is that of all frames, when run has returned.
	latency() *latency.Histogram
}

// A feeding is all feeders of a run.
type feeding struct {
	plan     *plan
	frame    time.Duration
	realTime bool
	sessions []*fedSession
	writers  []*writer
	stopped  atomic.Bool
}

// maxFastFeeders bounds the feeders that go as fast as they can: each waits for the recorder most of the time.
const maxFastFeeders = 256

// maxPacedFeeders bounds those in real time: one would do for thousands of channels, a few make the recorder meet writers
// at once.
const maxPacedFeeders = 4

// newFeeding divides the sessions among feeders. A session belongs to one of them, so its channels stay in step.
func newFeeding(p *plan, o *runOptions, sessions []*fedSession) *feeding {
	f := &feeding{plan: p, frame: o.frame, realTime: o.realTime(), sessions: sessions}
	n := maxFastFeeders
	if o.realTime() {
		n = min(maxPacedFeeders, runtime.GOMAXPROCS(0))
	}
	for range min(n, len(sessions)) {
		f.writers = append(f.writers, newWriter(p, o.frame))
	}
	return f
}

// of returns the sessions of a feeder.
func (f *feeding) of(feeder int) []*fedSession {
	n, total := len(f.writers), len(f.sessions)
	return f.sessions[feeder*total/n : (feeder+1)*total/n]
}

func (f *feeding) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { f.stopped.Store(true) })
	defer stop()
	var all sync.WaitGroup
	errs := make([]error, len(f.writers))
	start := time.Now()
	for i, w := range f.writers {
		all.Go(func() {
			if f.realTime {
				errs[i] = f.paced(w, i, start)
			} else {
				errs[i] = f.fast(ctx, w, f.of(i))
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// paced sends frames when they are due.
func (f *feeding) paced(w *writer, feeder int, start time.Time) error {
	var lanes []*lane
	for _, s := range f.of(feeder) {
		lanes = append(lanes, s.lanes...)
	}
	p := pace.New(f.frame, len(lanes), feeder, len(f.writers))
	c, err := pace.NewKernelClock(start, p)
	if err != nil {
		return err
	}
	return errors.Join(f.pace(w, lanes, p, c), c.Close())
}

func (f *feeding) pace(w *writer, lanes []*lane, p pace.Pacer, c pace.Clock) error {
	for k, pos := int64(0), int64(0); pos < f.plan.total; k++ {
		n := min(f.plan.frame, f.plan.total-pos)
		for slot := range p.Slots {
			due := p.Due(k, slot)
			if _, err := c.Wait(due); err != nil || f.stopped.Load() {
				return err
			}
			from, to := p.Share(slot, len(lanes))
			for _, l := range lanes[from:to] {
				w.send(l, pos, n)
				w.took(c.Now() - due)
				if l.last {
					l.session.cues.upTo(pos+n, f.plan)
				}
			}
		}
		pos += n
	}
	return nil
}

func (f *feeding) sent() int64 {
	accepted, refused, _, _ := f.total()
	return accepted + refused
}

func (f *feeding) total() (accepted, refused, late int64, failed error) {
	return sumCounts(func(yield func(*counts) bool) {
		for _, w := range f.writers {
			if !yield(&w.counts) {
				return
			}
		}
	})
}

// latency sums up the latencies, when all feeders have ended.
func (f *feeding) latency() *latency.Histogram {
	all := latency.New()
	for _, w := range f.writers {
		all.Merge(w.latency)
	}
	return all
}

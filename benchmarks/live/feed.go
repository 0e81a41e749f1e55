package live

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/ilenia-live/rec/internal/pace"
)

// mostFeeders is how many goroutines feed in real time: one would do for thousands of channels, a few make the recorder meet
// writers at once. At full speed there is one, which is what the peers get.
const mostFeeders = 4

func newFeeders(t Task) (all []*feeder) {
	n := 1
	if t.RealTime {
		n = min(mostFeeders, runtime.GOMAXPROCS(0), t.Sessions())
	}
	s := newSound(t.frame() * sampleBytes)
	for range n {
		all = append(all, newFeeder(t, s))
	}
	return all
}

// divide gives each feeder its share of the channels; a session's stay together.
func divide(all []*feeder, t Task, sinks []sink) {
	for i, f := range all {
		at := func(i int) int { return min(i*t.Sessions()/len(all)*t.SessionChannels, len(sinks)) }
		f.first, f.sinks = int64(at(i)), sinks[at(i):at(i+1)]
	}
}

// feed sends all frames of a repeat. The first error ends it.
func feed(ctx context.Context, all []*feeder, t Task) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	start := time.Now()
	var running sync.WaitGroup
	for i, f := range all {
		running.Go(func() {
			if err := f.run(ctx, start, i, len(all)); err != nil {
				cancel(err) // of several the first is kept
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

func (f *feeder) run(ctx context.Context, start time.Time, turn, turns int) (err error) {
	if !f.task.RealTime {
		return f.fast(ctx)
	}
	p := pace.New(FrameTime, len(f.sinks), turn, turns)
	c, err := pace.NewKernelClock(start, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return f.paced(ctx, c, p)
}

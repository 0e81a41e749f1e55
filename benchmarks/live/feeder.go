package live

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/internal/pace"
	"github.com/ilenia-live/rec/recorder"
)

// A sink takes the frames of one channel: a channel of the recorder, or nothing.
type sink interface {
	WritePCMAt(pos int64, p []byte) error
	Await(ctx context.Context, n int) error
}

// nothing takes a frame without recording it.
type nothing struct{ heard byte }

func (n *nothing) WritePCMAt(_ int64, p []byte) error {
	n.heard ^= p[0]
	return nil
}

func (n *nothing) Await(context.Context, int) error { return nil }

// A feeder feeds some of the channels, in one goroutine.
type feeder struct {
	task  Task
	sound *sound
	first int64 // number of its first channel
	sinks []sink

	write *latency.Histogram // each call
	lag   *latency.Histogram // from the moment a frame was due until its call returned

	// Others look at these.
	accepted, refused, late atomic.Int64
}

func newFeeder(t Task, s *sound) *feeder {
	return &feeder{task: t, sound: s, write: latency.New(), lag: latency.New()}
}

// count takes the result of a call. An error is more than a lack of room, or the end of a session that was to end.
func (f *feeder) count(channel, k int64, err error) error {
	switch {
	case err == nil:
		f.accepted.Add(1)
	case errors.Is(err, recorder.ErrOverflow):
		f.refused.Add(1)
	case errors.Is(err, recorder.ErrEnded) && f.task.Ending > 0:
	default:
		return fmt.Errorf("channel %d, frame %d: %w", channel, k, err)
	}
	return nil
}

// paced sends each frame when it is due.
func (f *feeder) paced(ctx context.Context, c pace.Clock, p pace.Pacer) error {
	n := f.task.frame()
	for k := range f.task.frames() {
		for slot := range p.Slots {
			due := p.Due(k, slot)
			if _, err := c.Wait(due); err != nil || ctx.Err() != nil {
				return errors.Join(err, ctx.Err())
			}
			from, to := p.Share(slot, len(f.sinks))
			for i := from; i < to; i++ {
				channel := f.first + int64(i)
				frame := f.sound.frame(channel, k)
				begun := c.Now()
				err := f.sinks[i].WritePCMAt(k*n, frame)
				ended := c.Now()
				if err == nil || f.task.Ending == 0 {
					f.write.Record(ended - begun)
					f.lag.Record(ended - due)
					if ended-due > FrameTime {
						f.late.Add(1)
					}
				}
				if err := f.count(channel, k, err); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// fast sends frames as soon as there is room for them: the first of each channel, then the second of each. Waiting for room is
// no part of a call's time, as no live source can wait.
func (f *feeder) fast(ctx context.Context) error {
	n, start := f.task.frame(), time.Now()
	for k := range f.task.frames() {
		for i, s := range f.sinks {
			channel := f.first + int64(i)
			frame := f.sound.frame(channel, k)
			if err := s.Await(ctx, len(frame)); err != nil {
				return fmt.Errorf("channel %d, frame %d: wait for room: %w", channel, k, err)
			}
			var err error
			if f.task.Untimed {
				err = s.WritePCMAt(k*n, frame)
			} else {
				// Since, unlike Now, asks for the monotonic clock only.
				begun := time.Since(start)
				err = s.WritePCMAt(k*n, frame)
				f.write.Record(time.Since(start) - begun)
			}
			if err := f.count(channel, k, err); err != nil {
				return err
			}
		}
	}
	return nil
}

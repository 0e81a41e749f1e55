package main

import (
	"context"
	"time"
)

// An awaiter is a sink that says when it has room: what makes it possible to go faster than real time without loss.
type awaiter interface {
	await(ctx context.Context, n int) error
}

// fast sends frames as soon as the recorder has room for them, all channels of a session in step. The intended moment of a
// frame is then the moment at which there is room.
func (f *feeding) fast(ctx context.Context, w *writer, sessions []*fedSession) error {
	p := newPatience(ctx)
	defer p.end()
	for pos := int64(0); pos < f.plan.total; {
		n := min(f.plan.frame, f.plan.total-pos)
		for _, s := range sessions {
			for _, l := range s.lanes {
				p.await(l, int(n*f.plan.align))
				// Who waits is woken by the end of ctx itself, maybe before stopped is set: what it then offered would be refused.
				if f.stopped.Load() || l.hopeless && ctx.Err() != nil {
					return nil
				}
				begun := time.Now()
				w.send(l, pos, n)
				ended := time.Now()
				w.took(ended.Sub(begun))
				p.renew(ended)
			}
			s.cues.upTo(pos+n, f.plan)
		}
		pos += n
	}
	return nil
}

// enough is how long a feeder waits for room before it takes the disk for broken: longer than a disk stalls that will go
// on. renewEvery is how much less it may be.
const (
	enough     = 10 * time.Second
	renewEvery = time.Second
)

// patience bounds the wait for room. A disk that is full makes none, and a simulation must end nevertheless: the frames are
// then offered all the same, refused, and counted.
//
// One context does for many frames, as making one costs as much as writing a frame.
type patience struct {
	parent context.Context
	ctx    context.Context
	cancel context.CancelFunc
	born   time.Time
}

func newPatience(ctx context.Context) *patience {
	p := &patience{parent: ctx}
	p.begin(time.Now())
	return p
}

func (p *patience) begin(now time.Time) {
	p.ctx, p.cancel = context.WithTimeout(p.parent, enough)
	p.born = now
}

func (p *patience) renew(now time.Time) {
	if now.Sub(p.born) > renewEvery {
		p.cancel()
		p.begin(now)
	}
}

func (p *patience) end() { p.cancel() }

// await waits for room on a lane, unless the lane has waited in vain before and nothing was accepted since. Whatever else
// is wrong with the channel, the write will say.
func (p *patience) await(l *lane, n int) {
	if l.hopeless {
		return
	}
	if err := l.sink.(awaiter).await(p.ctx, n); err != nil {
		l.hopeless = true
	}
}

package media

import (
	"time"

	"github.com/ilenia-live/rec/internal/rtpwire"
	"github.com/ilenia-live/rec/internal/spool"
)

const (
	// A packet whose timestamp says that it was sent later than it came, or so much earlier, has a timestamp that jumped, or
	// follows a stall: what comes next will tell.
	earliest = -200 * time.Millisecond
	latest   = 1200 * time.Millisecond
	// catchUp is how late the least late packet after a stall may be for its timestamps to be believed.
	catchUp = 700 * time.Millisecond
)

// arrive gives a packet its place in the order and plays what is ready.
func (c *Chain) arrive(p *rtpwire.Packet, now time.Duration) error {
	o := &c.order
	hash := packetHash(p)
	if !o.started {
		if len(p.Payload) == 0 {
			return nil
		}
		o.begin(p, now)
	}
	span := c.span(p.Payload)
	number, ticks, v := o.place(p, hash, span, now)
	if len(p.Payload) == 0 && v != fits {
		return c.play(now, false) // padding of a run that we don't follow
	}
	switch v {
	case fits:
		c.doubt(now)
	case duplicate:
		c.counts.Duplicate++
		return c.play(now, false)
	case missed:
		c.counts.Late++
		return c.play(now, false)
	case newcomer:
		if o.cand.count > 0 {
			c.refute()
		}
		number = o.restart(p, now)
		ticks, o.source = o.cur.ticks, number
	default:
		if v == stranger && p.SSRC == o.cur.ssrc && o.cur.continues(ticks, 10*c.gap.clockRate) {
			// Its number was had before, and its timestamp is new: the sender counts anew.
			number = o.restart(p, now)
			ticks = o.cur.ticks
			break
		}
		if p.SSRC == o.prev.ssrc && v == late && p.SSRC != o.cur.ssrc {
			c.counts.Late++
			return c.play(now, false)
		}
		return first(c.strange(p, v, now), c.play(now, false))
	}
	o.note(p, number, ticks, hash)
	h := spool.Held{Number: number, Ticks: ticks, Span: span, Arrival: int64(now)}
	if number == o.next && len(o.queue) == 0 && !o.acquiring {
		if len(p.Payload) == 0 {
			o.next++
			c.gap.last = number
			return nil
		}
		if c.credible(h, false) {
			return c.playPacket(h, p.Payload)
		}
	}
	err := c.makeRoom(len(p.Payload), now)
	if number < o.next {
		c.counts.Late++ // its place was given up to make room for it
		return err
	}
	h.At = c.likelyFrame(h)
	h.Cause = c.masked(h)
	if !o.keep(h, p.Payload) {
		c.counts.Duplicate++
	}
	return first(err, c.play(now, false))
}

// masked is why a packet that must wait is withheld. One that lies in a mask with one of its ends is withheld whole, should the
// process die: rather too much than too little.
func (c *Chain) masked(h spool.Held) spool.Cause {
	cause := c.sink.Masked(h.At)
	if last := h.At + h.Span*c.gap.rate/c.gap.clockRate - 1; cause == spool.CauseNone && last > h.At {
		cause = c.sink.Masked(last)
	}
	return cause
}

// arrivalFrame is the sample frame of a moment.
func (c *Chain) arrivalFrame(now time.Duration) int64 {
	return int64(float64(now) * float64(c.gap.rate) / float64(time.Second))
}

// likelyFrame is where a packet that waits would lie, for a recovery that can't wait for those that would tell: by its timestamp
// where that is believed, or by how far it is from the first that waits, else by its arrival.
func (c *Chain) likelyFrame(h spool.Held) int64 {
	if c.clock.known && !c.order.acquiring && c.credible(h, true) {
		return c.clock.frame(h.Ticks+c.gap.shift, c.gap.rate)
	}
	if len(c.order.queue) > 0 {
		first := c.order.head()
		if d := (h.Ticks - first.Ticks) * c.gap.rate / c.gap.clockRate; d > -likelyReach*c.gap.rate && d < likelyReach*c.gap.rate {
			return max(0, first.At+d)
		}
	}
	return max(0, c.arrivalFrame(time.Duration(h.Arrival))-h.Span*c.gap.rate/c.gap.clockRate)
}

// likelyReach is how many seconds two packets that wait may lie apart: more, and the timestamps have jumped between them.
const likelyReach = 2

// span is how much of the timestamps a payload takes. A packet is sent when its last sample was spoken, so that is the moment
// that goes with its arrival.
func (c *Chain) span(payload []byte) int64 {
	if len(payload) == 0 {
		return 0
	}
	n, err := c.decoder.Duration(payload)
	if err != nil {
		return 0
	}
	return min(int64(n)*c.gap.clockRate/c.gap.rate, maxSpan)
}

// maxSpan is what a Held has room for: more than a second at any rate.
const maxSpan = 1<<16 - 1

// lag is how long after its time a packet came.
func (c *Chain) lag(h spool.Held) time.Duration {
	return time.Duration(h.Arrival) - c.clock.at(h.Ticks+h.Span+c.gap.shift)
}

// credible reports whether the timestamp goes with the time of arrival. What was found to be late may be.
func (c *Chain) credible(h spool.Held, late bool) bool {
	lag := c.lag(h)
	return c.clock.known && lag >= earliest && (late || lag <= latest)
}

// makeRoom plays packets before their time until one of n bytes can wait.
func (c *Chain) makeRoom(n int, now time.Duration) (err error) {
	for !c.order.room(n) && len(c.order.queue) > 0 {
		if c.ready(now, true) {
			err = first(err, c.playHead())
		}
	}
	if !c.order.room(n) && c.order.cand.count > 0 {
		c.refute()
	}
	return err
}

// play plays what is in order, and what has waited long enough; or all that waits.
func (c *Chain) play(now time.Duration, all bool) (err error) {
	o := &c.order
	if o.cand.count > 0 && now-o.cand.since >= o.wait && !all {
		if o.cand.tail {
			c.refute()
		} else {
			return c.believe(now) // nothing else has come: it is all there is
		}
	}
	for len(o.queue) > 0 && c.ready(now, all) {
		err = first(err, c.playHead())
	}
	return err
}

// ready reports whether the first packet that waits is to be played now.
func (c *Chain) ready(now time.Duration, force bool) bool {
	o := &c.order
	h := o.head()
	if h.Number != o.next && !force && !o.acquiring {
		if at, _ := o.oldestQueued(); now-at < o.wait {
			return false
		}
	}
	// When its timestamp is not to be believed, what comes after it is waited for.
	if !o.acquiring && h.Bytes > 0 && (o.newSource(h.Number) || !c.credible(h, h.Number < o.settled)) {
		o.acquire(time.Duration(h.Arrival))
	}
	if o.acquiring {
		if !force && now < o.until {
			return false
		}
		c.settle()
	}
	return true
}

// playHead plays the first packet that waits.
func (c *Chain) playHead() error {
	o := &c.order
	h := o.head()
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	p, ok := o.hold.Payload(s.payload[:0], int(o.queue[0]))
	if !ok {
		p = nil // can't be: it is our own chain of blocks
	}
	err := c.playPacket(h, p)
	// Only now: until its samples are accepted, it is all there is of them.
	o.pop()
	return err
}

// newSource reports whether packet n is of a source whose clock is not known yet.
func (o *order) newSource(n uint64) bool { return o.source != 0 && n >= o.source }

func first(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

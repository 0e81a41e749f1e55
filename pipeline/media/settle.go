package media

import (
	"time"

	"github.com/ilenia-live/rec/internal/spool"
)

// settle ends the collecting: it finds where the packets that wait belong, from the one that was delayed least.
func (c *Chain) settle() {
	o, k, g := &c.order, &c.clock, &c.gap
	o.acquiring = false
	if o.fresh {
		o.next, o.fresh = o.head().Number, false
	}
	head, ok := c.firstWithAudio()
	if !ok {
		return
	}
	if !k.known || o.newSource(head.Number) {
		g.shift, o.source = -head.Ticks, 0
		k.start(time.Duration(head.Arrival))
		g.jumped = true
	}
	least, burst := c.survey()
	switch {
	case g.jumped:
		k.delay(least)
		return
	case least >= earliest && least <= catchUp, least > 0 && burst:
		return // the timestamps are right, the packets late
	}
	g.jumped = true
	// The line that extrapolates over the jump is not exact so far away: once more from near by.
	for range 2 {
		g.shift += k.ticks(least)
		least, _ = c.survey()
	}
}

// survey returns the smallest lag among the packets that wait, up to where their timestamps jump once more. It is a burst when
// they came much faster than they were sent: something had held them up.
func (c *Chain) survey() (least time.Duration, burst bool) {
	o := &c.order
	var head spool.Held
	var from, to int64 // arrivals
	var ticks int64
	found := false
	for _, b := range o.queue {
		e := o.hold.Peek(int(b))
		if e.Bytes == 0 {
			continue // padding has the timestamp of any packet
		}
		lag := c.lag(e)
		if !found {
			head, least, from, to, found = e, lag, e.Arrival, e.Arrival, true
		}
		// Of packets that come all at once each is less late than the one before, by its length.
		burst := min(e.Ticks-head.Ticks, 2*head.Span*int64(e.Number-head.Number))
		if o.settled = max(o.settled, head.Number+1); lag-least > latest || least-lag > latest+c.clock.span(max(burst, 0)) {
			break // it jumped once more
		}
		least = min(least, lag)
		from, to, ticks = min(from, e.Arrival), max(to, e.Arrival), e.Ticks-head.Ticks
		o.settled = max(o.settled, e.Number+1)
	}
	return least, ticks > 0 && time.Duration(to-from) < c.clock.span(ticks)/2
}

// firstWithAudio is the first packet that waits and isn't padding.
func (c *Chain) firstWithAudio() (spool.Held, bool) {
	for _, b := range c.order.queue {
		if e := c.order.hold.Peek(int(b)); e.Bytes > 0 {
			return e, true
		}
	}
	return spool.Held{}, false
}

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
	var head spool.Held
	for _, head = range o.withAudio() {
		break // the first
	}
	if head.Bytes == 0 {
		return
	}
	if !k.known || o.newSource(head.Number) {
		g.shift, o.source = -head.Ticks, 0
		k.start(time.Duration(head.Arrival))
		g.jumped, g.padded = true, g.started
	}
	least, caughtUp := c.survey()
	switch {
	case g.jumped:
		k.delay(least)
		return
	case least >= earliest && least <= catchUp, least > 0 && caughtUp, least > 0 && c.continues(head) && (c.catchesUp() || k.reports.trusted):
		// The timestamps are right, the packets late. Where it was a pause of theirs after all, sender reports will say so.
		return
	}
	g.jumped, g.padded = true, true
	// The line that extrapolates over the jump is not exact so far away: once more from near by.
	for range 2 {
		g.shift += k.ticks(least)
		least, _ = c.survey()
	}
}

// continues reports whether a packet's timestamp is what its number makes it be: between it and the packet played last there
// are no more samples than those of the packets that are missing.
func (c *Chain) continues(h spool.Held) bool {
	g := &c.gap
	if !g.started || g.jumped || h.Number <= g.last || anotherRun(g.last, h.Number) {
		return false
	}
	lost := int64(h.Number-g.last-1) * max(h.Span, g.frames*g.clockRate/g.rate)
	off := h.Ticks + g.shift - g.expect - lost
	return off >= -lost/2 && off <= lost/2
}

// catchesUp reports whether the packets that wait come faster than they were sent, as after a stall of the network: then the later
// ones among them are less late. After a pause of the sender all of them are late by the same.
func (c *Chain) catchesUp() bool {
	o := &c.order
	var first, second time.Duration // least lag in either half
	var n [2]int
	for i, h := range o.withAudio() {
		half, least := 0, &first
		if i >= len(o.queue)/2 {
			half, least = 1, &second
		}
		if lag := c.lag(h); n[half] == 0 || lag < *least {
			*least = lag
		}
		n[half]++
	}
	return n[0] > 0 && n[1] > 0 && second < first-catchUpLeast
}

// catchUpLeast is by how much packets must catch up in half of acquireTime to be said to: a network at 1.2 times the pace
// catches up 40 ms.
const catchUpLeast = 25 * time.Millisecond

// survey returns the smallest lag among the packets that wait, up to where their timestamps jump once more. They have caught up
// when they came much faster than they were sent: something had held them up.
func (c *Chain) survey() (least time.Duration, caughtUp bool) {
	o := &c.order
	var head spool.Held
	var from, to int64 // arrivals
	var ticks int64
	found := false
	for _, e := range o.withAudio() {
		lag := c.lag(e)
		if !found {
			head, least, from, to, found = e, lag, e.Arrival, e.Arrival, true
		}
		// Of packets that come all at once each is less late than the one before, by its length.
		burst := min(e.Ticks-head.Ticks, 2*head.Span*int64(e.Number-head.Number))
		if anotherRun(head.Number, e.Number) {
			burst = 0
		}
		if o.settled = max(o.settled, head.Number+1); lag-least > latest || least-lag > latest+c.clock.span(max(burst, 0)) {
			break // it jumped once more
		}
		least = min(least, lag)
		from, to, ticks = min(from, e.Arrival), max(to, e.Arrival), e.Ticks-head.Ticks
		o.settled = max(o.settled, e.Number+1)
	}
	return least, ticks > 0 && time.Duration(to-from) < c.clock.span(ticks)/2
}

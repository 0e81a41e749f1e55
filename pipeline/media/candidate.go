package media

import (
	"time"

	"github.com/ilenia-live/rec/internal/rtpwire"
	"github.com/ilenia-live/rec/internal/spool"
)

// candidate is a run that may have begun: packets that fit nowhere, but go with each other. One alone may be a stray; a
// sender that begins anew sends more. (RFC 3550, A.1, asks for two in a row.)
type candidate struct {
	count  int // packets; 0 if there is none
	need   int // of them, to be believed
	tail   bool
	run    run
	since  time.Duration
	blocks [candidateMax]uint16
}

const (
	candidateMax = 5
	// strangerNeed is how many packets make a run of what could not be a late packet.
	strangerNeed = 2
	// lateNeed is the same for packets that look like late ones. They must follow each other without a packet of the present
	// run between them.
	lateNeed = candidateMax
	// candidateReach is how far the sequence numbers of two packets of a candidate may lie apart.
	candidateReach = 50
)

// continues reports whether a packet could follow the run, going by its timestamp: that is newer, and not by much.
func (r *run) continues(ticks, most int64) bool { return ticks > r.ticks && ticks-r.ticks < most }

// strange deals with a packet that doesn't fit the runs that are known: it waits with others of its kind until they are
// believed, or refuted.
func (c *Chain) strange(p *rtpwire.Packet, v verdict, now time.Duration) error {
	o := &c.order
	k := &o.cand
	if k.count > 0 {
		d := int16(p.Seq - k.run.seq)
		if p.SSRC == k.run.ssrc && d != 0 && abs(d) <= candidateReach {
			number, ticks := k.run.number(p.Seq), k.run.unwrap(p.Timestamp)
			c.makeRoom(len(p.Payload), now)
			c.waitAsCandidate(p, number, ticks, now)
			if k.count >= k.need {
				return c.believe(now)
			}
			return nil
		}
		if p.SSRC == k.run.ssrc && d == 0 {
			c.counts.Duplicate++
			return nil
		}
		if v == late {
			c.counts.Late++
			return nil
		}
		// Two that fit neither the run nor each other. The first is given its place, lest anything be lost.
		if err := c.believe(now); err != nil {
			return err
		}
		return c.arrive(p, now)
	}
	c.makeRoom(len(p.Payload), now)
	k.need, k.tail = strangerNeed, v == late
	if k.tail {
		k.need = lateNeed
	}
	k.since = now
	k.run = run{ssrc: p.SSRC, seq: p.Seq, ts: p.Timestamp, highest: o.cur.highest + runGap, ticks: o.unwrap(p.Timestamp), first: o.cur.highest + runGap}
	c.waitAsCandidate(p, k.run.highest, k.run.ticks, now)
	return nil
}

func (c *Chain) waitAsCandidate(p *rtpwire.Packet, number uint64, ticks int64, now time.Duration) {
	k := &c.order.cand
	if number > k.run.highest {
		k.run.seq, k.run.ts, k.run.highest, k.run.ticks = p.Seq, p.Timestamp, number, ticks
	}
	h := spool.Held{Number: number, Ticks: ticks, Span: c.span(p.Payload), At: c.arrivalFrame(now), Arrival: int64(now)}
	h.Cause = c.masked(h)
	h.Doubtful = k.tail
	k.blocks[k.count] = uint16(c.order.hold.Put(h, p.Payload))
	k.count++
}

// believe makes the candidate the present run.
func (c *Chain) believe(now time.Duration) error {
	o := &c.order
	k := &o.cand
	o.prev, o.prevUntil = o.cur, now+o.wait
	o.cur = k.run
	if o.cur.ssrc != o.prev.ssrc {
		o.source = o.hold.Peek(int(k.blocks[0])).Number
	}
	for _, b := range k.blocks[:k.count] {
		if h := o.hold.Peek(int(b)); h.Doubtful {
			h.Doubtful = false
			c.restate(b, h)
		}
		o.insert(b)
	}
	k.count = 0
	return c.play(now, false)
}

// doubt is called when a packet of the present run has come: those that looked late were late.
func (c *Chain) doubt(now time.Duration) {
	k := &c.order.cand
	if k.count > 0 && (k.tail || now-k.since >= c.order.wait) {
		c.refute()
	}
}

// refute drops the candidate.
func (c *Chain) refute() {
	k := &c.order.cand
	for _, b := range k.blocks[:k.count] {
		c.order.hold.Drop(int(b))
		c.counts.Late++
	}
	k.count = 0
}

// flushCandidate decides about a candidate to which nothing will be added.
func (o *order) flushCandidate(c *Chain) error {
	switch {
	case o.cand.count == 0:
		return nil
	case o.cand.tail:
		c.refute()
		return nil
	}
	return c.believe(o.cand.since)
}

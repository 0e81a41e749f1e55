package media

import (
	"sync"
	"time"

	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
)

// gap is the stage that compares when a packet was with where the channel ends.
type gap struct {
	rate, channels, clockRate int64

	started bool
	jumped  bool    // the next packet lies where the clock says, whatever its timestamp says about the one before
	last    uint64  // number of the packet played last
	shift   int64   // what is added to a timestamp: jumps that were found to be none of the time's
	expect  int64   // timestamp of the packet to come if nothing is missing
	frames  int64   // length of the last packet
	damaged bool    // a packet since then could not be decoded
	slewing int64   // direction in which single samples are put in (1) or taken out (-1)
	part    float64 // of a sample, that is due
	overrun bool    // packets are being left out
	// padded is set where there may be silence in the channel for what came after all, or a second sender: if it is far ahead of its
	// clock, packets may be left out.
	padded bool
	anchor int64 // the frame at which the next anchor is due
}

const (
	// deadband is how far a channel may be off its clock before that is corrected. Estimates from a network's jitter waver by
	// less, so the samples of a good clock pass as they are.
	deadband = 3 * time.Millisecond
	// settledBand is how near is near enough, once it is being corrected.
	settledBand = 250 * time.Microsecond
	// step is the error that is no drift but time in which the sender sent nothing and its timestamps stood still.
	step = 100 * time.Millisecond
	// wavering is what part of a second a timestamp may be off that has nothing missing before it (5 ms; a pause is longer).
	wavering = 200
	// overrunMost is how far a channel may be ahead of its clock: beyond, what comes has no place any more. As much as a
	// packet may wait.
	overrunMost = 500 * time.Millisecond
	// slewTime is the time in which an error would be corrected if it stayed as large. The speed is bounded: a change of pitch of
	// 0.1 % is 1.8 cents, and trained listeners notice some ten.
	slewTime  = 5 // s
	slewLeast = 0.0005
	slewMost  = 0.01
	// concealMost is how much of a loss is made up by the decoder; what follows would be its invention.
	concealMost = 60 * time.Millisecond
	// concealUnit is what a decoder makes up at a time at least (2.5 ms, the shortest frame of Opus).
	concealUnit = 400 // of a second
	anchorEvery = 10 * time.Second
)

func (g *gap) init(rate, channels, clockRate int) {
	g.rate, g.channels, g.clockRate = int64(rate), int64(channels), int64(clockRate)
}

// frameCount converts a duration to sample frames.
func (g *gap) frameCount(d time.Duration) int64 { return int64(d) * g.rate / int64(time.Second) }

// scratch is what a packet needs while it is played.
type scratch struct {
	pcm     [2*limits.PacketBytes + 64]byte
	warped  [(2*limits.PacketBytes + 64) * 102 / 100]byte
	payload [limits.PacketBytes]byte
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// playPacket puts packet h on the timeline. It is the next in order, or those between are given up.
func (c *Chain) playPacket(h spool.Held, payload []byte) error {
	g, o := &c.gap, &c.order
	o.next = h.Number + 1
	if len(payload) == 0 {
		g.last = h.Number
		return nil
	}
	length, err := c.decoder.Duration(payload)
	if err != nil || int64(length) > g.rate*limits.PacketTime/int64(time.Second) {
		c.counts.Damaged++
		g.last, g.damaged = h.Number, true // its time will show as a gap before the next
		return nil
	}
	x, n := h.Ticks+g.shift, int64(length)
	if still := c.clock.stand.see(c.lag(h), time.Duration(h.Arrival)); still > 0 && !c.clock.reports.trusted {
		g.shift += c.clock.ticks(still)
		g.expect += c.clock.ticks(still) // no gap of the timestamps: the next packet follows, where the clock says
		x = h.Ticks + g.shift
	}
	c.clock.observe(x+h.Span, time.Duration(h.Arrival))
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)

	lost := h.Number - g.last - 1
	if !g.started || lost >= runGap/2 {
		lost = 0 // another run: nobody knows
	}
	switch {
	case !g.started || g.jumped:
		c.sink.Skip(c.clock.frame(x, g.rate), spool.CauseDisconnect)
		g.anchor = 0
	case h.Number-g.last == 1 && !g.damaged && max(x-g.expect, g.expect-x) <= g.clockRate/wavering:
		// A sender that reads its timestamps off a clock: the packet follows the one before, and the clock is followed as ever.
	case x > g.expect:
		err = c.fill(s, payload, h.Number, x, n, lost)
	case x < g.expect:
		// Its timestamp says that it overlaps the one before. Nobody speaks twice at once: it follows.
		g.shift += g.expect - x
		x = g.expect
	}
	g.started, g.jumped, g.last, g.damaged = true, false, h.Number, false
	g.expect, g.frames = x+(n*g.clockRate+g.rate/2)/g.rate, n
	return first(err, c.decodeInto(s, payload, h.Number, x, n))
}

// decodeInto decodes a packet that belongs at the sink's end, or near it.
func (c *Chain) decodeInto(s *scratch, payload []byte, number uint64, x, length int64) error {
	g := &c.gap
	n, err := c.decoder.Decode(s.pcm[:], payload)
	if err != nil {
		c.counts.Damaged++
		c.sink.Skip(c.sink.End()+length, spool.CauseLoss)
		return nil
	}
	align := int(2 * g.channels)
	pcm := s.pcm[:n*align]
	target := c.clock.moment(x, g.rate)
	if c.native {
		if end := c.sink.End(); end >= g.anchor {
			c.sink.Anchor(c.clock.at(x))
			g.anchor = end + g.frameCount(anchorEvery)
		}
		return c.sink.Put(pcm, number, false)
	}
	if ahead := target - c.sink.End(); ahead >= g.frameCount(step) {
		c.sink.Skip(target, spool.CauseDisconnect)
		g.padded = true
	}
	switch left := g.leaveOut(c.sink.End(), target, int64(n)); {
	case left == int64(n):
		c.counts.Late++
		return nil
	case left > 0:
		c.counts.Adjusted -= left
		pcm, target, n = pcm[left*int64(align):], target+left, n-int(left)
	}
	if k := g.correction(target-c.sink.End(), int64(n)); k != 0 {
		if m := warp(s.warped[:], pcm, int(g.channels), int(k)); m != 0 {
			c.counts.Adjusted += int64(m - n)
			pcm = s.warped[:m*align]
		}
	}
	return c.sink.Put(pcm, number, false)
}

// leaveOut says how many of a packet's n frames have no place: before the session, when it was under way already or had piled
// up; and where a channel is so far ahead of its clock that it would be for minutes, because two senders talk at once, or
// because silence was put in for what came after all. Then everything is left out until the clock has caught up, so that there is
// one cut and not many. Where neither was, the network has become faster, and nothing is to be lost by that.
func (g *gap) leaveOut(end, target, n int64) int64 {
	behind := end - target
	switch {
	case end == 0:
		return max(0, min(behind, n))
	case behind > g.frameCount(overrunMost) && g.padded:
		g.overrun = true
	case behind <= g.frameCount(deadband):
		g.overrun, g.padded = g.overrun && behind > 0, false
	}
	if !g.overrun {
		return 0
	}
	return min(behind, n)
}

// correction says how many samples to put into a packet of n frames, or, negative, to take out, when its place is ahead
// frames behind the channel's end.
func (g *gap) correction(ahead, n int64) int64 {
	off := max(ahead, -ahead)
	switch {
	case g.slewing == 0 && off > g.frameCount(deadband):
		g.slewing = 1
		if ahead < 0 {
			g.slewing = -1
		}
	case g.slewing*ahead <= g.frameCount(settledBand):
		g.slewing, g.part = 0, 0
		return 0
	}
	g.part += float64(n) * min(max(float64(off)/float64(slewTime*g.rate), slewLeast), slewMost)
	k := int64(g.part)
	g.part -= float64(k)
	return g.slewing * min(k, off)
}

// fill deals with the time between the packet played last and packet number, which begins at x and has n frames. Of those
// between, lost packets never came.
func (c *Chain) fill(s *scratch, payload []byte, number uint64, x, n int64, lost uint64) (err error) {
	g := &c.gap
	missing := ((x-g.expect)*g.rate + g.clockRate/2) / g.clockRate
	end := c.sink.End()
	to := end + missing
	// Silence is where the clock can be followed without touching a sample.
	if off := c.clock.frame(x, g.rate) - to; !c.native && max(off, -off) > g.frameCount(deadband) {
		to = max(end, to+off)
	}
	cause := spool.CauseDTX
	switch {
	case g.last != 0 && anotherRun(g.last, number):
		cause = spool.CauseDisconnect
	case g.damaged, lost > 0 && to-end < int64(lost+1)*n:
		cause = spool.CauseLoss
	}
	if lost > 0 {
		packets := min(lost, uint64((missing+n-1)/n))
		c.counts.Lost += packets
		err = c.makeUp(s, payload, number, n, min(to-end, int64(packets)*max(n, g.frames)), to, cause)
	}
	c.sink.Skip(to, cause)
	return err
}

// makeUp fills the time up to frame to, of which lost frames were in packets that never came, with what the decoder knows of them: a
// little may be guessed from what was before, and the last packet's worth may be inside the next packet, to which it belongs.
// The rest is silence; what is more than the packets' is none of theirs.
func (c *Chain) makeUp(s *scratch, payload []byte, number uint64, n, lost, to int64, cause spool.Cause) (err error) {
	g := &c.gap
	align := 2 * g.channels
	again := int64(0)
	if lost >= n && c.decoder.Carries(payload) { // of a part of a packet the clock has made it shorter
		again = n
	}
	end := c.sink.End()
	unit := g.rate / concealUnit
	if guess := min(lost-again, g.frameCount(concealMost)) / unit * unit; guess > 0 {
		if got, e := c.decoder.Conceal(s.pcm[:], int(guess)); e == nil && got > 0 {
			err = c.sink.Put(s.pcm[:int64(got)*align], number-1, true)
		}
	}
	c.sink.Skip(end+lost-again, spool.CauseLoss)
	c.sink.Skip(to-again, cause)
	if again > 0 {
		if got, e := c.decoder.Recover(s.pcm[:], payload, int(again)); e == nil && got > 0 {
			c.counts.Recovered++
			return first(err, c.sink.Put(s.pcm[:int64(got)*align], number-1, false))
		}
		c.sink.Skip(to, spool.CauseLoss)
	}
	return err
}

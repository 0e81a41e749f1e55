package pipeline

import (
	"math"
	"slices"
	"time"

	"github.com/ilenia-live/rec/internal/spool"
)

// mask is a stretch of a channel's timeline of which nothing is recorded, on purpose.
type mask struct {
	from, to int64 // sample frames; to is math.MaxInt64 while it lasts
	cause    spool.Cause
}

func (m mask) open() bool { return m.to == math.MaxInt64 }

// masks is a channel's, by begin. They may overlap: where several hold, the one that began last says why.
//
// What matters most is that nothing is recorded that was to be withheld. So none is ever made shorter by another, but that an
// open one ends where a later one begins.
type masks []mask

// maxMasks bounds how many lie ahead of the channel's end.
const maxMasks = 64

// begin opens a mask. One that is open already ends where it begins; one that is to begin later stays scheduled.
func (ms *masks) begin(from int64, cause spool.Cause) {
	ms.end(from, from)
	at := 0
	for at < len(*ms) && (*ms)[at].from <= from {
		at++
	}
	*ms = slices.Insert(*ms, at, mask{from: from, to: math.MaxInt64, cause: cause})
	if len(*ms) > maxMasks {
		ms.join()
	}
}

// end ends those that are open and begin no later than last; those that had not begun at frame to are gone.
func (ms *masks) end(to, last int64) {
	for i, m := range *ms {
		if m.open() && m.from <= last {
			(*ms)[i].to = to
		}
	}
	*ms = slices.DeleteFunc(*ms, func(m mask) bool { return m.from >= m.to })
}

// join makes two of them one that covers at least what both did.
func (ms *masks) join() {
	later := map[bool]int{}
	for i, m := range slices.Backward(*ms) {
		j, ok := later[m.open()]
		if !ok {
			later[m.open()] = i
			continue
		}
		// Two that are open end together, so the earlier one covers the other; of two that have an end, the earlier one is to
		// cover the other and what lies between.
		(*ms)[i].to = max(m.to, (*ms)[j].to)
		*ms = slices.Delete(*ms, j, j+1)
		return
	}
}

// at returns the cause for which a frame is masked, spool.CauseNone if it isn't, and the frame after it from which on that may
// be different.
func (ms masks) at(frame int64) (cause spool.Cause, until int64) {
	until = math.MaxInt64
	for _, m := range ms {
		switch {
		case frame < m.from:
			return cause, min(until, m.from)
		case frame < m.to:
			cause, until = m.cause, min(until, m.to)
		}
	}
	return cause, until
}

// Mask makes the channel record silence with this cause from a moment of the session's timeline on, whatever arrives, until
// Unmask. A negative moment is now. What lies before it is recorded even if it arrives later; what was recorded stays. Another
// Mask that is scheduled for later stays so.
func (c *Channel) Mask(at time.Duration, cause spool.Cause) {
	from := c.momentFrame(at)
	c.mu.Lock()
	c.dropMasksLocked()
	c.masks.begin(from, cause)
	c.mu.Unlock()
	c.remaskPackets()
}

// Unmask ends what Mask began, also what is scheduled and has no end yet. Without it, it does nothing.
func (c *Channel) Unmask(at time.Duration) {
	to := c.momentFrame(at)
	c.mu.Lock()
	c.masks.end(to, math.MaxInt64)
	c.mu.Unlock()
	c.remaskPackets()
}

// remaskPackets tells the packets that wait of a mask that began or ended: should the process die, they must know.
func (c *Channel) remaskPackets() {
	in := &c.packets
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.chain != nil && !in.closed {
		in.chain.Remask()
	}
}

func (c *Channel) momentFrame(at time.Duration) int64 {
	if at < 0 {
		at = time.Since(c.session.start)
	}
	return c.meta.Frames(at)
}

// dropMasksLocked forgets the masks that the channel's end has passed.
func (c *Channel) dropMasksLocked() {
	end := c.endLocked()
	c.masks = slices.DeleteFunc(c.masks, func(m mask) bool { return m.to <= end })
}

// maskedLocked returns how many of the frames at the channel's end have the same fate, and the cause for which they are masked:
// spool.CauseNone if they aren't.
func (c *Channel) maskedLocked(frames int64) (n int64, cause spool.Cause) {
	if len(c.masks) == 0 {
		return frames, spool.CauseNone
	}
	c.dropMasksLocked()
	end := c.endLocked()
	cause, until := c.masks.at(end)
	return min(frames, until-end), cause
}

// sealMasksLocked makes the silence at the end of a masked channel say so: up to frame to, where the session ends.
func (c *Channel) sealMasksLocked(to int64) {
	if len(c.masks) > 0 && c.endLocked() < to {
		c.skipLocked(to-c.endLocked(), spool.CauseDisconnect)
	}
}

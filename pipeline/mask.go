package pipeline

import (
	"math"
	"time"

	"github.com/ilenia-live/rec/internal/spool"
)

// mask is a stretch of a channel's timeline of which nothing is recorded, on purpose.
type mask struct {
	from, to int64 // sample frames; to is math.MaxInt64 while it lasts
	cause    spool.Cause
}

// maxMasks bounds the stretches that lie ahead of the channel's end. Past it the last two become one.
const maxMasks = 64

// Mask makes the channel record silence with this cause from a moment of the session's timeline on, whatever arrives, until
// Unmask. A negative moment is now. What lies before it is recorded even if it arrives later; what was recorded stays.
func (c *Channel) Mask(at time.Duration, cause spool.Cause) {
	from := c.momentFrame(at)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endMaskLocked(from)
	if len(c.masks) == maxMasks {
		c.masks[maxMasks-1].to, c.masks[maxMasks-1].cause = math.MaxInt64, cause
		return
	}
	c.masks = append(c.masks, mask{from: from, to: math.MaxInt64, cause: cause})
}

// Unmask ends what Mask began. Without it, it does nothing.
func (c *Channel) Unmask(at time.Duration) {
	to := c.momentFrame(at)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endMaskLocked(to)
}

func (c *Channel) endMaskLocked(to int64) {
	if n := len(c.masks); n > 0 && c.masks[n-1].to == math.MaxInt64 {
		if c.masks[n-1].to = to; to <= c.masks[n-1].from {
			c.masks = c.masks[:n-1]
		}
	}
}

func (c *Channel) momentFrame(at time.Duration) int64 {
	if at < 0 {
		at = time.Since(c.session.start)
	}
	return c.meta.Frames(at)
}

// maskedLocked returns how many of the frames at the channel's end have the same fate, and whether they are masked.
func (c *Channel) maskedLocked(frames int64) (n int64, masked bool, cause spool.Cause) {
	end := c.endLocked()
	for len(c.masks) > 0 && c.masks[0].to <= end {
		c.masks = append(c.masks[:0], c.masks[1:]...)
	}
	switch {
	case len(c.masks) == 0:
		return frames, false, 0
	case end < c.masks[0].from:
		return min(frames, c.masks[0].from-end), false, 0
	default:
		return min(frames, c.masks[0].to-end), true, c.masks[0].cause
	}
}

// sealMasksLocked makes the silence at the end of a masked channel say so: up to frame to, where the session ends.
func (c *Channel) sealMasksLocked(to int64) {
	if len(c.masks) > 0 && c.endLocked() < to {
		c.skipLocked(to-c.endLocked(), spool.CauseDisconnect)
	}
}

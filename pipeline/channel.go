package pipeline

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
)

// Channel is one recorded channel of a session in progress.
//
// Its methods may be called by any goroutine; frames are placed in the order in which the calls get their turn.
type Channel struct {
	// What each write touches comes first and together: with thousands of channels none of it is in a cache when a frame comes.

	// Fixed at creation.
	area      *spool.Area
	align     int64  // bytes per sample frame
	maxBytes  int    // of one write
	lastFrame int64  // the latest position
	maxGap    int64  // frames of silence that one write may insert
	ahead     uint64 // bytes that may lie in the ring before Await waits
	threshold uint64 // bytes in the ring that make the disk writer drain it before its next round

	// The writer's. mu is the channel's own. The disk writer takes it only to play packets whose time is up, for as long as a write
	// does, and to seal; never while it waits for the disk.
	mu      sync.Mutex
	closed  bool
	cause   spool.Cause
	slot    spool.Slot // the newest published
	pending int64      // frames of silence after slot, not yet published
	masks   masks

	// Shared with the disk writer.
	freed     atomic.Uint64 // payload bytes that are in the file: their room in the ring is free
	gapsFreed atomic.Uint64 // gaps that are in the journal

	accepted, refused, late atomic.Int64 // writes

	failing atomic.Bool // the disk refused the last write
	queued  atomic.Bool // on the shard's list of rings to drain
	next    *Channel    // in that list
	waiting atomic.Bool // somebody waits for room
	room    chan struct{}

	meta    spool.ChannelMeta
	session *Session
	clock   arrival // of the writer, under mu
	packets intake  // RTP; it has a lock of its own, taken before mu

	out output // the disk writer's
}

// drainAhead is how long before it is full a ring that is backed in part is drained.
const drainAhead = 120 * time.Millisecond

// FirstRing is how many bytes of a channel's ring are needed as long as the disk keeps up: what comes between two rounds, and a little.
// See spool.FormatLazyStage.
func (e *Engine) FirstRing(m spool.ChannelMeta) int64 {
	align := int64(m.Format().BlockAlign())
	if e.cfg.PerAudio {
		return m.RingBytes // a source faster than real time uses what there is
	}
	return min(m.Frames(e.cfg.Every*2/3)*align, m.RingBytes/2) + m.Frames(drainAhead+20*time.Millisecond)*align
}

func newChannel(s *Session, m spool.ChannelMeta, a *spool.Area) *Channel {
	cfg := &s.shard.engine.cfg
	align := int64(m.Format().BlockAlign())
	ring, backed := uint64(len(a.Ring)), a.Backed()
	threshold, ahead := ring/2, ring
	if cfg.PerAudio {
		ahead = min(ahead, uint64(m.Frames(2*cfg.Every)*align))
	}
	if backed < ring {
		threshold = min(threshold, backed-uint64(m.Frames(drainAhead)*align))
	}
	return &Channel{
		meta: m, session: s, area: a, align: align,
		lastFrame: m.Frames(limits.Timeline), maxGap: m.Frames(limits.Gap),
		maxBytes:  int(min(m.Frames(limits.FrameTime)*align, int64(ring/2)/align*align)),
		threshold: threshold, ahead: ahead,
		room: make(chan struct{}, 1),
	}
}

// Write accepts p, samples as interleaved 16-bit little-endian PCM, and copies it. It never waits for the disk.
//
// at is where the first sample frame lies on the session's timeline; what lies between it and the end of the channel
// becomes a gap, and what lies before the end is dropped (ErrLate when that is all of it). A negative at places the frame
// by its time of arrival.
//
// A nil error means accepted. With ErrOverflow nothing was, and the frame's time is a gap. A *FrameError changes nothing.
func (c *Channel) Write(at int64, p []byte) error {
	if len(p) == 0 || int64(len(p))%c.align != 0 || len(p) > c.maxBytes {
		return &FrameError{Channel: c.meta.ID, Field: "bytes", Value: int64(len(p)),
			Want: fmt.Sprintf("a multiple of %d, 1 frame to %d bytes", c.align, c.maxBytes)}
	}
	c.area.WillPublish()
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	p, err := c.placeLocked(at, p)
	if err == nil {
		err = c.putLocked(p, spool.KindSilence, 0)
	}
	c.unlockAndDrain()
	return err
}

// unlockAndDrain ends what a writer does: it wakes the disk writer if much is behind it.
func (c *Channel) unlockAndDrain() {
	drain := c.usedLocked() >= c.threshold || c.slot.Gaps-c.gapsFreed.Load() >= spool.GapRing/2
	c.mu.Unlock()
	if drain {
		c.session.shard.wantDrain(c)
	}
}

// placeLocked puts the silence before a frame on the timeline and returns the part of the frame that is new.
func (c *Channel) placeLocked(at int64, p []byte) ([]byte, error) {
	end := c.endLocked()
	n := int64(len(p)) / c.align
	if at < 0 {
		if skip := c.clock.place(time.Since(c.session.start), end, n, c.meta.Frames); skip > 0 {
			c.skipLocked(skip, spool.CauseDisconnect)
		}
		return p, nil
	}
	switch {
	case at > c.lastFrame || at-end > c.maxGap:
		return nil, &FrameError{Channel: c.meta.ID, Field: "position", Value: at,
			Want: fmt.Sprintf("at most %s after the channel's end at %d, and at most %s", limits.Gap, end, limits.Timeline)}
	case at+n <= end:
		c.late.Add(1)
		return nil, ErrLate
	case at < end:
		return p[(end-at)*c.align:], nil
	case at > end:
		c.skipLocked(at-end, spool.CauseLoss)
	}
	return p, nil
}

// skipLocked advances the timeline by silence.
func (c *Channel) skipLocked(frames int64, cause spool.Cause) {
	for frames > 0 {
		n, why := c.maskedLocked(frames)
		if why == spool.CauseNone {
			why = cause
			if c.slot.Payload == 0 && !cause.Ours() {
				why = spool.CauseLateJoin
			}
		}
		c.silenceLocked(n, why)
		frames -= n
	}
}

// silenceLocked puts silence of one cause at the end. It is published with the next frame: silence that nothing follows is the
// end's business.
func (c *Channel) silenceLocked(frames int64, cause spool.Cause) {
	if c.pending > 0 && c.cause != cause && c.gapRoomLocked() {
		c.publishGapLocked()
	}
	if c.pending == 0 || cause.Ours() {
		// Two causes in one gap happen only when the gap ring is full; ours is the one that must not be hidden.
		c.cause = cause
	}
	c.pending += frames
}

// putLocked accepts samples at the end of the channel; what is masked of them becomes silence. They are the last of that packet, or
// packet is 0: with its last samples a packet counts as accepted, so that a crash before leaves it to recovery whole. At worst some of
// it is in the recording twice.
func (c *Channel) putLocked(p []byte, kind spool.GapKind, packet uint64) (err error) {
	for len(p) > 0 {
		n, why := c.maskedLocked(int64(len(p)) / c.align)
		piece, number := p[:n*c.align], uint64(0)
		if p = p[len(piece):]; len(p) == 0 {
			number = packet
		}
		if why != spool.CauseNone {
			c.silenceLocked(n, why)
			c.accepted.Add(1)
		} else if e := c.acceptLocked(piece, kind, number); e != nil {
			err = e
		}
	}
	return err
}

// endLocked is the end of the channel on the timeline.
func (c *Channel) endLocked() int64 { return c.slot.Frames + c.pending }

func (c *Channel) gapRoomLocked() bool { return c.slot.Gaps-c.gapsFreed.Load() < spool.GapRing }

// publishGapLocked turns the pending silence into a gap. There must be room for it.
func (c *Channel) publishGapLocked() {
	c.area.PutGap(spool.Gap{N: c.slot.Gaps, At: c.slot.Payload, Start: c.slot.Frames, Length: c.pending, Cause: c.cause})
	next := c.slot
	next.Seq++
	next.Gaps++
	next.Frames += c.pending
	next.CRC = checksum.Zeros(next.CRC, c.pending*c.align)
	c.pending = 0
	c.area.Publish(next)
	c.slot = next
}

// acceptLocked accepts samples. Those that a decoder made up are listed like a gap.
func (c *Channel) acceptLocked(p []byte, kind spool.GapKind, packet uint64) error {
	gaps := uint64(0)
	if c.pending > 0 {
		gaps++
	}
	if kind == spool.KindConcealed {
		gaps++
	}
	if !c.roomLocked(uint64(len(p))) || spool.GapRing-(c.slot.Gaps-c.gapsFreed.Load()) < gaps {
		cause := spool.CauseOverflow
		if c.failing.Load() {
			cause = spool.CauseDisk
		}
		c.silenceLocked(int64(len(p))/c.align, cause)
		c.refused.Add(1)
		return ErrOverflow
	}
	if c.pending > 0 {
		c.publishGapLocked()
	}
	next := c.slot
	next.Seq++
	if kind == spool.KindConcealed {
		c.area.PutGap(spool.Gap{
			N: next.Gaps, At: next.Payload, Start: next.Frames, Length: int64(len(p)) / c.align, Cause: spool.CauseLoss, Kind: kind,
		})
		next.Gaps++
	}
	next.Packet = max(next.Packet, packet)
	next.Payload += uint64(len(p))
	next.Frames += int64(len(p)) / c.align
	if c.freed.Load() == c.slot.Payload {
		next.Origin = c.slot.Payload // the ring is empty: begin at its beginning, in memory that is warm
	}
	first, second := c.area.Payload(c.slot.Payload, next.Payload, next.Origin)
	spool.WillStore(first)
	next.CRC = checksum.Update(next.CRC, p)
	copy(second, p[copy(first, p):])
	// The samples are in place: from here on they are accepted, whatever happens to this process.
	c.area.Publish(next)
	c.slot = next
	c.accepted.Add(1)
	return nil
}

// usedLocked is how much of the ring, from its beginning, holds what is not in the file; once the ring goes round, it is how much of it
// does.
func (c *Channel) usedLocked() uint64 {
	waiting := c.slot.Payload - c.freed.Load()
	if waiting == 0 || c.area.Backed() == uint64(len(c.area.Ring)) {
		return waiting
	}
	return c.slot.Payload - c.slot.Origin
}

// freeLocked is the room in the ring as far as it is backed.
func (c *Channel) freeLocked() uint64 { return c.area.Backed() - c.usedLocked() }

// roomLocked makes sure that there is room for n bytes. A ring that is backed in part grows then: the disk has fallen behind, or the
// write is a large one. That takes memory, and waits for no disk.
func (c *Channel) roomLocked(n uint64) bool {
	if c.freeLocked() >= n {
		return true
	}
	ring := uint64(len(c.area.Ring))
	return c.area.Backed() < ring && c.area.Grow(c.usedLocked()+n+growBytes) == nil && c.freeLocked() >= n
}

const growBytes = 64 << 10 // beyond what is needed at once

// calmPeriods is for how many rounds a ring that had to grow must have been short again before its memory is given back.
const calmPeriods = 60

// calmDown is called once a period, by the disk writer.
func (c *Channel) calmDown() {
	if !c.area.Grown() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.usedLocked() >= c.threshold {
		c.out.calm = 0
	} else if c.out.calm++; c.out.calm >= calmPeriods {
		c.out.calm = 0
		_ = c.area.Shrink(c.slot) // memory that can't be given back now will be with the session
	}
}

// Await returns nil when a write of n bytes, after a gap or not, would find room, for sources that are faster than real time and can wait.
func (c *Channel) Await(ctx context.Context, n int) error {
	for waited := false; ; waited = true {
		c.mu.Lock()
		waiting := c.slot.Payload - c.freed.Load()
		room := waiting == 0 || c.freeLocked() >= uint64(n) && waiting+uint64(n) <= c.ahead
		closed, room := c.closed, room && c.gapRoomLocked()
		c.mu.Unlock()
		if closed || room || n > c.maxBytes {
			if waited {
				c.signalRoom() // whoever else waits looks again
			}
			if closed {
				return ErrClosed
			}
			return nil
		}
		if c.waiting.Swap(true) {
			c.session.shard.wantDrain(c)
			select {
			case <-c.room:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		// Once more around after announcing ourselves: room made in between would wake nobody.
	}
}

func (c *Channel) wakeWaiter() {
	if c.waiting.Swap(false) {
		c.signalRoom()
	}
}

func (c *Channel) signalRoom() {
	select {
	case c.room <- struct{}{}:
	default:
	}
}

// Frames returns the end of the channel on the timeline, in sample frames, refused frames included.
func (c *Channel) Frames() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.endLocked()
}

// close refuses all further writes.
func (c *Channel) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.wakeWaiter()
}

// ID returns the channel's id.
func (c *Channel) ID() string { return c.meta.ID }

package pipeline

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ilenia-live/rec/internal/codec"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/pipeline/media"
)

// PacketError is an RTP or RTCP packet that can't be understood. Nothing of it was accepted.
type PacketError = media.PacketError

// intake is where a channel's packets come in: the chain that makes samples of them, and when that has something to do by
// itself.
type intake struct {
	mu     sync.Mutex
	chain  *media.Chain
	err    error         // why there can be none
	now    time.Duration // of the newest packet; never runs backward
	live   bool          // placed by our own clock
	closed bool

	source   spool.Source // published last
	deadline atomic.Int64 // when packets that wait are to be played, ns since the session's start; 0 if none wait
	arrived  atomic.Int64 // when the oldest packet came that waited since the last round began; 0 if none did
	count    atomic.Uint64
}

// Packet takes an RTP packet that arrived at that time since the session's start, or, if that is negative, now.
//
// Errors: *PacketError, *codec.ConfigError when codec and format don't go together, *FrameError for an arrival that is too far
// away, ErrOverflow, ErrClosed.
func (c *Channel) Packet(arrival time.Duration, p []byte) error {
	return c.take(arrival, p, (*media.Chain).Packet)
}

// Control takes an RTCP packet likewise.
func (c *Channel) Control(arrival time.Duration, p []byte) error {
	return c.take(arrival, p, (*media.Chain).Control)
}

func (c *Channel) take(arrival time.Duration, p []byte, do func(*media.Chain, []byte, time.Duration) error) error {
	in := &c.packets
	in.mu.Lock()
	defer in.mu.Unlock()
	if err := c.openLocked(); err != nil {
		return err
	}
	in.count.Add(1)
	if arrival < 0 {
		arrival, in.live = time.Since(c.session.start), true
	} else if err := c.checkArrivalLocked(arrival); err != nil {
		return err
	}
	in.now = max(in.now, arrival)
	// Twice: a round may begin before this plays what waited, or after.
	oldest, waits := in.chain.Oldest()
	in.noteArrival(oldest, waits)
	err := do(in.chain, p, in.now)
	in.noteArrival(oldest, waits)
	c.watchLocked()
	return err
}

// checkArrivalLocked refuses an arrival that no session can have. One bad time would else move the clock and the timeline for
// all that comes after it.
func (c *Channel) checkArrivalLocked(arrival time.Duration) error {
	if newest := c.packets.now; arrival > limits.Timeline || arrival-newest > limits.Gap {
		return &FrameError{Channel: c.meta.ID, Field: "arrival", Value: arrival.Milliseconds(),
			Want: fmt.Sprintf("milliseconds, at most %s after the newest at %d, and at most %s", limits.Gap, newest.Milliseconds(), limits.Timeline)}
	}
	return nil
}

// openLocked makes the chain with the first packet.
func (c *Channel) openLocked() error {
	in := &c.packets
	switch {
	case in.closed:
		return ErrClosed
	case in.chain != nil || in.err != nil:
		return in.err
	}
	if c.area.Hold == nil {
		in.err = &codec.ConfigError{Field: "codec", Value: c.meta.Codec, Want: "opus, pcmu, pcma or l16"}
		return in.err
	}
	in.chain, in.err = media.New(media.Config{
		Codec: c.meta.Decoder(), Sink: sink{c}, Hold: c.area.Hold, Wait: c.session.shard.engine.cfg.Wait, Native: c.meta.Native,
	})
	return in.err
}

// watchLocked takes note of what waits.
func (c *Channel) watchLocked() {
	in := &c.packets
	if in.live {
		in.deadline.Store(int64(in.chain.Deadline()))
	}
	in.noteArrival(in.chain.Oldest())
}

// noteArrival remembers the oldest arrival since the last round.
func (in *intake) noteArrival(at time.Duration, waits bool) {
	if !waits || !in.live {
		return
	}
	if old := in.arrived.Load(); old == 0 || int64(at) < old {
		in.arrived.Store(max(int64(at), 1))
	}
}

// playOverdue plays what has waited long enough, if no packet came to do it.
func (c *Channel) playOverdue(now time.Duration) {
	in := &c.packets
	if at := in.deadline.Load(); at == 0 || now < time.Duration(at) {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return
	}
	in.now = max(in.now, now)
	oldest, waits := in.chain.Oldest()
	_ = in.chain.Release(in.now) // what was refused has become a gap, and is counted
	in.noteArrival(oldest, waits)
	c.watchLocked()
}

// waitsUntil returns when the first is to be played of the packets that came up to a moment and wait still, 0 if none does. Those
// of a source that isn't live it plays at once: nothing says when others would come.
func (c *Channel) waitsUntil(upTo time.Duration) (deadline time.Duration) {
	in := &c.packets
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.chain == nil || in.closed {
		return 0
	}
	if !in.live {
		_ = in.chain.Flush(in.now) // what was refused has become a gap, and is counted
		c.watchLocked()
		return 0
	}
	if oldest, waits := in.chain.Oldest(); !waits || oldest > upTo {
		return 0
	}
	return in.chain.Deadline()
}

// closePackets plays all that waits, if flush is set, and takes no more.
func (c *Channel) closePackets(flush bool) {
	in := &c.packets
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return
	}
	in.closed = true
	in.deadline.Store(0)
	if in.chain == nil {
		return
	}
	if flush {
		_ = in.chain.Flush(in.now) // what was refused has become a gap, and is counted
	}
	in.chain.Close()
}

// Chain describes the way of the channel's packets.
func (c *Channel) Chain() string {
	in := &c.packets
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.chain != nil:
		return in.chain.String()
	case in.err != nil:
		return in.err.Error()
	}
	return "no packet yet"
}

// sink gives a chain the channel's timeline.
type sink struct{ c *Channel }

func (s sink) End() int64 { return s.c.Frames() }

// Masked looks where the frame will really lie: nothing lies before the channel's end any longer.
func (s sink) Masked(frame int64) spool.Cause {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	cause, _ := c.masks.at(max(frame, c.endLocked()))
	return cause
}

func (s sink) Skip(to int64, cause spool.Cause) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := to - c.endLocked(); n > 0 && !c.closed {
		c.skipLocked(n, cause)
	}
}

func (s sink) Put(p []byte, n uint64, concealed bool) (err error) {
	c := s.c
	kind := spool.KindSilence
	if concealed {
		kind = spool.KindConcealed
	}
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	for len(p) > 0 && err == nil {
		piece, number := p[:min(len(p), c.maxBytes)], uint64(0)
		if p = p[len(piece):]; len(p) == 0 {
			number = n
		}
		err = c.putLocked(piece, kind, number)
	}
	c.unlockAndDrain()
	return err
}

func (s sink) Anchor(at time.Duration) {
	c := s.c
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending > 0 && c.gapRoomLocked() {
		c.publishGapLocked()
	}
	if c.closed || c.pending > 0 || !c.gapRoomLocked() {
		return // the next one will be as good
	}
	c.area.PutGap(spool.Gap{N: c.slot.Gaps, At: c.slot.Payload, Start: c.slot.Frames, Length: max(int64(at), 1), Kind: spool.KindAnchor})
	next := c.slot
	next.Seq++
	next.Gaps++
	c.area.Publish(next)
	c.slot = next
}

func (s sink) Count(src spool.Source) {
	last := &s.c.packets.source
	src.Seq = last.Seq
	if src == *last {
		return
	}
	src.Seq++
	s.c.area.PublishSource(src)
	*last = src
}

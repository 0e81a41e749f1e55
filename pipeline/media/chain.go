package media

import (
	"fmt"
	"strings"
	"time"

	"github.com/ilenia-live/rec/internal/codec"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/rtpwire"
	"github.com/ilenia-live/rec/internal/spool"
)

// Sink is where the samples go: one channel's timeline, counted in sample frames from the session's start.
type Sink interface {
	// End is the first frame that has neither samples nor silence yet.
	End() int64
	// Masked is why a frame, played or not yet, is withheld, as far as is known now; spool.CauseNone if it isn't. The sink itself
	// makes silence of what is: this is for what waits, of which a crash must not make sound.
	Masked(frame int64) spool.Cause
	// Skip fills the time up to frame to with silence.
	Skip(to int64, cause spool.Cause)
	// Put appends samples, interleaved 16-bit little-endian, those of packet number n. Concealed ones were made up for
	// packets that were lost.
	Put(p []byte, n uint64, concealed bool) error
	// Anchor notes that frame End was at that time, since the session's start.
	Anchor(at time.Duration)
	// Count publishes what is known of the packets. Seq is the sink's to set.
	Count(spool.Source)
}

// Config is what a Chain needs.
type Config struct {
	Codec  codec.Config
	Sink   Sink
	Hold   *spool.Hold
	Wait   time.Duration // how long a packet waits for those before it
	Native bool          // don't follow the sender's clock: keep its samples, and note anchors
}

// Chain is the way of one channel's packets. One goroutine at a time may use it.
type Chain struct {
	decoder codec.Decoder
	sink    Sink
	order   order
	clock   clock
	gap     gap
	counts  spool.Source
	native  bool
}

// New makes a chain. It fails with a *codec.ConfigError when codec and format don't go together.
func New(cfg Config) (*Chain, error) {
	d, err := codec.New(cfg.Codec)
	if err != nil {
		return nil, err
	}
	c := &Chain{decoder: d, sink: cfg.Sink, native: cfg.Native}
	c.order.init(cfg.Hold, cfg.Wait, d.ClockRate())
	c.clock.init(d.ClockRate())
	c.gap.init(cfg.Codec.SampleRate, cfg.Codec.Channels, d.ClockRate())
	c.counts.SetDecoder(d.String())
	return c, nil
}

// Close gives the decoder's memory back. What is still held stays where recovery finds it.
func (c *Chain) Close() { c.decoder.Close() }

// String prints the chain, stage by stage.
func (c *Chain) String() string {
	clock := "followed"
	if c.native {
		clock = "native"
	}
	return strings.Join([]string{
		fmt.Sprintf("reorder (waits %s, holds %d KiB)", c.order.wait, spool.HoldBytes>>10),
		fmt.Sprintf("clock (%d Hz, %s)", c.decoder.ClockRate(), clock),
		fmt.Sprintf("decode (%s)", c.decoder),
		fmt.Sprintf("gap (%d Hz, %d channels)", c.gap.rate, c.gap.channels),
	}, " → ")
}

// Packet takes an RTP packet that arrived now, since the session's start.
//
// Errors: *PacketError; what the sink said of the samples that became ready.
func (c *Chain) Packet(p []byte, now time.Duration) error {
	pkt, err := rtpwire.Parse(p)
	if err != nil {
		return &PacketError{Bytes: len(p), Err: err}
	}
	if len(pkt.Payload) > limits.PacketBytes {
		return &PacketError{Bytes: len(p), Err: fmt.Errorf("payload of %d bytes, want at most %d", len(pkt.Payload), limits.PacketBytes)}
	}
	if len(pkt.Payload) > 0 {
		c.counts.Packets++
	}
	err = c.arrive(&pkt, now)
	c.publish()
	return err
}

// Control takes an RTCP packet that arrived now.
func (c *Chain) Control(p []byte, now time.Duration) error {
	if err := rtpwire.Check(p); err != nil {
		return &PacketError{Bytes: len(p), Err: err}
	}
	for r := range rtpwire.Reports(p) {
		if c.order.started && r.SSRC == c.order.cur.ssrc && !c.order.acquiring {
			c.clock.report(c.order.unwrap(r.RTP)+c.gap.shift, r.Time())
		}
	}
	return nil
}

// Deadline is when Release has something to do, since the session's start, if no packet comes before; 0 if never.
func (c *Chain) Deadline() time.Duration {
	at, ok := c.order.deadline()
	if !ok {
		return 0
	}
	return at
}

// Release plays what has waited long enough.
func (c *Chain) Release(now time.Duration) error {
	err := c.play(now, false)
	c.publish()
	return err
}

// Remask finds out anew which of the packets that wait are withheld, after a mask began or ended.
func (c *Chain) Remask() {
	o := &c.order
	again := func(block uint16) {
		h := o.hold.Peek(int(block))
		if cause := c.masked(h); cause != h.Cause {
			h.Cause = cause
			c.restate(block, h)
		}
	}
	for _, b := range o.queue {
		again(b)
	}
	for _, b := range o.cand.blocks[:o.cand.count] {
		again(b)
	}
}

// restate changes what is known of a packet that waits.
func (c *Chain) restate(block uint16, h spool.Held) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	c.order.hold.Restate(int(block), h, s.payload[:0])
}

// Flush plays all that waits: nothing more will come.
func (c *Chain) Flush(now time.Duration) error {
	err := c.order.flushCandidate(c)
	if e := c.play(now, true); e != nil {
		err = e
	}
	c.publish()
	return err
}

// Oldest is the arrival of the packet that has waited longest; ok is false if none waits.
func (c *Chain) Oldest() (at time.Duration, ok bool) { return c.order.oldest() }

func (c *Chain) publish() {
	c.counts.ClockPPB = int64(c.clock.ppm() * 1000)
	c.sink.Count(c.counts)
}

// PacketError is a packet that can't be understood. Nothing of it was accepted, and nothing else is touched.
type PacketError struct {
	Bytes int // its length
	Err   error
}

func (e *PacketError) Error() string { return fmt.Sprintf("packet of %d bytes: %v", e.Bytes, e.Err) }
func (e *PacketError) Unwrap() error { return e.Err }

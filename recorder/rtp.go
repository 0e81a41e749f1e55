package recorder

import (
	"errors"
	"time"

	"github.com/ilenia-live/rec/internal/codec"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/pipeline"
)

// WriteRTP accepts one RTP packet as it came from the network, now. The bytes are copied; packet is the caller's again. It
// never waits for the disk.
//
// Packets may come late, twice, in any order, and with any jump of sequence number or timestamp: they are put in order,
// decoded by the channel's codec (opus, pcmu, pcma or l16), and placed on the session's timeline where they were spoken. What
// is missing becomes a gap with its cause. A channel's packets are those of one codec: a caller that receives others on the same
// stream (telephone events, comfort noise) leaves them out.
//
// A nil error means accepted: what must wait for packets before it, for half a second at most, waits where recovery finds it.
//
// Errors: *PacketError for bytes that are no RTP packet; *FieldError for a codec that doesn't go with the channel's format
// (Opus has 8, 16, 24 or 48 kHz and one or two channels, G.711 has 8 kHz); ErrOverflow; ErrEnded.
func (c *Channel) WriteRTP(packet []byte) error { return packetError(c.pipe.Packet(-1, packet)) }

// WriteRTPAt is WriteRTP for a packet that arrived at that time on the session's timeline, for replaying what was
// captured. A channel is fed by either of them, not by both.
//
// Errors are those of WriteRTP, and *FrameError for an arrival more than a day after that of any packet before it (the first:
// after the session's start), or past the 30 days that a timeline has. Nothing of such a packet was accepted.
func (c *Channel) WriteRTPAt(arrival time.Duration, packet []byte) error {
	return packetError(c.pipe.Packet(max(arrival, 0), packet))
}

// WriteRTCP takes a compound RTCP packet that came with the channel's RTP, now. Its sender reports say how the sender's
// clock runs; the rest is ignored. Errors are those of WriteRTP.
func (c *Channel) WriteRTCP(packet []byte) error { return packetError(c.pipe.Control(-1, packet)) }

// WriteRTCPAt is WriteRTCP for a packet that arrived at that time on the session's timeline. Errors are those of WriteRTPAt.
func (c *Channel) WriteRTCPAt(arrival time.Duration, packet []byte) error {
	return packetError(c.pipe.Control(max(arrival, 0), packet))
}

// Chain describes the way of the channel's packets, stage by stage, when the first has come.
func (c *Channel) Chain() string { return c.pipe.Chain() }

// PacketError is an RTP or RTCP packet that can't be understood. Nothing of it was accepted, nothing else is touched.
type PacketError = pipeline.PacketError

func packetError(err error) error {
	var bad *codec.ConfigError
	if errors.As(err, &bad) {
		return &FieldError{Field: bad.Field, Value: bad.Value, Want: bad.Want}
	}
	return err
}

// Mute records silence from now on, with cause mute, whatever arrives, until Unmute: the speaker's microphone is off. What
// was spoken before and arrives later is recorded. A channel is either muted or masked.
func (c *Channel) Mute() { c.pipe.Mask(-1, spool.CauseMute) }

// Mask is Mute with cause mask: what is said is withheld from the recording.
func (c *Channel) Mask() { c.pipe.Mask(-1, spool.CauseMask) }

// Unmute ends what Mute or Mask began.
func (c *Channel) Unmute() { c.pipe.Unmask(-1) }

// MuteAt, MaskAt and UnmuteAt are the same for a moment of the session's timeline, for sources that have one of their own. A
// moment that the channel has passed is now.
func (c *Channel) MuteAt(at time.Duration) { c.pipe.Mask(max(at, 0), spool.CauseMute) }

// MaskAt is Mask at a moment of the timeline, see MuteAt.
func (c *Channel) MaskAt(at time.Duration) { c.pipe.Mask(max(at, 0), spool.CauseMask) }

// UnmuteAt is Unmute at a moment of the timeline, see MuteAt.
func (c *Channel) UnmuteAt(at time.Duration) { c.pipe.Unmask(max(at, 0)) }

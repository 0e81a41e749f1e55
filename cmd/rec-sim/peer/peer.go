// Package peer is the two ends of one channel's media on the loopback: a sender that speaks RTP into a network that may be bad,
// and a receiver that hands what comes out to the recorder, in the way that a host would: from a socket, or from a WebRTC peer
// connection.
package peer

import (
	"github.com/pion/rtp"

	"github.com/ilenia-live/rec/cmd/rec-sim/network"
)

// Sink takes what the receiver gets; *recorder.Channel is one.
type Sink interface {
	WriteRTP(packet []byte) error
	WriteRTCP(packet []byte) error
}

// A Peer is both ends.
type Peer interface {
	// Send sends a packet. Its payload type and SSRC are the peer's to set.
	Send(p *rtp.Packet) error
	// Report sends a sender report, where the peer doesn't do so by itself: timestamp was now.
	Report(timestamp uint32) error
	// Link is the way from one end to the other.
	Link() *network.Link
	// Close ends both ends, and returns when the sink is left alone.
	Close() error
}

// payloadType is what Opus has on both ways.
const payloadType = 111

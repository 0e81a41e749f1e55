package dump

import (
	"net/netip"
	"time"

	"github.com/ilenia-live/rec/internal/rtpwire"
)

// Key tells a stream from others in the same file.
type Key struct {
	SSRC        uint32
	PayloadType uint8
	From, To    netip.AddrPort // zero if the file keeps no addresses
}

// Stream is what a catalogue knows of a stream.
type Stream struct {
	Key
	Packets  int64
	FirstSeq uint16
	LastSeq  uint16 // of the packet that came last
	// Ticks is how far the timestamps went, from the first to the highest. A sender that begins anew falsifies it.
	Ticks int64
	// First and Last are the arrivals of the first and the last packet; Unknown if the file keeps no times.
	First, Last time.Duration

	timestamp uint32 // the highest
}

// Duration is how long the stream lasted: by arrival, or, in a file without times, by timestamps of that many ticks a second.
func (s *Stream) Duration(clockRate int) time.Duration {
	if s.First != Unknown && s.Last != Unknown {
		return s.Last - s.First
	}
	seconds, rest := s.Ticks/int64(clockRate), s.Ticks%int64(clockRate)
	return time.Duration(seconds)*time.Second + time.Duration(rest)*time.Second/time.Duration(clockRate)
}

// Catalog lists the streams of a file.
type Catalog struct {
	// Dropped counts the packets of streams for which there was no room.
	Dropped int64

	streams []*Stream
	byKey   map[Key]*Stream
}

// StreamsMost is how many streams a catalogue has room for: traffic that isn't RTP, but looks like it, is a new stream with every
// packet.
const StreamsMost = 4096

// KeyOf is the key of an RTP packet; h is what rtpwire.Parse made of it.
func KeyOf(p Packet, h rtpwire.Packet) Key {
	return Key{SSRC: h.SSRC, PayloadType: h.PayloadType, From: p.From, To: p.To}
}

// Add takes note of an RTP packet and returns its stream, nil if there is no room for it.
func (c *Catalog) Add(p Packet, h rtpwire.Packet) *Stream {
	k := KeyOf(p, h)
	s := c.byKey[k]
	if s == nil {
		if len(c.streams) == StreamsMost {
			c.Dropped++
			return nil
		}
		s = &Stream{Key: k, FirstSeq: h.Seq, First: p.Arrival, timestamp: h.Timestamp}
		if c.byKey == nil {
			c.byKey = map[Key]*Stream{}
		}
		c.byKey[k] = s
		c.streams = append(c.streams, s)
	}
	s.Packets++
	s.LastSeq, s.Last = h.Seq, p.Arrival
	if d := int32(h.Timestamp - s.timestamp); d > 0 {
		s.Ticks += int64(d)
		s.timestamp = h.Timestamp
	}
	return s
}

// Streams returns the streams in the order in which they began.
func (c *Catalog) Streams() []*Stream { return c.streams }

// List reads the rest of a file and returns its catalogue; with an error, that of what came before it.
func List(r *Reader) (*Catalog, error) {
	c := &Catalog{}
	for p, err := range r.Packets() {
		if err != nil {
			return c, err
		}
		if p.RTCP {
			continue
		}
		h, err := rtpwire.Parse(p.Data)
		if err != nil {
			continue // can't be: the reader took it for RTP because it could
		}
		c.Add(p, h)
	}
	return c, nil
}

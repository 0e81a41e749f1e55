package network

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A Link is one sender's way through a network.
type Link struct {
	network *Network
	write   func(p []byte) error
	watch   func(p []byte, after time.Duration)

	mu             sync.Mutex
	media, control *dice // each their own: how often reports are sent says nothing about what happens to packets

	sent, lost, doubled, failed atomic.Int64
}

// Stats counts the RTP packets of a link; RTCP is harmed, and not counted.
type Stats struct {
	Sent    int64 `json:"sent"`
	Lost    int64 `json:"lost"`    // of those sent
	Doubled int64 `json:"doubled"` // of those sent
	Failed  int64 `json:"failed"`  // copies that the machine would not take
}

// Link makes the network's link number i. What it delivers it gives to write, which mustn't keep the packet, and may be called
// by several goroutines.
func (n *Network) Link(i int, write func(p []byte) error) *Link {
	return &Link{network: n, write: write, media: newDice(n.model, i, 0), control: newDice(n.model, i, 1)}
}

// Watch calls f for each RTP packet sent that will be delivered, before it is, with what it is delayed by. It is to be set before
// the first packet.
func (l *Link) Watch(f func(p []byte, after time.Duration)) { l.watch = f }

// Send sends a packet. It is copied, or delivered before Send returns.
func (l *Link) Send(p []byte) {
	counted := isRTP(p)
	l.mu.Lock()
	d := l.control
	if counted {
		d = l.media
	}
	f := d.roll()
	l.mu.Unlock()
	if counted {
		l.sent.Add(1)
		switch f.copies {
		case 0:
			l.lost.Add(1)
		case 2:
			l.doubled.Add(1)
		}
		if l.watch != nil && f.copies > 0 {
			l.watch(p, f.after[0])
		}
	}
	for _, after := range f.after[:f.copies] {
		if after == 0 {
			l.deliver(p)
			continue
		}
		l.network.delay(l, p, after)
	}
}

func (l *Link) deliver(p []byte) {
	if err := l.write(p); err != nil && isRTP(p) {
		l.failed.Add(1)
	}
}

// Stats returns what happened so far.
func (l *Link) Stats() Stats {
	return Stats{Sent: l.sent.Load(), Lost: l.lost.Load(), Doubled: l.doubled.Load(), Failed: l.failed.Load()}
}

// isMedia reports whether a datagram is RTP or RTCP, encrypted or not (RFC 7983, 7), isRTP whether it is RTP (RFC 5761, 4).
func isMedia(p []byte) bool { return len(p) > 1 && p[0] >= 128 && p[0] < 192 }
func isRTP(p []byte) bool   { return isMedia(p) && (p[1] < 192 || p[1] > 223) }

// Conn is a socket whose media goes out over a link; everything else goes as it is.
type Conn struct {
	net.PacketConn
	*Link
	to atomic.Pointer[net.Addr]
}

// NewConn makes a Conn of the network's link number i. Its media must all have one destination, as between two peers.
func NewConn(c net.PacketConn, n *Network, i int) *Conn {
	out := &Conn{PacketConn: c}
	out.Link = n.Link(i, func(p []byte) error {
		_, err := c.WriteTo(p, *out.to.Load())
		return err
	})
	return out
}

// WriteTo sends a datagram. For media it says that all is well whatever becomes of it, as a network does.
func (c *Conn) WriteTo(p []byte, to net.Addr) (int, error) {
	if !isMedia(p) {
		return c.PacketConn.WriteTo(p, to)
	}
	c.to.Store(&to)
	c.Send(p)
	return len(p), nil
}

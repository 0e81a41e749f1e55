package peer

import (
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/ilenia-live/rec/cmd/rec-sim/network"
	"github.com/ilenia-live/rec/internal/rtpwire"
)

// plain is RTP over UDP, with RTCP on the same port (RFC 5761).
type plain struct {
	out, in net.PacketConn
	link    *network.Link
	ssrc    uint32
	sent    atomic.Uint32
	octets  atomic.Uint32
	done    chan struct{}
}

// socketBytes is what a receiver's socket holds while its goroutine waits for a processor: a second and more of Opus.
const socketBytes = 256 << 10

// DialRTP makes the two ends with a UDP socket each. i is the network's link number and becomes the SSRC.
func DialRTP(n *network.Network, i int, sink Sink) (Peer, error) {
	out, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	in, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	_ = in.(*net.UDPConn).SetReadBuffer(socketBytes) // the system's own bound is as good
	p := &plain{out: out, in: in, ssrc: uint32(i) + 1, done: make(chan struct{})}
	to := in.LocalAddr()
	p.link = n.Link(i, func(b []byte) error { _, err := out.WriteTo(b, to); return err })
	go p.receive(sink)
	return p, nil
}

func (p *plain) receive(sink Sink) {
	defer close(p.done)
	buf := make([]byte, 1<<16)
	for {
		n, from, err := p.in.ReadFrom(buf)
		if err != nil {
			return // closed
		}
		if from.String() != p.out.LocalAddr().String() {
			continue // a stranger on this machine
		}
		// The recorder counts what it refuses, and the sink what the recorder said.
		if b := buf[:n]; rtpwire.IsRTCP(b) {
			_ = sink.WriteRTCP(b)
		} else {
			_ = sink.WriteRTP(b)
		}
	}
}

func (p *plain) Send(k *rtp.Packet) error {
	k.PayloadType, k.SSRC = payloadType, p.ssrc
	b, err := k.Marshal()
	if err != nil {
		return err
	}
	p.sent.Add(1)
	p.octets.Add(uint32(len(k.Payload)))
	p.link.Send(b)
	return nil
}

// ntpEpoch is 1900 in Unix time.
const ntpEpoch = 2_208_988_800

func (p *plain) Report(timestamp uint32) error {
	now := time.Now()
	ntp := uint64(now.Unix()+ntpEpoch)<<32 | uint64(now.Nanosecond())<<32/uint64(time.Second)
	b, err := (&rtcp.SenderReport{
		SSRC: p.ssrc, NTPTime: ntp, RTPTime: timestamp, PacketCount: p.sent.Load(), OctetCount: p.octets.Load(),
	}).Marshal()
	if err != nil {
		return err
	}
	p.link.Send(b)
	return nil
}

func (p *plain) Link() *network.Link { return p.link }

func (p *plain) Close() error {
	err := errors.Join(p.in.Close(), p.out.Close())
	<-p.done
	return err
}

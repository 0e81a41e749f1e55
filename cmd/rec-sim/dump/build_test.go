package dump

import (
	"encoding/binary"
	"time"
)

// rtp is an RTP packet of 20 ms of Opus' clock.
func rtp(ssrc uint32, payloadType byte, seq uint16, payload string) []byte {
	be := binary.BigEndian
	p := []byte{0x80, payloadType}
	p = be.AppendUint16(p, seq)
	p = be.AppendUint32(p, uint32(seq)*960)
	p = be.AppendUint32(p, ssrc)
	return append(p, payload...)
}

// rtcp is an empty receiver report.
func rtcp(ssrc uint32) []byte { return binary.BigEndian.AppendUint32([]byte{0x80, 201, 0, 1}, ssrc) }

// udp4 is a datagram from 10.0.0.1:5004 to 10.0.0.2:5006 in IPv4.
func udp4(payload []byte) []byte {
	be := binary.BigEndian
	p := []byte{0x45, 0}
	p = be.AppendUint16(p, uint16(28+len(payload)))
	p = append(p, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2)
	return append(p, udp(payload)...)
}

// udp6 is the same in IPv6, behind extension headers of those types.
func udp6(payload []byte, headers ...byte) []byte {
	be := binary.BigEndian
	next := append(headers, protoUDP)
	p := []byte{0x60, 0, 0, 0}
	p = be.AppendUint16(p, uint16(8*len(headers)+8+len(payload)))
	p = append(p, next[0], 64)
	p = append(p, make([]byte, 32)...)
	p[23], p[39] = 1, 2
	for i := range headers {
		p = append(p, next[i+1], 0, 0, 0, 0, 0, 0, 0)
	}
	return append(p, udp(payload)...)
}

func udp(payload []byte) []byte {
	be := binary.BigEndian
	p := be.AppendUint16(nil, 5004)
	p = be.AppendUint16(p, 5006)
	p = be.AppendUint16(p, uint16(8+len(payload)))
	return append(append(p, 0, 0), payload...)
}

// ether puts a packet into an Ethernet frame, behind VLAN tags of those types.
func ether(kind uint16, p []byte, tags ...uint16) []byte {
	be := binary.BigEndian
	f := make([]byte, 12)
	for _, tag := range tags {
		f = append(be.AppendUint16(f, tag), 0, 7)
	}
	f = append(be.AppendUint16(f, kind), p...)
	for len(f) < 60 {
		f = append(f, 0xEE) // Ethernet pads short frames
	}
	return f
}

// pcapOf writes a capture: frame i came at start + i × 20 ms.
func pcapOf(order binary.AppendByteOrder, nano bool, link uint32, frames ...[]byte) []byte {
	magic, tick := uint32(pcapMicro), time.Microsecond
	if nano {
		magic, tick = pcapNano, time.Nanosecond
	}
	p := order.AppendUint32(nil, magic)
	p = order.AppendUint16(order.AppendUint16(p, 2), 4)
	p = append(p, 0, 0, 0, 0, 0, 0, 0, 0)
	p = order.AppendUint32(order.AppendUint32(p, captureMost), link)
	for i, f := range frames {
		at := captured(i)
		p = order.AppendUint32(p, uint32(at/time.Second))
		p = order.AppendUint32(p, uint32(at%time.Second/tick))
		p = order.AppendUint32(order.AppendUint32(p, uint32(len(f))), uint32(len(f)))
		p = append(p, f...)
	}
	return p
}

// captured is when frame i was captured, since 1970: just before a second ends, so that both fields count.
func captured(i int) time.Duration {
	return 1_790_000_000*time.Second + 990*time.Millisecond + time.Duration(i)*20*time.Millisecond
}

// pcapngOf writes the same as pcapng, with a unit of time as if_tsresol has it.
func pcapngOf(order binary.AppendByteOrder, resolution byte, perSec uint64, link uint16, frames ...[]byte) []byte {
	p := section(order)
	p = append(p, block(order, 5, make([]byte, 16))...) // statistics: to be passed over
	p = append(p, block(order, blockInterface, describe(order, link, resolution))...)
	for i, f := range frames {
		at := captured(i)
		ticks := uint64(at/time.Second)*perSec + uint64(at%time.Second)*perSec/1e9
		body := order.AppendUint32(nil, 0)
		body = order.AppendUint32(order.AppendUint32(body, uint32(ticks>>32)), uint32(ticks))
		body = order.AppendUint32(order.AppendUint32(body, uint32(len(f))), uint32(len(f)))
		p = append(p, block(order, blockEnhanced, append(body, f...))...)
	}
	return p
}

func section(order binary.AppendByteOrder) []byte {
	body := order.AppendUint32(nil, sectionMagic)
	body = order.AppendUint16(order.AppendUint16(body, 1), 0)
	return block(order, blockSection, order.AppendUint64(body, 1<<64-1))
}

func describe(order binary.AppendByteOrder, link uint16, resolution byte) []byte {
	body := order.AppendUint32(order.AppendUint16(order.AppendUint16(nil, link), 0), 0)
	body = order.AppendUint16(order.AppendUint16(body, 2), 3) // a name, and its padding
	body = append(body, 'e', 't', 'h', 0)
	body = order.AppendUint16(order.AppendUint16(body, optionTicks), 1)
	body = append(body, resolution, 0, 0, 0)
	return append(body, 0, 0, 0, 0)
}

func block(order binary.AppendByteOrder, kind uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	p := order.AppendUint32(order.AppendUint32(nil, kind), uint32(12+len(body)))
	return order.AppendUint32(append(p, body...), uint32(12+len(body)))
}

// frame4571 is RFC 4571's framing.
func frame4571(packets ...[]byte) (p []byte) {
	for _, k := range packets {
		p = append(binary.BigEndian.AppendUint16(p, uint16(len(k))), k...)
	}
	return p
}

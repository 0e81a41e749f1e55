package dump

import (
	"encoding/binary"
	"net/netip"
)

// Protocols, and IPv6's headers before them (IANA's protocol numbers).
const (
	protoHopByHop = 0
	protoUDP      = 17
	protoRouting  = 43
	protoFragment = 44
	protoOptions  = 60
)

// headersMost is how many extension headers of IPv6 are passed over. RFC 8200, 4.1, knows of fewer in a row.
const headersMost = 8

// datagram finds the payload of a UDP datagram in a frame, or says why there is none.
func datagram(f frame) (payload []byte, from, to netip.AddrPort, why Reason) {
	fail := func(why Reason) ([]byte, netip.AddrPort, netip.AddrPort, Reason) {
		if f.cut && why == SkipMalformed {
			why = SkipCut // it ends where the capture cut it
		}
		return nil, netip.AddrPort{}, netip.AddrPort{}, why
	}
	p, why := network(f.link, f.data)
	if why != "" {
		return fail(why)
	}
	if len(p) == 0 {
		return fail(SkipMalformed)
	}
	var src, dst netip.Addr
	switch p[0] >> 4 {
	case 4:
		p, src, dst, why = ipv4(p)
	case 6:
		p, src, dst, why = ipv6(p)
	default:
		return fail(SkipNotIP)
	}
	if why != "" {
		return fail(why)
	}
	be := binary.BigEndian
	if len(p) < 8 {
		return fail(SkipMalformed)
	}
	n := int(be.Uint16(p[4:]))
	if n < 8 || n > len(p) {
		return fail(SkipMalformed)
	}
	return p[8:n], netip.AddrPortFrom(src, be.Uint16(p)), netip.AddrPortFrom(dst, be.Uint16(p[2:])), ""
}

// ipv4 returns what a UDP packet carries in IPv4 (RFC 791, 3.1), without what the link padded it with.
func ipv4(p []byte) (payload []byte, src, dst netip.Addr, why Reason) {
	be := binary.BigEndian
	header := 4 * int(p[0]&0x0F)
	if header < 20 || len(p) < header {
		return nil, src, dst, SkipMalformed
	}
	if n := int(be.Uint16(p[2:])); n >= header && n < len(p) {
		p = p[:n] // 0 where the network card was to fill it in
	}
	switch {
	case p[9] != protoUDP:
		return nil, src, dst, SkipNotUDP
	case be.Uint16(p[6:])&0x3FFF != 0: // more fragments, or not the first
		return nil, src, dst, SkipFragment
	}
	return p[header:], netip.AddrFrom4([4]byte(p[12:16])), netip.AddrFrom4([4]byte(p[16:20])), ""
}

// ipv6 does the same for IPv6 (RFC 8200, 3 and 4).
func ipv6(p []byte) (payload []byte, src, dst netip.Addr, why Reason) {
	const header = 40
	if len(p) < header {
		return nil, src, dst, SkipMalformed
	}
	src, dst = netip.AddrFrom16([16]byte(p[8:24])), netip.AddrFrom16([16]byte(p[24:40]))
	next := p[6]
	n := int(binary.BigEndian.Uint16(p[4:]))
	p = p[header:]
	if n > 0 && n < len(p) {
		p = p[:n]
	}
	for range headersMost {
		switch next {
		case protoUDP:
			return p, src, dst, ""
		case protoFragment:
			return nil, src, dst, SkipFragment
		case protoHopByHop, protoRouting, protoOptions:
			if len(p) < 8 || len(p) < 8+8*int(p[1]) {
				return nil, src, dst, SkipMalformed
			}
			next, p = p[0], p[8+8*int(p[1]):]
		default:
			return nil, src, dst, SkipNotUDP
		}
	}
	return nil, src, dst, SkipNotUDP
}

package dump

import "encoding/binary"

// Link types, of tcpdump.org's registry.
const (
	linkNull     = 0   // BSD loopback: four bytes of address family
	linkEthernet = 1   // 802.3, with or without VLAN tags
	linkRawBSD   = 12  // raw IP, as some systems number it
	linkRawOpen  = 14  // and others
	linkRaw      = 101 // raw IP
	linkLoop     = 108 // as linkNull, in network byte order
	linkCooked   = 113 // LINUX_SLL: what "any" gives
	linkIPv4     = 228
	linkIPv6     = 229
	linkCooked2  = 276 // LINUX_SLL2
)

// Types of what Ethernet carries.
const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86DD
	tagC      = 0x8100 // 802.1Q
	tagS      = 0x88A8 // 802.1ad
	tagOld    = 0x9100 // what was in use for it before
	tagsMost  = 2
)

// network cuts off what a link put before the IP header.
func network(link uint32, p []byte) ([]byte, Reason) {
	be := binary.BigEndian
	header, at := 0, 0 // lengths; where the type of what follows is
	switch link {
	case linkRaw, linkRawBSD, linkRawOpen, linkIPv4, linkIPv6:
		return p, ""
	case linkNull, linkLoop:
		// The numbers of address families differ between systems. The version in the IP header doesn't.
		if len(p) < 4 {
			return nil, SkipMalformed
		}
		return p[4:], ""
	case linkEthernet:
		header, at = 14, 12
	case linkCooked:
		header, at = 16, 14
	case linkCooked2:
		header, at = 20, 0
	default:
		return nil, SkipLink
	}
	if len(p) < header {
		return nil, SkipMalformed
	}
	kind := be.Uint16(p[at:])
	p = p[header:]
	for tags := 0; kind == tagC || kind == tagS || kind == tagOld; tags++ {
		if tags == tagsMost {
			return nil, SkipNotIP
		}
		if len(p) < 4 {
			return nil, SkipMalformed
		}
		kind = be.Uint16(p[2:])
		p = p[4:]
	}
	if kind != etherIPv4 && kind != etherIPv6 {
		return nil, SkipNotIP
	}
	return p, ""
}

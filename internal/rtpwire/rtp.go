// Package rtpwire reads the headers of RTP and RTCP packets as they come from a network, and trusts none of their lengths. It
// knows nothing of what they carry.
package rtpwire

import (
	"encoding/binary"
	"fmt"
)

// Packet is an RTP packet (RFC 3550, 5.1).
type Packet struct {
	SSRC        uint32
	Timestamp   uint32
	Seq         uint16
	PayloadType uint8
	Marker      bool
	Payload     []byte // a part of what was parsed, without padding; may be empty
}

// WireError says what is wrong with a packet's headers.
type WireError struct {
	What string
	Have int
	Want int // at least, or exactly, as What says
}

func (e *WireError) Error() string { return fmt.Sprintf("%s %d, want %d", e.What, e.Have, e.Want) }

const (
	version   = 2
	rtpHeader = 12
)

// Parse reads an RTP packet. Contributing sources, header extension and padding are cut off. It doesn't allocate, but for a
// *WireError.
func Parse(p []byte) (Packet, error) {
	if len(p) < rtpHeader {
		return Packet{}, &WireError{"RTP header: bytes", len(p), rtpHeader}
	}
	if v := int(p[0] >> 6); v != version {
		return Packet{}, &WireError{"RTP version", v, version}
	}
	be := binary.BigEndian
	k := Packet{
		Marker: p[1]&0x80 != 0, PayloadType: p[1] & 0x7F, Seq: be.Uint16(p[2:]), Timestamp: be.Uint32(p[4:]), SSRC: be.Uint32(p[8:]),
	}
	at := rtpHeader + 4*int(p[0]&0x0F)
	if len(p) < at {
		return Packet{}, &WireError{"RTP contributing sources: bytes", len(p), at}
	}
	if p[0]&0x10 != 0 {
		if len(p) < at+4 {
			return Packet{}, &WireError{"RTP extension header: bytes", len(p), at + 4}
		}
		at += 4 + 4*int(be.Uint16(p[at+2:]))
		if len(p) < at {
			return Packet{}, &WireError{"RTP extension: bytes", len(p), at}
		}
	}
	end := len(p)
	if p[0]&0x20 != 0 {
		// The last byte counts the padding, itself included.
		n := int(p[end-1])
		if n == 0 || n > end-at {
			return Packet{}, &WireError{"RTP padding: bytes", n, end - at}
		}
		end -= n
	}
	k.Payload = p[at:end]
	return k, nil
}

// IsRTCP reports whether a packet on a port that carries both is RTCP (RFC 5761, 4): its second byte is a packet type from 192
// to 223.
func IsRTCP(p []byte) bool { return len(p) >= 2 && p[0]>>6 == version && p[1] >= 192 && p[1] <= 223 }

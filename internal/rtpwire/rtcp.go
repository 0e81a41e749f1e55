package rtpwire

import (
	"encoding/binary"
	"iter"
	"time"
)

// SenderReport is what a sender says of its clocks (RFC 3550, 6.4.1).
type SenderReport struct {
	SSRC    uint32
	NTP     uint64 // seconds since 1900 by the sender's wall clock, 32.32 fixed point
	RTP     uint32 // the same moment as a timestamp of its packets
	Packets uint32 // sent so far
	Octets  uint32
}

// Time returns NTP in nanoseconds since 1900, or since 2036, when NTP's seconds begin anew.
func (r SenderReport) Time() int64 {
	return int64(r.NTP>>32)*int64(time.Second) + int64(r.NTP&0xFFFFFFFF*uint64(time.Second)>>32)
}

const (
	typeSR        = 200
	srBytes       = 28
	rtcpHeader    = 4
	compoundParts = 64 // in one compound packet; a datagram of 1,500 bytes has fewer
)

// Check reports what is wrong with a compound RTCP packet (RFC 3550, 6.1), as a *WireError.
func Check(p []byte) error {
	for part := 0; ; part++ {
		rest, err := split(p, part)
		if err != nil {
			return err
		}
		if len(rest) == 0 {
			return nil
		}
		p = rest
	}
}

func split(p []byte, part int) (rest []byte, err error) {
	switch {
	case len(p) < rtcpHeader:
		return nil, &WireError{"RTCP header: bytes", len(p), rtcpHeader}
	case p[0]>>6 != version:
		return nil, &WireError{"RTCP version", int(p[0] >> 6), version}
	case part == compoundParts:
		return nil, &WireError{"RTCP packets in one", part + 1, compoundParts}
	}
	n := rtcpHeader + 4*int(binary.BigEndian.Uint16(p[2:]))
	if n > len(p) {
		return nil, &WireError{"RTCP packet: bytes", len(p), n}
	}
	if p[1] == typeSR && n < srBytes {
		return nil, &WireError{"RTCP sender report: bytes", n, srBytes}
	}
	return p[n:], nil
}

// Reports goes over the sender reports of a compound RTCP packet, up to where it is malformed.
func Reports(p []byte) iter.Seq[SenderReport] {
	return func(yield func(SenderReport) bool) {
		be := binary.BigEndian
		for part := 0; len(p) > 0; part++ {
			rest, err := split(p, part)
			if err != nil {
				return
			}
			if p[1] == typeSR && !yield(SenderReport{
				SSRC: be.Uint32(p[4:]), NTP: be.Uint64(p[8:]), RTP: be.Uint32(p[16:]), Packets: be.Uint32(p[20:]), Octets: be.Uint32(p[24:]),
			}) {
				return
			}
			p = rest
		}
	}
}

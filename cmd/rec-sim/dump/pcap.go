package dump

import (
	"encoding/binary"
	"time"
)

// pcap reads libpcap's format (draft-ietf-opsawg-pcap):
//
//	 0        4         8       12        16        20          24
//	+--------+---------+-------+---------+---------+-----------+
//	| magic  | version | zone  | figures | snaplen | link type |
//	+--------+---------+-------+---------+---------+-----------+
//
// and then for each packet
//
//	 0         4        8          12         16
//	+---------+--------+----------+----------+------
//	| seconds | ticks  | captured | original | bytes
//	+---------+--------+----------+----------+------
//
// in the byte order of the machine that captured. The magic tells that, and whether ticks are micro- or nanoseconds.
type pcap struct {
	in    *input
	order binary.ByteOrder
	tick  time.Duration
	link  uint32
	head  [pcapRecord]byte
	buf   []byte
}

const (
	pcapMicro  = 0xA1B2C3D4
	pcapNano   = 0xA1B23C4D
	pcapHeader = 24
	pcapRecord = 16
	// captureMost is the length of a captured packet, libpcap's MAXIMUM_SNAPLEN.
	captureMost = 256 << 10
)

// pcapKind tells byte order and unit of time by the first four bytes.
func pcapKind(p []byte) (order binary.ByteOrder, tick time.Duration, ok bool) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(p) {
		case pcapMicro:
			return order, time.Microsecond, true
		case pcapNano:
			return order, time.Nanosecond, true
		}
	}
	return nil, 0, false
}

func openPCAP(in *input) (*pcap, error) {
	r := &pcap{in: in}
	var h [pcapHeader]byte
	if err := in.fill(h[:], "file header", false); err != nil {
		return nil, err
	}
	var ok bool
	if r.order, r.tick, ok = pcapKind(h[:]); !ok {
		return nil, in.wrong(0, "begins with % x, want one of pcap's magic numbers", h[:4])
	}
	if major := r.order.Uint16(h[4:]); major != 2 {
		return nil, in.wrong(4, "version %d, want 2", major)
	}
	// The upper bits say whether frames end with their checksum.
	r.link = r.order.Uint32(h[20:]) & 0xFFFF
	return r, nil
}

func (r *pcap) next() (frame, error) {
	f := frame{link: r.link, offset: r.in.offset}
	h := r.head[:] // not a local one, which would be allocated for each packet
	if err := r.in.fill(h, "header of a packet", true); err != nil {
		return f, err
	}
	captured, original := r.order.Uint32(h[8:]), r.order.Uint32(h[12:])
	if captured > captureMost {
		return f, r.in.wrong(f.offset+8, "packet of %d bytes, want at most %d", captured, captureMost)
	}
	f.cut = captured < original
	f.at = int64(r.order.Uint32(h[0:]))*int64(time.Second) + int64(r.order.Uint32(h[4:]))*int64(r.tick)
	r.buf = grow(r.buf, int(captured))
	f.data = r.buf
	return f, r.in.fill(f.data, "packet", false)
}

// grow returns a slice of n bytes, p's own if it is large enough.
func grow(p []byte, n int) []byte {
	if cap(p) < n {
		return make([]byte, n)
	}
	return p[:n]
}

package dump

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// pcapng reads draft-ietf-opsawg-pcapng: blocks, each with its length at both ends,
//
//	+------+--------+--------+--------+
//	| type | length | body … | length |
//	+------+--------+--------+--------+
//
// of which these count: the section's header, which tells the byte order; the descriptions of interfaces, which tell link type and
// unit of time; and the packets, enhanced or simple. All others are passed over.
type pcapng struct {
	in         *input
	order      binary.ByteOrder
	interfaces []captureInterface // of this section
	head       [12]byte
	buf        []byte
}

// captureInterface is what a packet's header leaves to its interface.
type captureInterface struct {
	link    uint32
	snaplen uint32 // 0 for no limit
	perSec  uint64 // ticks
	offset  int64  // seconds added to each time
}

const (
	blockSection   = 0x0A0D0D0A
	blockInterface = 1
	blockSimple    = 3
	blockEnhanced  = 6

	sectionMagic = 0x1A2B3C4D
	optionEnd    = 0
	optionTicks  = 9  // if_tsresol
	optionOffset = 14 // if_tsoffset

	// interfacesMost is how many interfaces a section may describe.
	interfacesMost = 1024
	// blockMost is the length of a block that is kept in memory: a packet and its options.
	blockMost = captureMost + 64<<10
)

func openPCAPNG(in *input) (*pcapng, error) { return &pcapng{in: in, order: binary.LittleEndian}, nil }

func (r *pcapng) next() (frame, error) {
	for {
		offset := r.in.offset
		h := r.head[:] // not a local one, which would be allocated for each block
		if err := r.in.fill(h[:8], "header of a block", true); err != nil {
			return frame{}, err
		}
		kind := r.order.Uint32(h[0:])
		if kind == blockSection {
			// The byte order may differ from the section before, and the length is in the new one.
			if err := r.in.fill(h[8:], "header of a section", false); err != nil {
				return frame{}, err
			}
			if err := r.section(h, offset); err != nil {
				return frame{}, err
			}
			continue
		}
		if offset == 0 {
			return frame{}, r.in.wrong(0, "begins with % x, want a section's header", h[:4])
		}
		length := r.order.Uint32(h[4:])
		if length < 12 || length%4 != 0 {
			return frame{}, r.in.wrong(offset+4, "block of %d bytes, want a multiple of 4, 12 or more", length)
		}
		if kind != blockInterface && kind != blockEnhanced && kind != blockSimple {
			if err := r.in.skip(int64(length)-8, "block"); err != nil {
				return frame{}, err
			}
			continue
		}
		if length > blockMost {
			return frame{}, r.in.wrong(offset+4, "block of %d bytes, want at most %d", length, blockMost)
		}
		r.buf = grow(r.buf, int(length)-8)
		if err := r.in.fill(r.buf, "block", false); err != nil {
			return frame{}, err
		}
		f, isPacket, err := r.block(kind, r.buf[:length-12], offset)
		if isPacket || err != nil {
			return f, err
		}
	}
}

// section begins a section: its interfaces are counted from 0 again. h is its type, length and magic.
func (r *pcapng) section(h []byte, offset int64) error {
	switch uint32(sectionMagic) {
	case binary.LittleEndian.Uint32(h[8:]):
		r.order = binary.LittleEndian
	case binary.BigEndian.Uint32(h[8:]):
		r.order = binary.BigEndian
	default:
		return r.in.wrong(offset+8, "byte order % x, want 1a2b3c4d either way", h[8:12])
	}
	length := r.order.Uint32(h[4:])
	if length < 28 || length%4 != 0 {
		return r.in.wrong(offset+4, "section header of %d bytes, want a multiple of 4, 28 or more", length)
	}
	r.interfaces = r.interfaces[:0]
	return r.in.skip(int64(length)-12, "header of a section")
}

// block reads the body of a block that counts.
func (r *pcapng) block(kind uint32, p []byte, offset int64) (f frame, isPacket bool, err error) {
	f.offset = offset
	switch kind {
	case blockInterface:
		if len(p) < 8 || len(r.interfaces) == interfacesMost {
			return f, false, r.in.wrong(offset, "interface %d described in %d bytes, want 8 or more, and at most %d interfaces", len(r.interfaces), len(p), interfacesMost)
		}
		i := captureInterface{link: uint32(r.order.Uint16(p)), snaplen: r.order.Uint32(p[4:]), perSec: 1e6}
		if !i.options(p[8:], r.order) {
			return f, false, r.in.wrong(offset, "interface %d with a unit of time that is no time", len(r.interfaces))
		}
		r.interfaces = append(r.interfaces, i)
		return f, false, nil
	case blockSimple:
		if len(p) < 4 || len(r.interfaces) == 0 {
			return f, false, r.in.wrong(offset, "simple packet of %d bytes on interface 0 of %d", len(p), len(r.interfaces))
		}
		original := r.order.Uint32(p)
		captured := original
		if limit := r.interfaces[0].snaplen; limit > 0 {
			captured = min(captured, limit)
		}
		f.at, f.link = unknownAt, r.interfaces[0].link
		return r.captured(f, p[4:], captured, original)
	}
	if len(p) < 20 {
		return f, false, r.in.wrong(offset, "packet with a header of %d bytes, want 20", len(p))
	}
	n := r.order.Uint32(p)
	if uint64(n) >= uint64(len(r.interfaces)) {
		return f, false, r.in.wrong(offset+8, "packet of interface %d, and %d are described", n, len(r.interfaces))
	}
	i := r.interfaces[n]
	f.at, f.link = i.time(uint64(r.order.Uint32(p[4:]))<<32|uint64(r.order.Uint32(p[8:]))), i.link
	return r.captured(f, p[20:], r.order.Uint32(p[12:]), r.order.Uint32(p[16:]))
}

func (r *pcapng) captured(f frame, p []byte, captured, original uint32) (frame, bool, error) {
	if uint64(captured) > uint64(len(p)) {
		return f, false, r.in.wrong(f.offset, "packet of %d bytes in a block with room for %d", captured, len(p))
	}
	f.data, f.cut = p[:captured], captured < original
	return f, true, nil
}

// options looks for the two that change times. It returns false for a unit that is none.
func (i *captureInterface) options(p []byte, order binary.ByteOrder) bool {
	for len(p) >= 4 {
		code, n := order.Uint16(p), int(order.Uint16(p[2:]))
		if p = p[4:]; n > len(p) || code == optionEnd {
			return true
		}
		switch {
		case code == optionTicks && n >= 1:
			// The highest bit says whether of ten or of two it is the negative power.
			exp := p[0] & 0x7F
			if p[0]&0x80 != 0 && exp < 64 {
				i.perSec = 1 << exp
			} else if p[0]&0x80 == 0 && exp < 20 {
				i.perSec = uint64(math.Pow10(int(exp)))
			} else {
				return false
			}
		case code == optionOffset && n >= 8:
			i.offset = int64(order.Uint64(p))
		}
		p = p[min((n+3)&^3, len(p)):]
	}
	return true
}

// time converts ticks to nanoseconds since 1970, as near as an int64 comes.
func (i *captureInterface) time(ticks uint64) int64 {
	hi, lo := bits.Mul64(ticks%i.perSec, 1e9)
	ns, _ := bits.Div64(hi, lo, i.perSec) // hi < perSec, as ticks%perSec < perSec and 1e9 < 2^64
	const most = math.MaxInt64 / int64(1e9)
	sec := int64(min(ticks/i.perSec, uint64(most)))
	if i.offset > 0 && sec > most-min(i.offset, most) {
		sec = most
	} else {
		sec = max(sec+max(i.offset, -most), 0)
	}
	if sec >= most {
		return math.MaxInt64
	}
	return sec*1e9 + int64(ns)
}

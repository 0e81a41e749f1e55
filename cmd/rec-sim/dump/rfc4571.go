package dump

import "encoding/binary"

// framed reads RFC 4571, section 2:
//
//	0        2
//	+--------+------------------+--------+----
//	| LENGTH | RTP or RTCP …    | LENGTH | …
//	+--------+------------------+--------+----
//
// LENGTH is big-endian and doesn't count itself. Of 0 it is a null packet, to be ignored.
type framed struct {
	in  *input
	buf [1 << 16]byte
}

func (r *framed) next() (frame, error) {
	f := frame{at: unknownAt, offset: r.in.offset}
	if err := r.in.fill(r.buf[:2], "length of a packet", true); err != nil {
		return f, err
	}
	f.data = r.buf[:binary.BigEndian.Uint16(r.buf[:])]
	return f, r.in.fill(f.data, "packet", false)
}

package codec

import "encoding/binary"

// g711 decodes ITU-T G.711, one byte a sample.
type g711 struct {
	alone
	table    *[256]int16
	channels int
	name     string
}

func (g *g711) ClockRate() int { return g711Rate }
func (g *g711) String() string { return g.name }

func (g *g711) Duration(p []byte) (int, error) {
	if len(p) == 0 || len(p)%g.channels != 0 {
		return 0, &PayloadError{g.name, len(p), "want whole sample frames"}
	}
	return len(p) / g.channels, nil
}

func (g *g711) Decode(dst, p []byte) (int, error) {
	n, err := g.Duration(p)
	if err == nil {
		err = fits(g.name, dst, n, g.channels)
	}
	if err != nil {
		return 0, err
	}
	for i, b := range p {
		binary.LittleEndian.PutUint16(dst[2*i:], uint16(g.table[b]))
	}
	return n, nil
}

var muLaw, aLaw = g711Tables()

// g711Tables computes the two laws: sign, three bits of segment, four bits within it. A code stands for the middle of its
// interval (G.711, tables 1 and 2), scaled from 14 and 13 bits to 16.
func g711Tables() (mu, a [256]int16) {
	for code := range 256 {
		// µ-law sends all bits inverted, and counts from −33 so that each segment is twice the one before.
		u := ^code & 0xFF
		v := ((u&0x0F)<<1+33)<<(u>>4&7) - 33
		if u&0x80 != 0 {
			v = -v
		}
		mu[code] = int16(v << 2)
		// A-law sends every other bit inverted; its first two segments are alike.
		x := code ^ 0x55
		v = (x&0x0F)<<1 + 1
		if seg := x >> 4 & 7; seg > 0 {
			v = (v + 32) << (seg - 1)
		}
		if x&0x80 == 0 {
			v = -v
		}
		a[code] = int16(v << 3)
	}
	return mu, a
}

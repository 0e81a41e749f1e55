package checksum

import "fmt"

// Polynomials of degree below 64 over GF(2) are kept reflected, the way the CRC register keeps them:
//
//	bit   63   62   61  …   2     1     0
//	      x^0  x^1  x^2 …  x^61  x^62  x^63
//
// so that multiplying by x is a shift to the right, and what falls out of bit 0 is x^64.

// generator is the low part of the generator polynomial, reflected: x^64 is congruent to it.
const generator = 0x9a6c9329ac4bc9b5

// one is the polynomial 1.
const one = uint64(1) << 63

// reduce4[n] is what the four bits n, shifted out at the right end of a register, are congruent to.
var reduce4 = func() (t [16]uint64) {
	for n := range t {
		t[n] = timesX(timesX(timesX(timesX(uint64(n)))))
	}
	return t
}()

// bytePower[k][d] is x^(8·d·16^k): the factor for the hexadecimal digit d at position k of a length in bytes. Two
// kilobytes, so that it stays in the first-level cache; one multiplication for each digit that is not zero.
var bytePower = func() (t [16][16]uint64) {
	step := one
	for range 8 {
		step = timesX(step) // x^8, one byte
	}
	for k := range t {
		t[k][0] = one
		for d := 1; d < 16; d++ {
			t[k][d] = multiply(t[k][d-1], step)
		}
		step = multiply(t[k][15], step) // the sixteenth of this digit is the first of the next
	}
	return t
}()

// timesX returns p·x modulo the generator.
func timesX(p uint64) uint64 {
	return p>>1 ^ generator&-(p&1)
}

// multiply returns p·q modulo the generator, four coefficients of q at a time from the highest power down (Horner).
// It does not run in constant time, and has no secrets.
func multiply(p, q uint64) uint64 {
	// by[n] is p times the polynomial of degree below four whose reflected bits are n.
	var by [16]uint64
	p1 := timesX(p)
	p2 := timesX(p1)
	p3 := timesX(p2)
	by[1], by[2], by[4], by[8] = p3, p2, p1, p
	by[3] = p3 ^ p2
	by[5], by[6], by[7] = p3^p1, p2^p1, by[3]^p1
	for n := 1; n < 8; n++ {
		by[8+n] = by[n] ^ p
	}

	var r uint64
	for range 16 {
		r = r>>4 ^ reduce4[r&15] ^ by[q&15]
		q >>= 4
	}
	return r
}

// shift returns p·x^(8n): the remainder p moved past n bytes.
func shift(p uint64, n int64) uint64 {
	if n < 0 {
		panic(fmt.Sprintf("checksum: length %d, want at least 0", n))
	}
	for k := 0; n != 0; k++ {
		if d := n & 15; d != 0 {
			p = multiply(p, bytePower[k&15][d]) // k stays below 16: n has 16 digits
		}
		n >>= 4
	}
	return p
}

package level

import (
	"encoding/binary"
	"math"
)

// plain is the kernel for any processor, and what the others are compared with.
//
// A kernel returns the largest magnitude and the sum of the squares of the 16-bit little-endian samples in p. The length
// of p is even, and below 2^35 bytes: a square is at most 2^30, so fewer than 2^34 of them fit 64 bits. Kernels are the
// only code here that touches samples. Both results are exact integers, so kernels can't differ by a rounding.
//
// The largest magnitude is found as the largest square, which has to be computed anyway, and its root is taken once at
// the end: one comparison a sample, and no special case for -32768. Four sums and four maxima, because a chain through
// a single one would wait for itself at each sample.
func plain(p []byte) (peak uint32, sumsq uint64) {
	var max0, max1, max2, max3 uint32
	var sum0, sum1, sum2, sum3 uint64
	for len(p) >= 16 {
		q := (*[16]byte)(p) // a known length: no bounds are checked below
		a := square(binary.LittleEndian.Uint16(q[0:2]))
		b := square(binary.LittleEndian.Uint16(q[2:4]))
		c := square(binary.LittleEndian.Uint16(q[4:6]))
		d := square(binary.LittleEndian.Uint16(q[6:8]))
		sum0 += uint64(a + b) // at most 2^31, so two fit before widening
		sum1 += uint64(c + d)
		max0 = max(max0, a)
		max1 = max(max1, b)
		max2 = max(max2, c)
		max3 = max(max3, d)

		a = square(binary.LittleEndian.Uint16(q[8:10]))
		b = square(binary.LittleEndian.Uint16(q[10:12]))
		c = square(binary.LittleEndian.Uint16(q[12:14]))
		d = square(binary.LittleEndian.Uint16(q[14:16]))
		sum2 += uint64(a + b)
		sum3 += uint64(c + d)
		max0 = max(max0, a)
		max1 = max(max1, b)
		max2 = max(max2, c)
		max3 = max(max3, d)
		p = p[16:]
	}
	for len(p) >= 2 {
		a := square(binary.LittleEndian.Uint16(p))
		sum0 += uint64(a)
		max0 = max(max0, a)
		p = p[2:]
	}
	// The root of a perfect square below 2^53 is exact in a float64 (IEEE 754 rounds square roots correctly).
	largest := max(max0, max1, max2, max3)
	return uint32(math.Sqrt(float64(largest))), sum0 + sum1 + sum2 + sum3
}

// square returns the square of the sample with the bits s, at most 2^30.
func square(s uint16) uint32 {
	v := int32(int16(s))
	return uint32(v * v)
}

package checksum

import "github.com/minio/crc64nvme"

// Update returns the CRC of A||p, where crc is the CRC of A. The CRC of no bytes is 0, so Update(0, p) is the CRC of p.
//
// It runs at memory speed where the processor multiplies without carry (amd64 and arm64), and at some GB/s elsewhere.
func Update(crc uint64, p []byte) uint64 {
	return crc64nvme.Update(crc, p)
}

// Combine returns the CRC of A||B from a, the CRC of A, b, the CRC of B, and lenB, the length of B in bytes. It takes
// time proportional to the number of digits of lenB.
//
// The start and end inversions of the two parts cancel: ~a ends A and ~0 starts B, and both are moved over the same
// distance, so the plain values can be used as they are.
//
// Combine panics if lenB is negative: any answer would be a checksum of something that does not exist, and would be
// found only when the recording is needed.
func Combine(a, b uint64, lenB int64) uint64 {
	return shift(a, lenB) ^ b
}

// Zeros returns the CRC of A followed by n zero bytes, where crc is the CRC of A. It takes time proportional to the
// number of digits of n, so a hole of terabytes costs what a hole of kilobytes does.
//
// Zeros panics if n is negative, for the reason given at [Combine].
func Zeros(crc uint64, n int64) uint64 {
	// A zero byte adds nothing to the remainder and moves it by x^8; but it is the register that moves, and the register
	// is the inverse of the published value.
	return ^shift(^crc, n)
}

func init() {
	// The library builds its table for short inputs on first use. Here, so that the first frame of audio does not pay.
	crc64nvme.Update(0, nil)
}

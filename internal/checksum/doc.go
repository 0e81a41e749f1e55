// Package checksum computes the CRC-64/NVME of a recording from the CRCs of its parts, so that a file of any length is
// summed while it is written and never read back.
//
// # The model
//
// A CRC is the remainder of a polynomial over GF(2), and remainders add. Let A||B be the bytes of A followed by those
// of B. The CRC of A||B is the CRC of A moved past the length of B, plus the CRC of B; moving past n bytes is one
// multiplication by x^(8n) modulo the generator. Three things the recorder does follow from it:
//
//   - the samples are summed as they are staged, the header is summed when it is final, and [Combine] joins the two
//     although the header comes first in the file;
//   - silence is a hole in the file that nobody writes, and [Zeros] accounts for it in the same time whether it lasted
//     a millisecond or a night;
//   - a mark written at each sync carries the CRC of the stretch since the last, and the stretches join in any grouping.
//
// # The parameters
//
// CRC-64/NVME is the "64b CRC" of the NVM Express NVM Command Set Specification. In the usual notation for CRCs:
//
//	width 64  poly 0xad93d23594c93659  init ~0  refin  refout  xorout ~0  check("123456789") 0xae8b14860a799888
//
// It is what S3 verifies on upload under the name CRC64NVME; S3 writes it as base64 of the eight bytes, highest first,
// and we write those bytes in hexadecimal ([Hex]).
//
// A CRC finds accidents: every burst of damage up to 64 bits long, and nearly all others (one in 2^64 would pass). It is
// no defence against somebody who wants two files to look alike.
//
// No function here allocates, except ParseHex when it fails.
package checksum

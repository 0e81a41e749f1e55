package checksum

import "fmt"

const digits = "0123456789abcdef"

// Hex returns crc as 16 lower-case hexadecimal digits, the highest first: the spelling used in manifests.
func Hex(crc uint64) string {
	var s [16]byte
	for i := range s {
		s[i] = digits[crc>>(60-4*i)&15]
	}
	return string(s[:])
}

// A HexError says that a string is not what [Hex] writes.
type HexError struct {
	Text string // what was given
}

func (e *HexError) Error() string {
	const most = 32 // enough to recognise it by; the text may be anything, of any length
	if len(e.Text) > most {
		return fmt.Sprintf("checksum: parse %q…: %d bytes, want 16 lower-case hexadecimal digits", e.Text[:most], len(e.Text))
	}
	return fmt.Sprintf("checksum: parse %q: want 16 lower-case hexadecimal digits", e.Text)
}

// ParseHex is the inverse of [Hex]. It accepts exactly what Hex writes and nothing else (no prefix, no capitals, no
// missing zeros), so that two equal checksums are equal as strings too. Its error is a *[HexError].
func ParseHex(s string) (uint64, error) {
	if len(s) != 16 {
		return 0, &HexError{Text: s}
	}
	var crc uint64
	for i := range len(s) {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, &HexError{Text: s}
		}
		crc = crc<<4 | uint64(c)
	}
	return crc, nil
}

package checksum

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestHexRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		crc := rapid.Uint64().Draw(t, "crc")
		s := Hex(crc)
		if want := fmt.Sprintf("%016x", crc); s != want {
			t.Fatalf("Hex(%#x) = %q, want %q", crc, s, want)
		}
		if got, err := ParseHex(s); err != nil || got != crc {
			t.Fatalf("ParseHex(%q) = %#x, %v", s, got, err)
		}
	})
}

func TestParseHexRefuses(t *testing.T) {
	for _, s := range []string{
		"",
		"ae8b14860a79988",        // a digit short
		"ae8b14860a7998880",      // a digit long
		"AE8B14860A799888",       // capitals
		"0xae8b14860a7998",       // a prefix
		"ae8b14860a79988g",       // past f
		"ae8b14860a79988/",       // before 0
		"ae8b14860a79988:",       // past 9
		"ae8b14860a79988`",       // before a
		" e8b14860a799888",       // space
		"ae8b_4860_a79988",       // Go's separators
		strings.Repeat("a", 1e4), // long
	} {
		_, err := ParseHex(s)
		var he *HexError
		if !errors.As(err, &he) || he.Text != s {
			t.Errorf("ParseHex(%.20q) = %v, want a HexError with the text", s, err)
			continue
		}
		if msg := err.Error(); len(msg) > 150 || !strings.Contains(msg, "want 16") {
			t.Errorf("message of %d bytes: %.200s", len(msg), msg)
		}
	}
}

func FuzzParseHex(f *testing.F) {
	f.Add("ae8b14860a799888")
	f.Add("ae8b14860a79988:")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		crc, err := ParseHex(s)
		if err == nil && Hex(crc) != s {
			t.Fatalf("ParseHex(%q) = %#x, which is spelled %q", s, crc, Hex(crc))
		}
	})
}

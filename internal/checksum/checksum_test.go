package checksum

import (
	"hash/crc64"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// oracle is the standard library's bit-serial table, told the generator and nothing else of ours.
var oracle = crc64.MakeTable(generator)

func TestCheckValue(t *testing.T) {
	if got := Update(0, []byte("123456789")); got != 0xAE8B14860A799888 {
		t.Fatalf("Update = %#x, want the catalogue's 0xAE8B14860A799888", got)
	}
	if got := Update(0, nil); got != 0 {
		t.Fatalf("CRC of nothing = %#x, want 0", got)
	}
}

func TestUpdateEqualsStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		crc := rapid.Uint64().Draw(t, "crc")
		// Beyond 1 KiB the library changes to its widest kernel; the offset breaks alignment.
		p := rapid.SliceOfN(rapid.Byte(), 0, 5000).Draw(t, "p")
		p = p[rapid.IntRange(0, min(17, len(p))).Draw(t, "offset"):]
		if got, want := Update(crc, p), crc64.Update(crc, oracle, p); got != want {
			t.Fatalf("Update(%#x, %d bytes) = %#x, want %#x", crc, len(p), got, want)
		}
	})
}

func TestCombineEqualsSumOfWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "whole")
		cut := rapid.IntRange(0, len(whole)).Draw(t, "cut")
		a, b := crc64.Checksum(whole[:cut], oracle), crc64.Checksum(whole[cut:], oracle)
		if got, want := Combine(a, b, int64(len(whole)-cut)), crc64.Checksum(whole, oracle); got != want {
			t.Fatalf("Combine at %d of %d = %#x, want %#x", cut, len(whole), got, want)
		}
	})
}

// Stretches between marks are joined in whatever order recovery meets them.
func TestCombineIsAssociative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := rapid.Uint64().Draw(t, "a"), rapid.Uint64().Draw(t, "b"), rapid.Uint64().Draw(t, "c")
		lenB := rapid.Int64Range(0, math.MaxInt64/2).Draw(t, "lenB")
		lenC := rapid.Int64Range(0, math.MaxInt64/2).Draw(t, "lenC")
		left := Combine(Combine(a, b, lenB), c, lenC)
		right := Combine(a, Combine(b, c, lenC), lenB+lenC)
		if left != right {
			t.Fatalf("(ab)c = %#x, a(bc) = %#x for lengths %d, %d", left, right, lenB, lenC)
		}
	})
}

func TestZerosEqualsWrittenZeros(t *testing.T) {
	zeros := make([]byte, 70000) // five hexadecimal digits of length
	rapid.Check(t, func(t *rapid.T) {
		crc := rapid.Uint64().Draw(t, "crc")
		n := rapid.IntRange(0, len(zeros)).Draw(t, "n")
		if got, want := Zeros(crc, int64(n)), crc64.Update(crc, oracle, zeros[:n]); got != want {
			t.Fatalf("Zeros(%#x, %d) = %#x, want %#x", crc, n, got, want)
		}
	})
}

// Lengths nobody can write out in a test are tied to those above by addition.
func TestZerosAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		crc := rapid.Uint64().Draw(t, "crc")
		n := rapid.Int64Range(0, math.MaxInt64/2).Draw(t, "n")
		m := rapid.Int64Range(0, math.MaxInt64/2).Draw(t, "m")
		want := Zeros(crc, n+m)
		if got := Zeros(Zeros(crc, n), m); got != want {
			t.Fatalf("Zeros(Zeros(%#x, %d), %d) = %#x, want %#x", crc, n, m, got, want)
		}
		if got := Combine(Zeros(crc, n), Zeros(0, m), m); got != want {
			t.Fatalf("Combine with %d zeros after %d = %#x, want %#x", m, n, got, want)
		}
	})
}

func TestNegativeLengthPanics(t *testing.T) {
	for name, call := range map[string]func(){
		"Combine": func() { Combine(1, 2, -1) },
		"Zeros":   func() { Zeros(1, math.MinInt64) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s with a negative length returned", name)
				}
			}()
			call()
		}()
	}
}

func TestNothingAllocates(t *testing.T) {
	p := make([]byte, 4097)
	for name, call := range map[string]func(){
		"Update":  func() { sink = Update(sink, p[1:]) },
		"Combine": func() { sink = Combine(sink, 1, math.MaxInt64) },
		"Zeros":   func() { sink = Zeros(sink, math.MaxInt64) },
		"ParseHex": func() {
			if _, err := ParseHex("ae8b14860a799888"); err != nil {
				t.Error(err)
			}
		},
	} {
		if n := testing.AllocsPerRun(100, call); n != 0 {
			t.Errorf("%s: %v allocations a call, want 0", name, n)
		}
	}
}

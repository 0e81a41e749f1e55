package checksum

import (
	"testing"

	"pgregory.net/rapid"
)

// slowMultiply is the definition: the sum of p·x^i over the coefficients i of q.
func slowMultiply(p, q uint64) (r uint64) {
	for bit := one; bit != 0; bit >>= 1 {
		if q&bit != 0 {
			r ^= p
		}
		p = timesX(p)
	}
	return r
}

func TestMultiplyEqualsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, q := rapid.Uint64().Draw(t, "p"), rapid.Uint64().Draw(t, "q")
		if got, want := multiply(p, q), slowMultiply(p, q); got != want {
			t.Fatalf("multiply(%#x, %#x) = %#x, want %#x", p, q, got, want)
		}
	})
}

func TestFieldElements(t *testing.T) {
	for _, row := range []struct {
		name       string
		p, q, want uint64
	}{
		{"one is neutral", 0x123456789abcdef0, one, 0x123456789abcdef0},
		{"zero absorbs", 0x123456789abcdef0, 0, 0},
		{"x63 times x is the generator", 1, one >> 1, generator},
		{"x times x", one >> 1, one >> 1, one >> 2},
	} {
		if got := multiply(row.p, row.q); got != row.want {
			t.Errorf("%s: %#x, want %#x", row.name, got, row.want)
		}
		if got := multiply(row.q, row.p); got != row.want {
			t.Errorf("%s, exchanged: %#x, want %#x", row.name, got, row.want)
		}
	}
}

// Every entry of the table, reached by squaring instead of by the table's own recurrence.
func TestBytePowers(t *testing.T) {
	square := one >> 8 // x^8
	for k := range bytePower {
		for d := range uint64(16) {
			want := one
			for range d {
				want = slowMultiply(want, square)
			}
			if bytePower[k][d] != want {
				t.Fatalf("bytePower[%d][%d] = %#x, want %#x", k, d, bytePower[k][d], want)
			}
		}
		for range 4 {
			square = slowMultiply(square, square)
		}
	}
}

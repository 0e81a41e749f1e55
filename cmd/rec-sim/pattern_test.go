package main

import (
	"encoding/binary"
	"testing"

	"github.com/ilenia-live/rec/cmd/rec-sim/judge"
	"pgregory.net/rapid"
)

// TestPatternFormula holds the fast generator against the formula as it is written down, and against the judge's.
func TestPatternFormula(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.Uint32().Draw(t, "ordinal")
		pos := rapid.Int64Range(0, 1<<40).Draw(t, "pos")
		n := rapid.Int64Range(0, 70).Draw(t, "n")
		buf := make([]byte, 2*n+16)
		got := pattern(c).pcm(buf, pos, n)
		if int64(len(got)) != 2*n {
			t.Fatalf("%d bytes for %d samples", len(got), n)
		}
		for k := range n {
			i := pos + k
			want := int16(uint16((uint32(i)*2654435761 + c*40503) >> 16))
			have := int16(binary.LittleEndian.Uint16(got[2*k:]))
			if have != want {
				t.Fatalf("sample %d of ordinal %d is %d, want %d", i, c, have, want)
			}
			if j := judge.Sample(int(c), i); j != want {
				t.Fatalf("the judge says %d for sample %d of ordinal %d, want %d", j, i, c, want)
			}
		}
	})
}

// TestPatternKnownSamples pins the contract to numbers that were worked out by hand.
func TestPatternKnownSamples(t *testing.T) {
	buf := make([]byte, 16)
	for _, row := range []struct {
		c    pattern
		i    int64
		want int16
	}{
		{0, 0, 0},
		{0, 1, -25033},  // 2654435761 >> 16 is 40503
		{1, 0, 0},       // 40503 >> 16
		{2, 0, 1},       // 81006 >> 16
		{1, 1, -25032},  // 2654476264 >> 16 is 40504
		{0, 1 << 32, 0}, // wraps
	} {
		if got := int16(binary.LittleEndian.Uint16(row.c.pcm(buf, row.i, 1))); got != row.want {
			t.Errorf("sample %d of ordinal %d is %d, want %d", row.i, row.c, got, row.want)
		}
	}
}

func BenchmarkPattern(b *testing.B) {
	buf := make([]byte, 1920)
	b.SetBytes(1920)
	b.ReportAllocs()
	for i := range b.N {
		pattern(7).pcm(buf, int64(i), 960)
	}
}

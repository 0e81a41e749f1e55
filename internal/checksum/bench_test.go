package checksum

import (
	"fmt"
	"math"
	"testing"
)

// sink keeps the compiler from dropping what is measured, and chains the calls so that latency counts.
var sink uint64

func BenchmarkUpdate(b *testing.B) {
	for _, size := range []int{1920, 65536, 1 << 20} { // 1920: 20 ms at 48 kHz
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			p := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				sink = Update(sink, p)
			}
		})
	}
}

// 96000: a second at 48 kHz. 345600000: an hour. 0x7fff…: every digit counts.
var lengths = []int64{1, 96000, 345600000, math.MaxInt64}

func BenchmarkCombine(b *testing.B) {
	for _, n := range lengths {
		b.Run(fmt.Sprintf("bytes=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = Combine(sink, 0x9a6c9329ac4bc9b5, n)
			}
		})
	}
}

func BenchmarkZeros(b *testing.B) {
	for _, n := range lengths {
		b.Run(fmt.Sprintf("bytes=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = Zeros(sink, n)
			}
		})
	}
}

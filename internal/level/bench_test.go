package level

import (
	"fmt"
	"testing"
	"time"
)

// frames are what a channel hands over at a time. 20 ms at 44.1 kHz are no multiple of any register.
var frames = []struct {
	length time.Duration
	rate   int
}{
	{20 * time.Millisecond, 48000},
	{20 * time.Millisecond, 44100},
	{20 * time.Millisecond, 8000},
	{time.Second, 48000},
}

// sink keeps the compiler from dropping what is measured.
var sink uint64

// BenchmarkAdd is what the recorder calls. The samples are in the nearest cache, as they are right after being copied.
func BenchmarkAdd(b *testing.B) {
	for _, f := range frames {
		b.Run(fmt.Sprintf("frame=%v/rate=%d", f.length, f.rate), func(b *testing.B) {
			samples := int(f.length.Seconds() * float64(f.rate))
			p := pcm(sine(samples, 20000, 7)...)
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			var m Meter
			for b.Loop() {
				m.Add(p)
			}
			report(b, samples, f.rate)
		})
	}
}

// BenchmarkKernel is what Add would cost with each kernel that this processor can run.
func BenchmarkKernel(b *testing.B) {
	for _, c := range candidates {
		for _, f := range frames {
			b.Run(fmt.Sprintf("kernel=%s/frame=%v/rate=%d", c.name, f.length, f.rate), func(b *testing.B) {
				samples := int(f.length.Seconds() * float64(f.rate))
				p := pcm(sine(samples, 20000, 7)...)
				b.SetBytes(int64(len(p)))
				b.ReportAllocs()
				for b.Loop() {
					_, sumsq := c.run(p)
					sink += sumsq
				}
				report(b, samples, f.rate)
			})
		}
	}
}

// report prints the cost of a sample, and of a channel of one hour.
func report(b *testing.B, samples, rate int) {
	ns := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(samples)
	b.ReportMetric(ns, "ns/sample")
	b.ReportMetric(ns*float64(rate)*3600/1e9, "s/channel-hour")
}

package level

import (
	"fmt"
	"testing"
	"time"
)

// frames are what a channel hands over at a time. 20 ms at 44.1 kHz are no multiple of any register; ten minutes don't fit
// most caches, and show what samples cost that come from memory.
var frames = []struct {
	length time.Duration
	rate   int
}{
	{20 * time.Millisecond, 48000},
	{20 * time.Millisecond, 44100},
	{20 * time.Millisecond, 8000},
	{time.Second, 48000},
	{10 * time.Minute, 48000},
}

// sink keeps the compiler from dropping what is measured.
var sink uint64

// BenchmarkAdd is what the recorder calls.
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

// BenchmarkSpeedup is how many times faster than the one in Go a kernel is, measured by turns in one run. The fastest turn
// of each counts: a machine with other work interrupts the slow one more often, which would flatter the fast one.
func BenchmarkSpeedup(b *testing.B) {
	for _, c := range native() {
		for _, f := range frames {
			b.Run(fmt.Sprintf("kernel=%s/frame=%v/rate=%d", c.name, f.length, f.rate), func(b *testing.B) {
				samples := int(f.length.Seconds() * float64(f.rate))
				p := pcm(sine(samples, 20000, 7)...)
				times := max(1, 1_000_000/len(p)) // long beside reading the clock
				fast, slow := time.Hour, time.Hour
				for b.Loop() {
					fast = min(fast, turn(c, p, times))
					slow = min(slow, turn(candidate{"go", plain}, p, times))
				}
				measured := float64(times) * float64(samples)
				b.ReportMetric(float64(slow)/float64(fast), "go/"+c.name)
				b.ReportMetric(float64(slow)/measured, "go-ns/sample")
				b.ReportMetric(float64(fast)/measured, c.name+"-ns/sample")
			})
		}
	}
}

// turn returns how long a kernel takes for p that many times.
func turn(c candidate, p []byte, times int) time.Duration {
	start := time.Now()
	for range times {
		_, sumsq := c.run(p)
		sink += sumsq
	}
	return time.Since(start)
}

// report prints the cost of a sample, and of a channel of one hour.
func report(b *testing.B, samples, rate int) {
	ns := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(samples)
	b.ReportMetric(ns, "ns/sample")
	b.ReportMetric(ns*float64(rate)*3600/1e9, "s/channel-hour")
}

package main

import (
	"fmt"
	"io"
	"runtime"
)

// writeBenchstat prints a line for each measurement, in the form of go test -bench; an operation is a frame.
// https://go.googlesource.com/proposal/+/master/design/14313-benchmark-format.md
func (r *report) writeBenchstat(w io.Writer) error {
	fmt.Fprintf(w, "goos: %s\ngoarch: %s\npkg: github.com/ilenia-live/rec/benchmarks\ncpu: %s\n", runtime.GOOS, runtime.GOARCH, r.Machine.Processor)
	for _, e := range r.Entries {
		for _, m := range e.Rounds {
			n := float64(m.Frames)
			fmt.Fprintf(w, "BenchmarkFrame/%s-%d\t%d\t%.1f ns/op\t%.1f cpu-ns/op\t%.1f MB/s\t%.0f rss-B/channel\t%.3f allocs/op\n",
				e.Name, r.Machine.Cores, m.Frames, m.Write.Wall*1e9/n, m.Write.CPU*1e9/n, m.rate()/1e6, m.rss(), m.allocs())
		}
	}
	for _, by := range []struct {
		name  string
		rates []float64
	}{{"go", r.Sequential.Go}, {"fio", r.Sequential.Fio}} {
		for _, rate := range by.rates {
			fmt.Fprintf(w, "BenchmarkSequential/by=%s-%d\t1\t%.0f ns/op\t%.1f MB/s\n", by.name, r.Machine.Cores, float64(r.Sequential.Size)/rate*1e9, rate/1e6)
		}
	}
	return nil
}

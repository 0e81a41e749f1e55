package main

import (
	"strings"
	"testing"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/benchmarks/orphans"
)

// sampleResults hold every target, by a little.
func sampleResults() *results {
	write := live.Distribution{Count: 10, P50: 0.49, P99: 1.9, P999: 49}
	full := func(volume bool) live.Result {
		return live.Result{Task: live.Task{Channels: 2000, Volume: volume}, Write: write}
	}
	paced := func(cpu float64) live.Result {
		t := live.Task{Channels: 3600, Seconds: 1, RealTime: true} // one channel-hour
		return live.Result{Task: t, Write: write, Feed: live.Spent{CPU: cpu, Machine: 2 * cpu}, Memory: live.Memory{Process: 3600 * 40 << 10, Staging: 3600 * 60 << 10, Tables: 3600 * 9 << 10}}
	}
	together, loop, small := paced(0.45), paced(0.06), paced(9)
	together.Task.Volume, loop.Task.Nothing, small.Task.Buffer = true, true, smallBuffer
	scale := func(volume bool) live.Result {
		return live.Result{Task: live.Task{Channels: 5000, Volume: volume}, Recovery: live.Distribution{P99: 1199}}
	}
	all := func(r ...live.Result) *stored[[]live.Result] { return &stored[[]live.Result]{Result: r} }
	return &results{
		Peers: &stored[*report]{Result: &report{Ratios: []quoted{
			{ID: ratioWAVFiles, Value: 12.1, Machine: 9.5}, {ID: ratioWAVVolume, Value: 20.1}, {ID: ratioVolumeBufio, Value: 1.29}, {ID: ratioFilesFio, Value: 0.81}, {ID: ratioVolumeFio, Value: 0.81},
		}}},
		Latency: all(full(false), full(true)), RealTime: all(paced(0.5), together, loop, small), Scale: all(scale(false), scale(true)),
		Ends:    all(live.Result{Ended: live.Distribution{P99: 49}}),
		Orphans: &stored[orphans.Result]{Result: orphans.Result{Spent: live.Spent{Wall: 14.9}}},
		Go:      &stored[[]printed]{Result: []printed{{Text: "BenchmarkWritePCMAt/rate=48000/frame=20ms-2  	100000	 143.7 ns/op	 13358.49 MB/s	       0 B/op	       0 allocs/op\n"}}},
	}
}

func lines(r *results) []string {
	var b strings.Builder
	r.targetTable().markdown(&b)
	return strings.Split(strings.TrimSpace(b.String()), "\n")[2:]
}

func TestTargetsHold(t *testing.T) {
	for _, line := range lines(sampleResults()) {
		if !strings.Contains(line, "| holds |") {
			t.Error(line)
		}
	}
	for _, want := range []string{"0.440 s (0.880 by the machine's account)", "12.1× (9.50 by the machine's account)", "109 KiB"} {
		if !strings.Contains(strings.Join(lines(sampleResults()), "\n"), want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestTargetsAreMissed(t *testing.T) {
	r := sampleResults()
	for i := range r.Peers.Result.Ratios {
		q := &r.Peers.Result.Ratios[i]
		if q.ID == ratioVolumeBufio {
			q.Value *= 2
		} else {
			q.Value /= 2
		}
	}
	for _, part := range []*stored[[]live.Result]{r.Latency, r.RealTime, r.Scale, r.Ends} {
		for i := range part.Result {
			one := &part.Result[i]
			one.Write.P50, one.Write.P99, one.Write.P999 = 1, 3, 99
			one.Late, one.Recovery.P99, one.Ended.P99 = 1, 1300, 51
			one.Memory.Staging *= 2
			if !one.Task.Nothing {
				one.Feed.CPU *= 2
			}
		}
	}
	r.Orphans.Result.Wall = 15.1
	r.Go.Result[0].Text += "BenchmarkWritePCMAt/rate=48000/frame=20ms-2  	100000	 143.7 ns/op	       8 B/op	       1 allocs/op\n"
	for _, line := range lines(r) {
		if !strings.Contains(line, "| **no** |") {
			t.Error(line)
		}
	}
}

func TestTargetsThatWereNotMeasured(t *testing.T) {
	got := lines(&results{})
	if len(got) != len(targets) {
		t.Errorf("%d lines for %d targets", len(got), len(targets))
	}
	for _, line := range got {
		if !strings.Contains(line, "| not measured |  |") {
			t.Error(line)
		}
	}
}

func TestGrowth(t *testing.T) {
	all := func(values ...float64) *growthPoint {
		p := &growthPoint{}
		for _, v := range values {
			p.Rounds = append(p.Rounds, growthCost{CPU: v})
		}
		return p
	}
	if got := spreadOf([]*growthPoint{all(1, 9, 2), all(3, 3, 3), all(5, 1, 1)}, cpuOf); got != 3 {
		t.Errorf("the dearest is %g × the cheapest, want 3", got)
	}
	g := newGrowth(1)
	if most := g.Channels[len(g.Channels)-1].Task; most.Channels != 10000 || most.Bytes() > 4e9 {
		t.Errorf("%+v", most)
	}
	if longest := g.Lengths[len(g.Lengths)-1].Task; longest.Seconds != 6*3600 || longest.Bytes() > 4e9 {
		t.Errorf("%+v", longest)
	}
}

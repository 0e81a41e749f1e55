package main

import (
	"fmt"
	"runtime"

	"github.com/ilenia-live/rec/benchmarks/live"
)

// disturbing is the share of the machine that others may take before a measurement says less than it seems to.
const disturbing = 0.02

// disturbed says how much of the machine others had in the worst of some measurements, where that is worth saying.
func disturbed(cores int, shares ...float64) string {
	worst := 0.0
	for _, s := range shares {
		worst = max(worst, s/float64(cores))
	}
	if worst < disturbing {
		return ""
	}
	return fmt.Sprintf("Disturbed: other processes took up to %.0f %% of the machine meanwhile.", 100*worst)
}

// othersOf is how many processors others had while a task was fed.
func othersOf(r live.Result) float64 { return r.Feed.Others / r.Feed.Wall }

func (m measurement) others() float64 { return m.Others / m.Settled }

// hereDisturbed is for what was measured on this machine a moment ago.
func hereDisturbed(shares ...float64) string { return disturbed(runtime.NumCPU(), shares...) }

package main

import (
	"math"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// latency is a histogram of durations from a nanosecond to half an hour, exact to one per cent, in some tens of KiB.
type latency struct {
	hist *hdrhistogram.Histogram
	most time.Duration // exact
}

const (
	longestLatency = 30 * time.Minute
	latencyDigits  = 2
)

func newLatency() *latency {
	return &latency{hist: hdrhistogram.New(1, int64(longestLatency), latencyDigits)}
}

func (l *latency) record(d time.Duration) {
	d = max(d, 0)
	l.most = max(l.most, d)
	// Out of range is the only error, and the value was just brought into it.
	_ = l.hist.RecordValue(int64(min(d, longestLatency)))
}

func (l *latency) merge(other *latency) {
	l.hist.Merge(other.hist)
	l.most = max(l.most, other.most)
}

// quantile returns the value below which that share of the recorded ones lie, in units.
func (l *latency) quantile(q float64, unit time.Duration) float64 {
	if l.hist.TotalCount() == 0 {
		return 0
	}
	return inUnits(min(time.Duration(l.hist.ValueAtQuantile(100*q)), l.most), unit)
}

// A percentile is one point of a distribution: so many per cent of all values are at most this.
type percentile struct {
	Percentile float64 `json:"percentile"`
	Us         float64 `json:"us"`
}

// pointsPerNine is how many points of a distribution lie between 90 and 99 per cent, between 99 and 99.9, and so on.
const pointsPerNine = 10

// percentiles is the distribution, as closely as that many values can tell: the rarer, the denser. It ends with the largest.
func (l *latency) percentiles(unit time.Duration) []percentile {
	var out []percentile
	rarest := 1 / float64(l.hist.TotalCount())
	for k := 0; ; k++ {
		beyond := math.Pow(10, -float64(k)/pointsPerNine)
		if beyond <= rarest || l.hist.TotalCount() == 0 {
			break
		}
		// Below what a float64 makes of 99.99, readers would see 99.98999999999999.
		p := math.Round((100-100*beyond)*1e9) / 1e9
		out = append(out, percentile{p, l.quantile(1-beyond, unit)})
	}
	return append(out, percentile{100, l.max(unit)})
}

func (l *latency) max(unit time.Duration) float64 { return inUnits(l.most, unit) }

// inUnits keeps three decimals.
func inUnits(d, unit time.Duration) float64 {
	return float64(d*1000/unit) / 1000
}

// sharedLatency is for what several goroutines record now and then.
type sharedLatency struct {
	mu sync.Mutex
	l  *latency
}

func newSharedLatency() *sharedLatency { return &sharedLatency{l: newLatency()} }

func (s *sharedLatency) record(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.l.record(d)
}

// atLeast raises the maximum without counting a value: for what was seen while it was still growing.
func (s *sharedLatency) atLeast(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.l.most = max(s.l.most, d)
}

// sum returns all that was recorded.
func (s *sharedLatency) sum() *latency {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := newLatency()
	l.merge(s.l)
	return l
}

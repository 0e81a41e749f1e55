// Package latency counts how long things took, by the million: histograms that know their rare values to one per cent and
// their largest exactly, in a few tens of KiB.
package latency

import (
	"math"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Histogram counts durations from a nanosecond to half an hour. One goroutine at a time may use it.
type Histogram struct {
	hist *hdrhistogram.Histogram
	most time.Duration // exact
}

const (
	longest = 30 * time.Minute
	digits  = 2
)

// New returns an empty histogram.
func New() *Histogram {
	return &Histogram{hist: hdrhistogram.New(1, int64(longest), digits)}
}

// Record counts one duration; what is negative counts as nothing.
func (h *Histogram) Record(d time.Duration) {
	d = max(d, 0)
	h.most = max(h.most, d)
	// Out of range is the only error, and the value was just brought into it.
	_ = h.hist.RecordValue(int64(min(d, longest)))
}

// Merge adds what the other counted.
func (h *Histogram) Merge(other *Histogram) {
	h.hist.Merge(other.hist)
	h.most = max(h.most, other.most)
}

// Count is the number of durations.
func (h *Histogram) Count() int64 { return h.hist.TotalCount() }

// Quantile returns the value below which that share of the recorded ones lie, in units; 0 if there are none.
func (h *Histogram) Quantile(q float64, unit time.Duration) float64 {
	if h.Count() == 0 {
		return 0
	}
	return In(min(time.Duration(h.hist.ValueAtQuantile(100*q)), h.most), unit)
}

// Max returns the largest, in units.
func (h *Histogram) Max(unit time.Duration) float64 { return In(h.most, unit) }

// A Percentile is one point of a distribution: so many per cent of all values are at most this.
type Percentile struct {
	Percentile float64 `json:"percentile"`
	Us         float64 `json:"us"`
}

// PointsPerNine is how many points of a distribution lie between 90 and 99 per cent, between 99 and 99.9, and so on.
const PointsPerNine = 10

// Percentiles is the distribution, as closely as that many values can tell: the rarer, the denser. It ends with the largest.
func (h *Histogram) Percentiles() []Percentile {
	var out []Percentile
	rarest := 1 / float64(h.Count())
	for k := 0; ; k++ {
		beyond := math.Pow(10, -float64(k)/PointsPerNine)
		if beyond <= rarest || h.Count() == 0 {
			break
		}
		// Below what a float64 makes of 99.99, readers would see 99.98999999999999.
		p := math.Round((100-100*beyond)*1e9) / 1e9
		out = append(out, Percentile{p, h.Quantile(1-beyond, time.Microsecond)})
	}
	return append(out, Percentile{100, h.Max(time.Microsecond)})
}

// In is a duration in units, with three decimals.
func In(d, unit time.Duration) float64 {
	return float64(d*1000/unit) / 1000
}

// A Shared histogram is for what several goroutines record now and then.
type Shared struct {
	mu sync.Mutex
	h  *Histogram
}

// NewShared returns an empty one.
func NewShared() *Shared { return &Shared{h: New()} }

// Record counts one duration.
func (s *Shared) Record(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.h.Record(d)
}

// AtLeast raises the maximum without counting a value: for what was seen while it was still growing.
func (s *Shared) AtLeast(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.h.most = max(s.h.most, d)
}

// Sum returns all that was recorded so far.
func (s *Shared) Sum() *Histogram {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := New()
	h.Merge(s.h)
	return h
}

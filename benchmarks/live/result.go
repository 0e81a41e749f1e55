package live

import (
	"time"

	"github.com/ilenia-live/rec/internal/latency"
)

// A Result is what was measured. Sums are over all repeats.
type Result struct {
	Task     Task  `json:"task"`
	Bytes    int64 `json:"bytes"` // of samples that were accepted
	Accepted int64 `json:"framesAccepted"`
	Refused  int64 `json:"framesRefused"` // for lack of room
	Late     int64 `json:"framesLate"`    // accepted or refused more than a frame's time after they were due; in real time only

	Clock Clock        `json:"clock"`
	Write Distribution `json:"writeUs"` // each call
	Lag   Distribution `json:"lagUs"`   // from the moment a frame was due until its call returned; in real time only

	Recovery Distribution `json:"recoveryMs"`  // age of the oldest sample that a sync of a session made durable
	Missed   int64        `json:"syncsMissed"` // of them, later than was promised

	Open  Spent `json:"open"`
	Feed  Spent `json:"feed"` // from the first frame until all is on stable storage
	Close Spent `json:"close"`

	Destroy Distribution `json:"destroyMs"` // each, many at once, when all is over
	Ended   Distribution `json:"endedMs"`   // each, one after the other, while the others went on
	Memory  Memory       `json:"memory"`    // for all channels
	Series  []Second     `json:"series,omitempty"`
}

// Clock is what looking at it costs, twice: it is in each call's time, and nothing was taken off for it.
type Clock struct {
	P50Ns  float64 `json:"p50Ns"` // seen between two looks that have nothing between them
	MeanNs float64 `json:"meanNs"`
}

// A Distribution tells of many durations without listing them.
type Distribution struct {
	Count  int64                `json:"count"`
	P50    float64              `json:"p50"`
	P99    float64              `json:"p99"`
	P999   float64              `json:"p999"`
	Max    float64              `json:"max"`
	Points []latency.Percentile `json:"points,omitempty"` // in µs, whatever the rest is in
}

func distribution(h *latency.Histogram, unit time.Duration) Distribution {
	return Distribution{
		Count: h.Count(), P50: h.Quantile(0.5, unit), P99: h.Quantile(0.99, unit), P999: h.Quantile(0.999, unit), Max: h.Max(unit),
	}
}

// CPUPerHour is the process's processor time for an hour of one channel, beginning and ending a recording apart.
func (r Result) CPUPerHour() float64 { return r.Feed.CPU / r.Task.Hours() }

// MachinePerHour is the whole machine's.
func (r Result) MachinePerHour() float64 { return r.Feed.Machine / r.Task.Hours() }

// Rate is bytes a second.
func (r Result) Rate() float64 { return float64(r.Bytes) / r.Feed.Wall }

// MemoryPerChannel is in bytes.
func (r Result) MemoryPerChannel() float64 { return float64(r.Memory.All()) / float64(r.Task.Channels) }

// FinishPerChannel is the time for which channels kept their host at their end, each, in seconds.
func (r Result) FinishPerChannel() float64 {
	return r.Close.Wall / float64(r.Task.Channels*r.Task.repeats())
}

// clockCost looks at the clock as a feeder does, with nothing between.
func clockCost() Clock {
	const looks = 1_000_000
	h, start := latency.New(), time.Now()
	for range looks {
		begun := time.Since(start)
		h.Record(time.Since(start) - begun)
	}
	begun, last := time.Now(), time.Duration(0)
	for range looks {
		last = max(last, time.Since(begun))
	}
	return Clock{P50Ns: h.Quantile(0.5, time.Nanosecond), MeanNs: 2 * float64(last.Nanoseconds()) / looks}
}

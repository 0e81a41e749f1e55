package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/latency"
)

// A networkReport says what the network did, and what became of it in the recordings. It is part of run's JSON.
type networkReport struct {
	Transport string           `json:"transport"`
	Loss      float64          `json:"loss"`
	JitterMs  float64          `json:"jitterMs"`
	Reorder   float64          `json:"reorder"`
	Dup       float64          `json:"dup"`
	DriftPPM  float64          `json:"driftPpm"`
	Seed      uint64           `json:"seed"`
	Channels  []networkChannel `json:"channels"`
}

// A networkChannel is one channel's. Its recording was listened to only if it is one of the first few.
type networkChannel struct {
	Session     string   `json:"session"`
	Channel     string   `json:"channel"`
	Sent        int64    `json:"sent"`
	Lost        int64    `json:"lost"`    // by the network
	Came        int64    `json:"came"`    // different packets that reached the recorder
	Missing     int64    `json:"missing"` // of the rest, those that the manifest calls lost
	Decoder     string   `json:"decoder"`
	ClockPPM    float64  `json:"clockPpm"`    // of the sender
	MeasuredPPM float64  `json:"measuredPpm"` // by the recorder
	LengthOffMs float64  `json:"lengthOffMs"` // file less session
	Spoken      int      `json:"spoken"`      // seconds in which there was something to be heard
	Heard       int      `json:"heard"`       // of those, the ones in which it was found
	LagMs       lag      `json:"lagMs"`
	Correlation float64  `json:"correlation"`
	Problems    []string `json:"problems"`
}

// lag is how far from its place in time what was heard is.
type lag struct {
	P50 float64 `json:"p50"`
	Max float64 `json:"max"` // with its sign: positive is late
}

func milliseconds(d time.Duration) float64 { return latency.In(d, time.Millisecond) }

// verdict is an error if any recording isn't what was sent.
func (r networkReport) verdict() error {
	var errs []error
	wrong := 0
	for _, c := range r.Channels {
		if len(c.Problems) == 0 {
			continue
		}
		if wrong++; wrong <= maxReasons {
			errs = append(errs, exit.Wrongf("session %s, channel %s: %s", c.Session, c.Channel, c.Problems[0]))
		}
	}
	if wrong > maxReasons {
		errs = append(errs, exit.Wrongf("%d of %d channels are not what was sent", wrong, len(r.Channels)))
	}
	return errors.Join(errs...)
}

// show prints the channels that were listened to, and sums up the others.
func (r networkReport) show(w io.Writer) {
	fmt.Fprintf(w, "\nOver %s: %g %% lost, jitter of %g ms, %g %% overtaken, %g %% twice, clocks off by %g ppm (seed %d)\n",
		r.Transport, 100*r.Loss, r.JitterMs, 100*r.Reorder, 100*r.Dup, r.DriftPPM, r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  channel\tsent\tlost\tfound missing\tclock ppm\tmeasured\tlength off\theard\toff by\tat most\tcorrelation")
	for i, c := range r.Channels {
		if i == listenedTo {
			break
		}
		fmt.Fprintf(t, "  %s\t%d\t%d\t%d\t%.0f\t%.1f\t%.1f ms\t%d of %d s\t%.2f ms\t%.2f ms\t%.3f\n", c.Channel, c.Sent, c.Lost, c.Missing, c.ClockPPM, c.MeasuredPPM,
			c.LengthOffMs, c.Heard, c.Spoken, c.LagMs.P50, c.LagMs.Max, c.Correlation)
	}
	_ = t.Flush() // as little can be done about it as about Fprintln's error
	if more := len(r.Channels) - listenedTo; more > 0 {
		fmt.Fprintf(w, "  … and %s more, of which length and losses were checked\n", plural(more, "channel"))
	}
}

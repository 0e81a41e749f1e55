package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"

	"github.com/ilenia-live/rec/internal/exit"
)

const (
	// rampFirst is how many sessions the first step has, unless --sessions says otherwise.
	rampFirst = 16
	// rampPrecision ends the search when the result is known to one part in so many: a machine isn't steadier than that.
	rampPrecision = 32
	// rampTries is how often a number must fail before it is taken for too large. What a busy moment of the machine did is no
	// limit of the recorder's.
	rampTries = 2
)

// A rampReport is what --ramp found. It is part of run's JSON, whose other keys are those of the largest step that was kept.
type rampReport struct {
	Channels    int        `json:"channels"` // the largest number that was recorded without a fault
	Sessions    int        `json:"sessions"`
	Limit       string     `json:"limit"` // what kept it from being larger
	Cores       int        `json:"cores"`
	Interrupted bool       `json:"interrupted,omitempty"`
	Steps       []rampStep `json:"steps"`
}

// A rampStep is one number of channels, recorded for a while in sessions of its own. Its figures are about the recording,
// without beginning and ending sessions.
type rampStep struct {
	Sessions       int     `json:"sessions"`
	Channels       int     `json:"channels"`
	Kept           bool    `json:"kept"` // no frame late or refused, recovery point kept
	Why            string  `json:"why,omitempty"`
	FramesAccepted int64   `json:"framesAccepted"`
	FramesRefused  int64   `json:"framesRefused"`
	LateFrames     int64   `json:"lateFrames"`
	SyncsMissed    int64   `json:"syncsMissed"`
	WriteLatencyUs tail    `json:"writeLatencyUs"`
	UnsyncedMs     spread  `json:"unsyncedMs"`
	CPUCores       float64 `json:"cpuCores"` // processors in use, simulator included
	RSSBytes       int64   `json:"rssBytes"`

	whole report // of the run that the step was
}

// rampNoLimit is the limit of a machine on which every step was kept.
const rampNoLimit = "more was not to be tried"

// inOrderOfChannels returns steps as they lie on an axis, not as they were tried.
func inOrderOfChannels(steps []rampStep) []rampStep {
	return slices.SortedStableFunc(slices.Values(steps), func(a, b rampStep) int { return a.Channels - b.Channels })
}

// errRampStopped ends a ramp that somebody stopped. The step under way doesn't count.
var errRampStopped = errors.New("interrupted")

// A ramp looks for the largest number of sessions that a measurer keeps.
type ramp struct {
	first, most int // sessions
	measure     func(ctx context.Context, sessions int) (rampStep, error)
	say         io.Writer // a line for each step
	report      rampReport
	best        report // of the largest step that was kept
}

// run doubles until a step fails, then bisects. A machine that can't hold a number of sessions has found its limit as well, if
// it held fewer; the error is for what says nothing about any number.
func (r *ramp) run(ctx context.Context) error {
	r.report.Steps, r.report.Limit, r.report.Cores = []rampStep{}, rampNoLimit, runtime.GOMAXPROCS(0)
	fails := r.most + 1
	for n := min(r.first, r.most); n > 0; n = rampNext(r.report.Sessions, fails, r.most) {
		step, err := r.try(ctx, n)
		switch {
		case errors.Is(err, errRampStopped):
			r.report.Interrupted = true
			return nil
		case err != nil && (exit.Code(err) != exit.Env || r.report.Sessions == 0):
			return fmt.Errorf("%s: %w", plural(step.Channels, "channel"), err)
		case err != nil:
			step.Why = err.Error()
			r.add(step)
		}
		if !step.Kept {
			fails, r.report.Limit = n, fmt.Sprintf("with %s %s", plural(step.Channels, "channel"), step.Why)
			continue
		}
		r.report.Sessions, r.report.Channels, r.best = n, step.Channels, step.whole
	}
	return nil
}

// rampNext is the number to try next, 0 if the result is known well enough. fails is the least that is known to be too
// large: more than most as long as none is.
func rampNext(best, fails, most int) int {
	switch {
	case fails > most && best == most:
		return 0
	case fails > most:
		return min(2*best, most)
	case fails-best <= max(1, best/rampPrecision):
		return 0
	}
	return best + (fails-best)/2
}

// try measures a number until it is kept, or has failed often enough.
func (r *ramp) try(ctx context.Context, n int) (step rampStep, err error) {
	for range rampTries {
		if ctx.Err() != nil {
			return step, errRampStopped
		}
		step, err = r.measure(ctx, n)
		if err != nil {
			return step, err
		}
		r.add(step)
		if step.Kept {
			break
		}
	}
	return step, nil
}

func (r *ramp) add(step rampStep) {
	r.report.Steps = append(r.report.Steps, step)
	verdict := "kept    "
	if !step.Kept {
		verdict = "not kept"
	}
	fmt.Fprintf(r.say, "%6d channels  %s  %s\n", step.Channels, verdict, step)
}

func (s rampStep) String() string {
	if !s.Kept {
		return s.Why
	}
	return fmt.Sprintf("recovery point %.0f ms at most, write latency p99 %.0f µs, %.2f processors, %.2f CPU s per channel-hour, %d MiB",
		s.UnsyncedMs.Max, s.WriteLatencyUs.P99, s.CPUCores, 3600*s.CPUCores/float64(s.Channels), s.RSSBytes>>20)
}

// show prints the result.
func (r *rampReport) show(w io.Writer) {
	if r.Interrupted {
		fmt.Fprintln(w, "\nInterrupted: the search was not over.")
	}
	if r.Sessions == 0 {
		return // which verdict says
	}
	fmt.Fprintf(w, "\n%s in real time, no frame late or refused, recovery point kept", plural(r.Channels, "channel"))
	if !r.Interrupted {
		fmt.Fprintf(w, "; %s", r.Limit)
	}
	fmt.Fprintln(w, ".")
}

// verdict is an error if not a single session could be recorded.
func (r *rampReport) verdict() error {
	switch {
	case r.Sessions > 0:
		return nil
	case r.Interrupted:
		return exit.Envf("run: --ramp: interrupted before any step was kept")
	}
	return exit.Wrongf("run: --ramp: not even one session was recorded without a fault: %s", r.Limit)
}

// Package orphans measures how long it takes until thousands of sessions whose process was killed are finished recordings.
package orphans

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/internal/usage"
)

// A Result is what a recovery took.
type Result struct {
	Sessions int `json:"sessions"`
	Channels int `json:"channelsEach"`
	Seconds  int `json:"secondsEach"` // of audio, on each channel
	live.Spent
	PeakRSS int64   `json:"peakRssBytes"`
	Slowest float64 `json:"longestPauseMs"` // between two recordings that were finished
}

// Recover does at a restart what a service does, below the directory of a task whose process was killed
// in live.Hold. An error is for what says nothing: if anything is not as it was accepted.
func Recover(ctx context.Context, t live.Task) (r Result, err error) {
	r = Result{Sessions: t.Sessions(), Channels: t.SessionChannels, Seconds: t.Seconds}
	begun, last := live.Begin(), time.Now()
	report, err := cleanup.Recover(ctx, t.Dir, cleanup.Options{Progress: func(_, _ int) {
		now := time.Now()
		r.Slowest = max(r.Slowest, latency.In(now.Sub(last), time.Millisecond))
		last = now
	}})
	r.Spent = begun.Spent()
	if err != nil {
		return r, err
	}
	if report.Published != r.Sessions {
		return r, fmt.Errorf("%d sessions were left; recovery: %s", r.Sessions, report)
	}
	memory, err := usage.MemoryOf("self")
	r.PeakRSS = memory.Peak
	return r, errors.Join(err, check(ctx, t))
}

// check reads all recordings to the last byte.
func check(ctx context.Context, t live.Task) (err error) {
	root, err := durable.OpenRoot(t.Dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	seen, err := finalize.Verify(ctx, root, finalize.VerifyOptions{})
	if err != nil {
		return err
	}
	if len(seen.Findings) > 0 {
		return fmt.Errorf("%d findings, the first: %+v", len(seen.Findings), seen.Findings[0])
	}
	want := float64(t.Channels * t.Seconds)
	if seen.Recordings != t.Sessions() || seen.AudioSeconds != want || seen.Gaps > 0 || seen.Outcomes[finalize.OutcomeRepaired] != t.Sessions() {
		return fmt.Errorf("%d recordings with %g s of audio, %d gaps and outcomes %v; want %d with %g s, repaired", seen.Recordings, seen.AudioSeconds, seen.Gaps,
			seen.Outcomes, t.Sessions(), want)
	}
	return nil
}

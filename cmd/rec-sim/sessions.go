package main

import (
	"context"
	"fmt"

	"github.com/ilenia-live/rec/internal/parallel"
	"github.com/ilenia-live/rec/recorder"
)

// atOnce is the number of sessions that are created or destroyed at the same time, as by a service whose callers don't
// wait for each other.
const atOnce = 32

// inParallel calls do for 0 to n-1, a few at a time, until one fails or all are done.
func inParallel(n int, do func(i int) error) error { return parallel.Do(n, atOnce, do) }

// createSessions opens all sessions of a plan. If one can't be, those that were are destroyed again: they hold nothing.
func createSessions(ctx context.Context, r *recorder.Recorder, p *plan, n int, w *witness) ([]*liveSession, error) {
	live := make([]*liveSession, n)
	err := inParallel(n, func(i int) error {
		s, err := createSession(ctx, r, p, i, w)
		if err != nil {
			return fmt.Errorf("session %d of %d: %w", i+1, n, err)
		}
		live[i] = s
		return nil
	})
	if err == nil {
		return live, nil
	}
	var made []*liveSession
	for _, s := range live {
		if s != nil {
			made = append(made, s)
		}
	}
	destroySessions(made, "the simulation could not begin")
	return nil, err
}

// destroySessions ends all sessions. One that fails doesn't keep the others from ending; its error stays with it. What a
// signal interrupts is the feeding, never this.
func destroySessions(live []*liveSession, reason string) {
	_ = inParallel(len(live), func(i int) error {
		live[i].destroy(context.Background(), reason)
		return nil
	})
}

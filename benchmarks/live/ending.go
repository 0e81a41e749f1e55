package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

const (
	// settled is how long after the first frame the first of the sessions that end does so.
	settled = 2 * time.Second
	// calm is how much of the time is left when the last one does.
	calm = time.Second
)

// ends is when session n of those that end does so, after the first frame: evenly, whatever became of those before.
func (t Task) ends(n int) time.Duration {
	return settled + (time.Duration(t.Seconds)*time.Second-settled-calm)*time.Duration(n)/time.Duration(t.Ending)
}

// endSome takes the sessions that end out of those that go on, evenly, and ends them one after the other while all are fed, each by a caller of
// its own, as in a service. What it returns waits for them.
func (m *measurement) endSome(ctx context.Context) (wait func() error) {
	var ending, going []*recorder.Session
	for i, s := range m.sessions {
		if before := i * m.task.Ending / len(m.sessions); before < (i+1)*m.task.Ending/len(m.sessions) {
			ending = append(ending, s)
		} else {
			going = append(going, s)
		}
	}
	m.sessions = going
	errs := make([]error, len(ending))
	var running sync.WaitGroup
	for n, s := range ending {
		running.Go(func() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Until(m.begun.Add(m.task.ends(n)))):
			}
			begun := time.Now()
			manifest, err := s.Destroy(ctx, "measured")
			m.ended.Record(time.Since(begun))
			if err == nil && manifest.Outcome != "ok" {
				err = fmt.Errorf("session %s: outcome %s", s.ID(), manifest.Outcome)
			}
			errs[n] = err
		})
	}
	return func() error {
		running.Wait()
		return errors.Join(errs...)
	}
}

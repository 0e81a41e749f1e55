package live

import "context"

// Hold feeds the sessions of a task, calls ready when all frames are accepted, and leaves the sessions open until ctx ends: for who wants
// to kill the process meanwhile.
func Hold(ctx context.Context, t Task, ready func() error) error {
	m := &measurement{task: t, feeders: newFeeders(t)}
	var err error
	if m.rec, err = openRecorder(ctx, t, nil); err != nil {
		return err
	}
	sinks, err := m.open(ctx)
	if err != nil {
		return err
	}
	divide(m.feeders, t, sinks)
	if err := feed(ctx, m.feeders, t); err != nil {
		return err
	}
	if err := ready(); err != nil {
		return err
	}
	<-ctx.Done()
	return ctx.Err()
}

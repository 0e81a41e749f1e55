package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/internal/exit"
)

// machine is a measurer in virtual time: it keeps so many sessions of two channels, each step takes ten seconds.
type machine struct {
	holds  int
	tried  []int
	moody  map[int]int          // fails that often though it could
	broken func(step int) error // nil for never
	onStep func(step, n int)    // nil for nothing
}

func (m *machine) measure(_ context.Context, n int) (rampStep, error) {
	time.Sleep(10 * time.Second)
	m.tried = append(m.tried, n)
	if m.onStep != nil {
		m.onStep(len(m.tried), n)
	}
	step := rampStep{Sessions: n, Channels: 2 * n}
	if m.broken != nil {
		if err := m.broken(n); err != nil {
			return step, err
		}
	}
	step.whole.Sessions = n
	step.Kept = n <= m.holds && m.moody[n] == 0
	if !step.Kept {
		m.moody[n] = max(0, m.moody[n]-1)
		step.Why = "too many"
	}
	return step, nil
}

func newMachine(holds int) *machine { return &machine{holds: holds, moody: map[int]int{}} }

func newRamp(m *machine, first, most int) *ramp {
	return &ramp{first: first, most: most, measure: m.measure, say: io.Discard}
}

func TestRampDoublesThenBisects(t *testing.T) {
	for _, row := range []struct {
		name               string
		holds, first, most int
		want               int
		tried              []int // by number; who fails is tried twice
	}{
		{"a machine with a limit", 100, 16, 20000, 100, []int{16, 32, 64, 128, 128, 96, 112, 112, 104, 104, 100, 102, 102}},
		{"the first is too many", 5, 16, 20000, 5, []int{16, 16, 8, 8, 4, 6, 6, 5}},
		{"no more than asked for", 1000, 16, 50, 50, []int{16, 32, 50}},
		{"the first is all that was asked for", 1000, 16, 3, 3, []int{3}},
		{"the limit is between the last double and the most", 45, 16, 50, 45, []int{16, 32, 50, 50, 41, 45, 47, 47, 46, 46}},
		{"not even one", 0, 4, 100, 0, []int{4, 4, 2, 2, 1, 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMachine(row.holds)
				r := newRamp(m, row.first, row.most)
				begun := time.Now()
				if err := r.run(t.Context()); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(m.tried, row.tried) {
					t.Errorf("tried %v, want %v", m.tried, row.tried)
				}
				if got, want := time.Since(begun), time.Duration(len(row.tried))*10*time.Second; got != want {
					t.Errorf("took %s, want %s", got, want)
				}
				if r.report.Sessions != row.want || r.report.Channels != 2*row.want || r.best.Sessions != row.want {
					t.Errorf("%d sessions, %d channels, the report of %d; want %d", r.report.Sessions, r.report.Channels, r.best.Sessions, row.want)
				}
				if limited := r.report.Limit != rampNoLimit; limited != (row.want < row.most) {
					t.Errorf("the limit is %q", r.report.Limit)
				}
				if err := r.report.verdict(); (err == nil) != (row.want > 0) || err != nil && exit.Code(err) != exit.Wrong {
					t.Errorf("verdict %v", err)
				}
				if len(r.report.Steps) != len(row.tried) {
					t.Errorf("%d steps in the report, want %d", len(r.report.Steps), len(row.tried))
				}
			})
		})
	}
}

// TestRampIsPrecise: whatever a machine holds is found to 3 %, and never more than it holds.
func TestRampIsPrecise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for holds := 1; holds <= 20000; holds += 1 + holds/7 {
			m := newMachine(holds)
			r := newRamp(m, rampFirst, 20000)
			if err := r.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := r.report.Sessions
			if got > holds || got < holds-max(1, holds/rampPrecision) {
				t.Errorf("found %d of %d", got, holds)
			}
		}
	})
}

func TestRampForgivesABusyMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(1000)
		m.moody[32] = 1
		r := newRamp(m, 16, 64)
		if err := r.run(t.Context()); err != nil || r.report.Sessions != 64 || !slices.Equal(m.tried, []int{16, 32, 32, 64}) {
			t.Errorf("%d sessions after %v, %v", r.report.Sessions, m.tried, err)
		}
	})
}

// TestRampMeetsTheEnvironment: a machine that can't hold more has a limit; one that holds nothing has a fault.
func TestRampMeetsTheEnvironment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(1000)
		m.broken = func(n int) error {
			if n > 20 {
				return exit.Envf("create: %w", syscall.EMFILE)
			}
			return nil
		}
		r := newRamp(m, 16, 1000)
		if err := r.run(t.Context()); err != nil || r.report.Sessions != 20 {
			t.Errorf("%d sessions, %v", r.report.Sessions, err)
		}
		if want := "with 42 channels create: too many open files"; r.report.Limit != want {
			t.Errorf("limit %q, want %q", r.report.Limit, want)
		}
		if err := newRamp(m, 21, 1000).run(t.Context()); exit.Code(err) != exit.Env {
			t.Errorf("the first step can't be made: %v", err)
		}
		m.broken = func(n int) error {
			if n > 16 {
				return errors.New("a bug")
			}
			return nil
		}
		if err := newRamp(m, 16, 1000).run(t.Context()); err == nil || exit.Code(err) != exit.Wrong {
			t.Errorf("what is nobody's limit: %v", err)
		}
	})
}

func TestRampStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, at := range []int{1, 3} {
			ctx, stop := context.WithCancel(t.Context())
			m := newMachine(1000)
			m.onStep = func(step, _ int) {
				if step == at {
					stop()
				}
			}
			m.broken = func(int) error {
				if ctx.Err() != nil {
					return errRampStopped
				}
				return nil
			}
			r := newRamp(m, 16, 1000)
			if err := r.run(ctx); err != nil || !r.report.Interrupted || len(r.report.Steps) != at-1 {
				t.Errorf("%v, %+v", err, r.report)
			}
			if code := exit.Code(r.report.verdict()); (code == exit.OK) != (at > 1) {
				t.Errorf("stopped in step %d: exit code %d", at, code)
			}
			var said strings.Builder
			r.report.show(&said)
			if !strings.Contains(said.String(), "Interrupted") || strings.Contains(said.String(), "not to be tried") ||
				strings.Contains(said.String(), "recovery point kept") != (at > 1) {
				t.Errorf("%s", said.String())
			}
		}
	})
}

func TestRampStepIsJudged(t *testing.T) {
	for _, row := range []struct {
		step rampStep
		want string
	}{
		{rampStep{FramesAccepted: 10, UnsyncedMs: spread{Max: 1000}}, ""},
		{rampStep{FramesAccepted: 9, FramesRefused: 1}, "1 of 10 frames were refused"},
		{rampStep{FramesAccepted: 10, LateFrames: 2, WriteLatencyUs: tail{Max: 30000}}, "2 of 10 frames were late, by 30 ms at most"},
		{rampStep{FramesAccepted: 10, UnsyncedMs: spread{Max: 1001}}, "the recovery point was missed: audio was not durable for 1001 ms, 1000 ms were promised"},
		{rampStep{FramesAccepted: 10, SyncsMissed: 1, UnsyncedMs: spread{Max: 1200}}, "the recovery point was missed: audio was not durable for 1200 ms, 1000 ms were promised"},
	} {
		if got := row.step.judge(time.Second); got != row.want {
			t.Errorf("%+v: %q, want %q", row.step, got, row.want)
		}
	}
}

package live

import (
	"context"
	"errors"
	"math"
	"os"
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/pace"
	"github.com/ilenia-live/rec/recorder"
)

func task(t *testing.T) Task {
	return Task{Dir: t.TempDir(), Staging: "volume", Channels: 5, SessionChannels: 2, Rate: 48000, Seconds: 1}
}

func run(t *testing.T, task Task) Result {
	t.Helper()
	r, err := Run(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRunInRealTime(t *testing.T) {
	task := task(t)
	task.RealTime = true
	r := run(t, task)
	if r.Accepted+r.Refused != 250 || r.Write.Count != 250 || r.Lag.Count != 250 || r.Bytes != r.Accepted*1920 {
		t.Errorf("%d accepted, %d refused, %d and %d counted, %d bytes; want 5 channels × 50 frames", r.Accepted, r.Refused, r.Write.Count, r.Lag.Count, r.Bytes)
	}
	if r.Lag.P50 < r.Write.P50 || r.Lag.Max < r.Write.Max {
		t.Errorf("lag %+v, write %+v: a call that began when its frame was due can't return earlier than it takes", r.Lag, r.Write)
	}
	if r.Feed.Wall < 0.98 || r.Feed.CPU <= 0 || math.Abs(r.CPUPerHour()-r.Feed.CPU*3600/5) > 1e-6 {
		t.Errorf("%+v", r.Feed)
	}
	// Each of three sessions is synced at its end at least.
	if r.Recovery.Count < 3 || r.Destroy.Count != 3 || r.Memory.All() <= 0 || r.Memory.Staging != 0 {
		t.Errorf("recovery %+v, destroy %+v, memory %+v", r.Recovery, r.Destroy, r.Memory)
	}
}

func TestSessionsEndWhileOthersGoOn(t *testing.T) {
	task := task(t)
	task.RealTime, task.Seconds, task.Channels, task.Ending = true, 4, 8, 3
	r := run(t, task)
	if r.Ended.Count != 3 || r.Destroy.Count != 1 {
		t.Errorf("%d ended meanwhile and %d at the end, want 3 and 1", r.Ended.Count, r.Destroy.Count)
	}
	// One of four sessions got all of its frames, the others those of two seconds and more.
	if r.Accepted < 2*200+6*100 || r.Accepted >= 8*200 || r.Write.Count != r.Accepted {
		t.Errorf("%d accepted, %d timed", r.Accepted, r.Write.Count)
	}
}

func TestRunAsFastAsItCan(t *testing.T) {
	task := task(t)
	task.Rate, task.Seconds, task.Repeats, task.Volume = 8000, 3, 2, true
	var err error
	if task.Staging, err = os.MkdirTemp("/dev/shm", "rec-benchmarks-test-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(task.Staging) }) // empty, as is checked
	r := run(t, task)
	if r.Accepted != 2*5*150 || r.Bytes != 2*5*3*16000 || r.Write.Count != r.Accepted || r.Refused != 0 {
		t.Errorf("%+v", r)
	}
	if r.Destroy.Count != 6 || r.Lag.Count != 0 || r.Late != 0 || r.Task.Hours() != 30./3600 {
		t.Errorf("%d destroyed, %d late; want two times three sessions", r.Destroy.Count, r.Late)
	}
	// A stage has room for two seconds of a channel.
	if r.Memory.Staging < 5*2*16000 {
		t.Errorf("memory %+v: where are the stages?", r.Memory)
	}
	if left, err := os.ReadDir(task.Staging); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestRunWithoutRecorder(t *testing.T) {
	task := task(t)
	task.Nothing, task.Untimed = true, true
	r := run(t, task)
	if r.Accepted != 250 || r.Write.Count != 0 || r.Recovery.Count != 0 || r.Destroy.Count != 0 {
		t.Errorf("%+v", r)
	}
	if left, err := os.ReadDir(task.Dir); err != nil || len(left) > 0 {
		t.Errorf("wrote %v, %v", left, err)
	}
}

func TestRunFailsWhereItCannotRecord(t *testing.T) {
	task := task(t)
	task.Dir += "/file"
	if err := os.WriteFile(task.Dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), task); err == nil {
		t.Error("recorded below a file")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, Task{Nothing: true, RealTime: true, Channels: 1, SessionChannels: 1, Rate: 8000, Seconds: 3600}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// A stub refuses what the test wants refused.
type stub struct {
	at  []int64
	err func(n int) error
}

func (s *stub) WritePCMAt(pos int64, p []byte) error {
	s.at = append(s.at, pos)
	return s.err(len(s.at))
}

func (s *stub) Await(context.Context, int) error { return nil }

// jumping is where it was last told to wait for, and later if the test says so.
type jumping struct{ now, stall time.Duration }

func (c *jumping) Now() time.Duration { return c.now }
func (c *jumping) Close() error       { return nil }
func (c *jumping) Wait(due time.Duration) (time.Duration, error) {
	c.now = max(c.now, due+c.stall)
	c.stall = 0
	return c.now, nil
}

func TestPacedCountsWhatIsLateAndRefused(t *testing.T) {
	task := Task{Channels: 1, SessionChannels: 1, Rate: 8000, Seconds: 1, RealTime: true}
	f := newFeeders(task)[0]
	s := &stub{err: func(n int) error {
		if n <= 2 {
			return recorder.ErrOverflow
		}
		return nil
	}}
	divide([]*feeder{f}, task, []sink{s})
	// At 51 ms the frames of 0, 20 and 40 ms are sent; the first two are late, by more than a frame's time.
	if err := f.paced(t.Context(), &jumping{stall: 51 * time.Millisecond}, pace.New(FrameTime, 1, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if f.refused.Load() != 2 || f.accepted.Load() != 48 || f.late.Load() != 2 || f.lag.Max(time.Millisecond) != 51 {
		t.Errorf("%d refused, %d accepted, %d late, lag %g ms", f.refused.Load(), f.accepted.Load(), f.late.Load(), f.lag.Max(time.Millisecond))
	}
	if s.at[0] != 0 || s.at[49] != 49*160 {
		t.Errorf("written at %v", s.at)
	}
}

func TestFeedEndsWithTheFirstError(t *testing.T) {
	task := Task{Channels: 4, SessionChannels: 2, Rate: 8000, Seconds: 1}
	broken := errors.New("broken")
	s := &stub{err: func(n int) error {
		if n == 5 {
			return broken
		}
		return nil
	}}
	all := newFeeders(task)
	divide(all, task, []sink{s, s, s, s})
	if err := feed(t.Context(), all, task); !errors.Is(err, broken) || len(s.at) != 5 {
		t.Errorf("%v after %d frames", err, len(s.at))
	}
}

// Sessions stay together, and everybody is fed by somebody.
func TestDivide(t *testing.T) {
	for channels := 1; channels < 40; channels++ {
		task := Task{Channels: channels, SessionChannels: 3, Rate: 8000, Seconds: 1}
		all := []*feeder{newFeeder(task, nil), newFeeder(task, nil), newFeeder(task, nil)}
		divide(all, task, make([]sink, channels))
		next := int64(0)
		for _, f := range all {
			if f.first != next || f.first%3 != 0 && len(f.sinks) > 0 {
				t.Errorf("%d channels: one begins with %d, the one before ended at %d", channels, f.first, next)
			}
			next += int64(len(f.sinks))
		}
		if next != int64(channels) {
			t.Errorf("%d of %d channels are fed", next, channels)
		}
	}
}

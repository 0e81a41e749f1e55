package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/internal/pace"
)

// recordingSink remembers what it was offered.
type recordingSink struct {
	log    *[]string
	name   string
	refuse func(pos int64) error
}

func (s recordingSink) writeAt(pos int64, p []byte) error {
	*s.log = append(*s.log, fmt.Sprintf("%s@%d+%d", s.name, pos, len(p)/2))
	if s.refuse != nil {
		return s.refuse(pos)
	}
	return nil
}

func (s recordingSink) await(context.Context, int) error { return nil }

// jumpingClock is where it was last told to wait for, plus what the test adds.
type jumpingClock struct {
	at    time.Duration
	stall func(due time.Duration) time.Duration
}

func (c *jumpingClock) Now() time.Duration { return c.at }
func (c *jumpingClock) Close() error       { return nil }
func (c *jumpingClock) Wait(due time.Duration) (time.Duration, error) {
	c.at = max(c.at, due)
	if c.stall != nil {
		c.at += c.stall(due)
	}
	return c.at, nil
}

// fakeFeeding feeds one session of two channels that log, 2,500 samples at 1 kHz in frames of a second.
func fakeFeeding(refuse func(pos int64) error) (f *feeding, lanes []*lane, log *[]string) {
	log = &[]string{}
	p := &plan{rate: 1000, align: 2, frame: 1000, total: 2500, script: noCues{}}
	s := &fedSession{}
	s.cues = newCueTrack(p, 0, func(cue) error { return nil })
	for i, name := range []string{"a", "b"} {
		s.lanes = append(s.lanes, &lane{
			sink: recordingSink{log: log, name: name, refuse: refuse}, source: pattern(i), session: s, last: i == 1,
		})
	}
	f = &feeding{plan: p, frame: time.Second, sessions: []*fedSession{s}}
	f.writers = []*writer{newWriter(p, time.Second)}
	return f, s.lanes, log
}

var wantLog = []string{"a@0+1000", "b@0+1000", "a@1000+1000", "b@1000+1000", "a@2000+500", "b@2000+500"}

func TestPaceSendsEverythingInOrder(t *testing.T) {
	f, lanes, log := fakeFeeding(nil)
	w := f.writers[0]
	if err := f.pace(w, lanes, pace.New(time.Second, 2, 0, 1), &jumpingClock{}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(*log, wantLog) {
		t.Errorf("sent %v, want %v", *log, wantLog)
	}
	accepted, refused, late, failed := f.total()
	if accepted != 6 || refused != 0 || late != 0 || failed != nil || lanes[1].accepted != 2500 {
		t.Errorf("accepted %d, refused %d, late %d, failed %v, %d samples", accepted, refused, late, failed, lanes[1].accepted)
	}
	if got := f.latency().Max(time.Millisecond); got != 0 {
		t.Errorf("latency %v ms with a recorder that takes no time", got)
	}
}

// TestPaceCountsFromTheIntendedMoment stalls once, for 2.2 frames: what came due meanwhile was late too, though each write
// by itself took no time.
func TestPaceCountsFromTheIntendedMoment(t *testing.T) {
	f, lanes, log := fakeFeeding(nil)
	stalled := false
	c := &jumpingClock{stall: func(due time.Duration) time.Duration {
		if stalled {
			return 0
		}
		stalled = true
		return 2200 * time.Millisecond
	}}
	if err := f.pace(f.writers[0], lanes, pace.New(time.Second, 2, 0, 1), c); err != nil {
		t.Fatal(err)
	}
	// Due at 0, 0.5, 1, 1.5, 2, 2.5 s; all but the last are sent at 2.2 s. Late by 2.2, 1.7, 1.2, 0.7, 0.2, 0.
	if _, _, late, _ := f.total(); late != 3 {
		t.Errorf("%d late, want 3", late)
	}
	if got := f.latency().Max(time.Millisecond); got != 2200 {
		t.Errorf("latency at most %v ms, want 2200", got)
	}
	if !slices.Equal(*log, wantLog) {
		t.Errorf("sent %v, want %v", *log, wantLog)
	}
}

func TestRefusedFramesAreCountedAndNotAcknowledged(t *testing.T) {
	broken := errors.New("broken")
	f, lanes, log := fakeFeeding(func(pos int64) error {
		switch pos {
		case 0:
			return errRefused
		case 1000:
			return broken
		}
		return nil
	})
	acks, err := createAcks(filepath.Join(t.TempDir(), "acks"), 1)
	if err != nil {
		t.Fatal(err)
	}
	lanes[0].ack = acks.counter(0)
	if err := f.fast(context.Background(), f.writers[0], f.sessions); err != nil {
		t.Fatal(err)
	}
	accepted, refused, _, failed := f.total()
	if accepted != 2 || refused != 4 || !errors.Is(failed, broken) {
		t.Errorf("accepted %d, refused %d, failed %v", accepted, refused, failed)
	}
	if *lanes[0].ack != 500 {
		t.Errorf("acknowledged %d samples, want the last 500", *lanes[0].ack)
	}
	if !slices.Equal(*log, wantLog) {
		t.Errorf("sent %v: the frame after a refused one goes to its own place", *log)
	}
	if err := acks.Close(); err != nil {
		t.Error(err)
	}
}

// fullSink has no room until it is told otherwise, and takes what it is offered then.
type fullSink struct {
	waits int
	room  bool
}

func (s *fullSink) writeAt(int64, []byte) error {
	if s.room {
		return nil
	}
	return errRefused
}

func (s *fullSink) await(ctx context.Context, _ int) error {
	s.waits++
	if s.room {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

// TestPatienceEnds: a full disk makes no room, and the feeder waits for it once, not once a frame.
func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, lanes, _ := fakeFeeding(nil)
		full := &fullSink{}
		lanes[0].sink, lanes[1].sink = full, &fullSink{room: true}
		begun := time.Now()
		if err := f.fast(t.Context(), f.writers[0], f.sessions); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took != enough || full.waits != 1 {
			t.Errorf("waited %d times, %s; want once, %s", full.waits, took, enough)
		}
		if accepted, refused, _, failed := f.total(); accepted != 3 || refused != 3 || failed != nil {
			t.Errorf("accepted %d, refused %d, failed %v", accepted, refused, failed)
		}

		full.room = true
		if err := f.fast(t.Context(), f.writers[0], f.sessions); err != nil || lanes[0].hopeless || full.waits != 3 {
			t.Errorf("%v, hopeless %v after room was made, waited %d times", err, lanes[0].hopeless, full.waits)
		}
	})
}

// TestStoppingRefusesNothing: a feeder that waits for room when it is told to stop doesn't offer what there is no room for.
func TestStoppingRefusesNothing(t *testing.T) {
	f, lanes, _ := fakeFeeding(nil)
	lanes[0].sink = &fullSink{}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := f.fast(ctx, f.writers[0], f.sessions); err != nil {
		t.Fatal(err)
	}
	if accepted, refused, _, _ := f.total(); accepted != 0 || refused != 0 {
		t.Errorf("accepted %d, refused %d", accepted, refused)
	}
}

func TestFeedingStops(t *testing.T) {
	f, lanes, log := fakeFeeding(nil)
	f.stopped.Store(true)
	if err := f.pace(f.writers[0], lanes, pace.New(time.Second, 2, 0, 1), &jumpingClock{}); err != nil || len(*log) > 0 {
		t.Errorf("error %v, sent %v", err, *log)
	}
}

// TestFramesCostNoMemory: the feeders run on the machine that they measure.
func TestFramesCostNoMemory(t *testing.T) {
	p := &plan{rate: 48000, align: 2, frame: 960, total: 1 << 40, script: noCues{}}
	w := newWriter(p, 20*time.Millisecond)
	s := &fedSession{cues: newCueTrack(p, 0, nil)}
	l := &lane{sink: &quietSink{}, source: pattern(1), session: s, ack: new(uint64)}
	pos := int64(0)
	allocs := testing.AllocsPerRun(1000, func() {
		w.send(l, pos, 960)
		w.took(time.Microsecond)
		s.cues.upTo(pos, p)
		pos += 960
	})
	if allocs != 0 {
		t.Errorf("%v allocations a frame", allocs)
	}
}

type quietSink struct{}

func (*quietSink) writeAt(int64, []byte) error { return nil }

func TestFeedersShareSessions(t *testing.T) {
	f := &feeding{sessions: make([]*fedSession, 10), writers: make([]*writer, 3)}
	n := 0
	for i := range f.writers {
		n += len(f.of(i))
	}
	if n != 10 {
		t.Errorf("%d of 10 sessions are fed", n)
	}
}

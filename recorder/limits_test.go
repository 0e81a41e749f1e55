package recorder_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/recorder"
)

// childFrames is how many frames of 20 ms the sessions of these tests have.
const childFrames = 50

// childSession is a session of one channel with so many frames of pattern.
func childSession(r *recorder.Recorder, id string, ordinal int) (*recorder.Session, error) {
	s, err := r.Create(context.Background(), recorder.SessionCreate{SessionID: id, Channels: []recorder.ChannelSpec{mono("floor")}})
	if err != nil {
		return nil, err
	}
	return s, childFeed(s, ordinal, childFrames)
}

// childFeed writes frames at the channel's end.
func childFeed(s *recorder.Session, ordinal int, frames int64) error {
	c, err := s.Channel("floor")
	if err != nil {
		return err
	}
	for range frames {
		if err := errors.Join(c.Await(context.Background(), 1920), c.WritePCMAt(c.Frames(), pattern(ordinal, c.Frames(), 960))); err != nil {
			return err
		}
	}
	return nil
}

// eatFiles opens files until there is no descriptor left, and returns what gives them back.
func eatFiles() (giveBack func() error, err error) {
	var eaten []*os.File
	for {
		f, err := os.Open(os.DevNull)
		if errors.Is(err, syscall.EMFILE) {
			break
		}
		if err != nil {
			return nil, err
		}
		eaten = append(eaten, f)
	}
	return func() (err error) {
		for _, f := range eaten {
			err = errors.Join(err, f.Close())
		}
		return err
	}, nil
}

// fewFiles records with hardly any descriptors: as many sessions as it can, then none are left for anything.
func fewFiles(root string, _ *bufio.Scanner) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		return err
	}
	ctx := context.Background()
	// What an earlier process left, and can't be recovered now.
	left, err := recorder.Open(ctx, recorder.Config{Root: root})
	if err != nil {
		return err
	}
	s, err := childSession(left, "left", 99)
	if err != nil {
		return err
	}
	if err := errors.Join(s.Close(), left.Close(ctx)); err != nil {
		return err
	}

	r, err := recorder.Open(ctx, recorder.Config{Root: root})
	if err != nil {
		return err
	}
	var sessions []*recorder.Session
	for {
		s, err := childSession(r, fmt.Sprintf("s%d", len(sessions)), len(sessions))
		if errors.Is(err, syscall.EMFILE) {
			break
		}
		if err != nil {
			return fmt.Errorf("create session %d: %w", len(sessions), err)
		}
		sessions = append(sessions, s)
	}
	if len(sessions) < 5 {
		return fmt.Errorf("only %d sessions with 64 descriptors", len(sessions))
	}
	giveBack, err := eatFiles()
	if err != nil {
		return err
	}
	if _, err := childSession(r, "too many", 0); !errors.Is(err, syscall.EMFILE) {
		return fmt.Errorf("create without a descriptor: %w", err)
	}
	for i, s := range sessions { // what is open goes on
		if err := childFeed(s, i, childFrames); err != nil {
			return fmt.Errorf("write without a descriptor: %w", err)
		}
		if err := s.Sync(ctx); err != nil {
			return fmt.Errorf("sync without a descriptor: %w", err)
		}
	}
	report, err := cleanup.Recover(ctx, root, cleanup.Options{})
	if err == nil && report.Failed == 0 || err != nil && !errors.Is(err, syscall.EMFILE) || report.Quarantined > 0 {
		return fmt.Errorf("recover without a descriptor: %s, %w", report, err)
	}
	var step *recorder.StepError
	if _, err := sessions[0].Destroy(ctx, ""); err != nil && (!errors.As(err, &step) || !errors.Is(err, syscall.EMFILE)) {
		return fmt.Errorf("destroy without a descriptor: %w", err)
	}
	if err := giveBack(); err != nil {
		return err
	}
	for i, s := range sessions {
		if m, err := s.Destroy(ctx, ""); err != nil || m.Outcome != "ok" {
			return fmt.Errorf("destroy session %d: outcome %q, %w", i, m.Outcome, err)
		}
	}
	fmt.Println(len(sessions))
	report, err = cleanup.Recover(ctx, root, cleanup.Options{Parallel: 2})
	if err != nil || report.Published != 1 || !report.OK() {
		return fmt.Errorf("recover: %s, %w", report, err)
	}
	return r.Close(ctx)
}

// A process that runs out of descriptors is told so, loses nothing, and goes on when there are some again.
func TestFewFiles(t *testing.T) {
	root := t.TempDir()
	c := startChild(t, "few files", root)
	n := 0
	if c.out.Scan() {
		_, _ = fmt.Sscan(c.out.Text(), &n)
	}
	c.ends(t)
	// Where the last descriptor was missing to take a session back that had just got its name, it is there, and empty.
	report, err := cleanup.Recover(t.Context(), root, cleanup.Options{})
	if err != nil || !report.OK() || report.Published > 1 {
		t.Fatalf("%s, %v", report, err)
	}
	for _, v := range report.Sessions {
		if m := manifests(t, root)[v.Path]; m.Channels[0].Audio.Samples > 0 {
			t.Errorf("%s was refused, and has %d samples", v.Session, m.Channels[0].Audio.Samples)
		}
		if err := os.RemoveAll(filepath.Join(root, v.Path)); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string][]byte{"left": pattern(99, 0, childFrames*960)}
	for i := range n {
		want[fmt.Sprintf("s%d", i)] = pattern(i, 0, 2*childFrames*960)
	}
	recordedExactly(t, root, want)
}

// recordedExactly asks for these sessions of one channel, and no others, to the sample.
func recordedExactly(t *testing.T, root string, want map[string][]byte) {
	t.Helper()
	all := manifests(t, root)
	for at, m := range all {
		if got := decode(t, filepath.Join(root, at, "floor.wav")); !bytes.Equal(got, want[m.SessionID]) {
			t.Errorf("%s: %d bytes of samples, want %d, or they differ", m.SessionID, len(got), len(want[m.SessionID]))
		}
	}
	if len(all) != len(want) {
		t.Errorf("%d recordings, want %d", len(all), len(want))
	}
	if left := inSpool(t, root); len(left) > 0 {
		t.Errorf("left in the spool: %q", left)
	}
	verified(t, root, len(want))
}

// littleMemory records for a while.
func littleMemory(root string, _ *bufio.Scanner) error {
	ctx := context.Background()
	r, err := recorder.Open(ctx, recorder.Config{Root: root})
	if err != nil {
		return err
	}
	var sessions []*recorder.Session
	for i := range 40 {
		s, err := childSession(r, fmt.Sprintf("s%d", i), i)
		if err != nil {
			return err
		}
		sessions = append(sessions, s)
	}
	for range 9 {
		for i, s := range sessions {
			if err := errors.Join(childFeed(s, i, childFrames), s.Cue(recorder.Cue{Channel: "*", End: time.Second, Text: "hola"})); err != nil {
				return err
			}
		}
	}
	return r.Close(ctx)
}

// GOMEMLIMIT below what the program needs costs time, and nothing else: samples are in memory that isn't Go's.
func TestLittleMemory(t *testing.T) {
	root := t.TempDir()
	c := startChild(t, "little memory", root, "GOMEMLIMIT=4MiB")
	c.ends(t)
	want := map[string][]byte{}
	for i := range 40 {
		want[fmt.Sprintf("s%d", i)] = pattern(i, 0, 10*childFrames*960)
	}
	recordedExactly(t, root, want)
}

// records makes sessions, says so, and destroys them when it is told to.
func records(root string, parent *bufio.Scanner) error {
	ctx := context.Background()
	if _, err := cleanup.Recover(ctx, root, cleanup.Options{}); err != nil {
		return err
	}
	r, err := recorder.Open(ctx, recorder.Config{Root: root})
	if err != nil {
		return err
	}
	first := 0
	if _, err := fmt.Sscan(os.Getenv("REC_TEST_FIRST"), &first); err != nil {
		return err
	}
	var sessions []*recorder.Session
	for i := first; i < first+5; i++ {
		s, err := childSession(r, fmt.Sprintf("s%d", i), i)
		if err != nil {
			return err
		}
		sessions = append(sessions, s)
	}
	fmt.Println("recording")
	parent.Scan()
	for i, s := range sessions {
		if err := childFeed(s, first+i, childFrames); err != nil {
			return err
		}
		if m, err := s.Destroy(ctx, ""); err != nil || m.Outcome != "ok" {
			return fmt.Errorf("destroy: outcome %q, %w", m.Outcome, err)
		}
	}
	return r.Close(ctx)
}

// Contract C7 with three processes on one root: one is killed, one ends and another begins, and each recovers at its start what is
// nobody's, while the others record.
func TestThreeProcessesOneRoot(t *testing.T) {
	root := t.TempDir()
	begin := func(first int) *child {
		c := startChild(t, "records", root, fmt.Sprintf("REC_TEST_FIRST=%d", first))
		c.says(t, "recording")
		return c
	}
	want := map[string][]byte{}
	expect := func(first int, frames int64) {
		for i := first; i < first+5; i++ {
			want[fmt.Sprintf("s%d", i)] = pattern(i, 0, frames*960)
		}
	}
	a, b, killed := begin(0), begin(5), begin(10)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait() // it says that it was killed
	expect(10, childFrames)
	a.ends(t) // a line that never comes tells it, too
	expect(0, 2*childFrames)
	c := begin(15)
	if left := inSpool(t, root); len(left) == 0 {
		t.Error("nothing is in progress")
	}
	b.ends(t)
	c.ends(t)
	expect(5, 2*childFrames)
	expect(15, 2*childFrames)
	recordedExactly(t, root, want)
}

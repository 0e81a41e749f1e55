package recorder_test

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/recorder"
)

// Contract C7: two recorders share a root, with the same session ids, while recovery runs over and over. Nobody touches
// what is alive, and afterwards everybody's sessions are there.
func TestTwoRecordersOneRoot(t *testing.T) {
	root := t.TempDir()
	recorders := []*recorder.Recorder{open(t, recorder.Config{Root: root}), open(t, recorder.Config{Root: root})}
	type live struct {
		*recorder.Session
		*recorder.Channel
	}
	var sessions []live
	for _, r := range recorders {
		for _, id := range []string{"plenary", "committee"} {
			s := named(t, r, id, mono("floor"))
			sessions = append(sessions, live{s, channel(t, s, "floor")})
		}
	}
	stop := make(chan struct{})
	var recovering sync.WaitGroup
	for range 2 {
		recovering.Go(func() {
			for {
				report, err := cleanup.Recover(t.Context(), root, cleanup.Options{})
				if err != nil || report.Live != len(sessions) || report.Orphans != 0 || !report.OK() {
					t.Errorf("%s, %v; want %d live and nothing else", report, err, len(sessions))
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for range 10 {
		for i, s := range sessions {
			feed(t, s.Channel, i, s.Frames(), 5)
			if err := s.Sync(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	close(stop)
	recovering.Wait()
	for i, s := range sessions {
		if m := destroy(t, s.Session); m.Outcome != "ok" || m.Recovery != nil {
			t.Errorf("%+v", m)
		}
		want := s.ID()
		if i >= 2 {
			want += "~2"
		}
		if path.Base(s.Path()) != want {
			t.Errorf("at %q, want %q", s.Path(), want)
		}
		if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(i, 0, 48000)) {
			t.Errorf("session %d: samples differ", i)
		}
	}
	verified(t, root, len(sessions))
}

// When one of two recorders is gone, its orphan is recovered and the other's sessions are left alone.
func TestOrphanBesideALiveRecorder(t *testing.T) {
	root := t.TempDir()
	dying, living := open(t, recorder.Config{Root: root}), open(t, recorder.Config{Root: root})
	orphan, s := named(t, dying, "orphan", mono("floor")), named(t, living, "live", mono("floor"))
	feed(t, channel(t, orphan, "floor"), 0, 0, 25)
	feed(t, channel(t, s, "floor"), 1, 0, 25)
	if err := orphan.Close(); err != nil {
		t.Fatal(err)
	}
	if err := dying.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := cleanup.Recover(t.Context(), root, cleanup.Options{})
	if err != nil || report.Live != 1 || report.Orphans != 1 || report.Published != 1 || report.Sessions[0].Session != "orphan" {
		t.Fatalf("%+v, %v", report, err)
	}
	feed(t, channel(t, s, "floor"), 1, 25*960, 25)
	destroy(t, s)
	if got := decode(t, filepath.Join(root, report.Sessions[0].Path, "floor.wav")); !bytes.Equal(got, pattern(0, 0, 24000)) {
		t.Error("orphan: samples differ")
	}
	if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(1, 0, 48000)) {
		t.Error("live: samples differ")
	}
	verified(t, root, 2)
}

// A hundred sessions that end in the same moment, as when an event is over, are a hundred recordings.
func TestHundredSessionsEndAtOnce(t *testing.T) {
	const n = 100
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	var sessions [n]*recorder.Session
	for i := range n {
		// The label tells Verify what each sample must be.
		sessions[i] = named(t, r, fmt.Sprint("s", i), recorder.ChannelSpec{ID: "floor", Record: true, Label: fmt.Sprint("pattern:", i)})
		feed(t, channel(t, sessions[i], "floor"), i, 0, 5)
	}
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i, s := range sessions {
		wg.Go(func() {
			<-start
			m, err := s.Destroy(t.Context(), "")
			if err != nil || m.Outcome != "ok" || m.SessionID != fmt.Sprint("s", i) || m.Channels[0].Audio.Samples != 5*960 {
				t.Errorf("%+v, %v", m, err)
			}
		})
	}
	close(start)
	wg.Wait()
	for i, s := range sessions {
		if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(i, 0, 5*960)) {
			t.Errorf("session %d: samples differ", i)
		}
	}
	verified(t, root, n)
	if left := inSpool(t, root); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	if st := r.Stats(); st.Sessions != 0 || st.Channels != 0 || st.FramesAccepted != 5*n || st.FramesRefused != 0 || st.Gaps != 0 ||
		st.BytesWritten != 5*n*1920 {
		t.Errorf("%+v", st)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if top := tree(t, filepath.Join(root, ".spool")); !slices.Equal(top, nil) {
		t.Errorf("left behind: %q", top)
	}
}

package recorder_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// isOpen says whether the recorder still has the session, once everything that was under way has come to rest.
func isOpen(t *testing.T, r *recorder.Recorder, s *recorder.Session) bool {
	t.Helper()
	synctest.Wait()
	_, err := r.Session(s.ID())
	if err != nil && !errors.Is(err, recorder.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// A session that its host forgot is finished as abandoned: not a moment before Config.Idle, and soon after.
func TestForgottenSession(t *testing.T) {
	for _, row := range []struct {
		name       string
		idle, want time.Duration
	}{
		{"default", 0, 15 * time.Minute},
		{"a minute", time.Minute, time.Minute},
		{"less than a second", 200 * time.Millisecond, 200 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				r := open(t, recorder.Config{Root: root, Idle: row.idle})
				s := create(t, r, mono("floor"))
				c := channel(t, s, "floor")
				feed(t, c, 0, 0, 50)
				time.Sleep(row.want - 1)
				if !isOpen(t, r, s) {
					t.Fatal("ended early")
				}
				// It looks four times in that time, or every 30 s; twice that is enough for any phase.
				time.Sleep(2 * min(row.want/4, 30*time.Second))
				if isOpen(t, r, s) {
					t.Fatal("not ended")
				}
				m := manifests(t, root)[s.Path()]
				if m.Recovery == nil || m.Recovery.Cause != "abandoned" || m.Recovery.LostAtMostMs != 0 || m.Outcome != "ok" {
					t.Errorf("recovery %+v, outcome %q", m.Recovery, m.Outcome)
				}
				if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(0, 0, 48000)) {
					t.Errorf("got %d bytes, want %d, or they differ", len(got), 96000)
				}
				// The host comes back.
				if err := c.WritePCMAt(48000, pattern(0, 48000, 960)); !errors.Is(err, recorder.ErrEnded) {
					t.Errorf("%v, want ErrEnded", err)
				}
				if again := destroy(t, s); again.RecordingID != m.RecordingID || again.EndReason != m.EndReason {
					t.Errorf("destroyed with %+v, abandoned with %+v", again, m)
				}
			})
			verified(t, root, 1)
		})
	}
}

// Whatever the host sends says that it is there. The session beside it, which gets nothing, is ended all the same.
func TestActivityKeepsASessionAlive(t *testing.T) {
	const idle = time.Minute
	for _, row := range []struct {
		name string
		act  func(s *recorder.Session, c *recorder.Channel) error
	}{
		{"frames placed by their position", func(_ *recorder.Session, c *recorder.Channel) error {
			return c.WritePCMAt(c.Frames(), make([]byte, 320))
		}},
		{"frames placed by their arrival", func(_ *recorder.Session, c *recorder.Channel) error {
			return c.WritePCM(make([]byte, 320))
		}},
		{"cues", func(s *recorder.Session, _ *recorder.Channel) error {
			return s.Cue(recorder.Cue{Channel: "floor", End: time.Second, Text: "here"})
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				r := open(t, recorder.Config{Root: root, Idle: idle})
				floor := recorder.ChannelSpec{ID: "floor", Record: true, SampleRate: 8000}
				s, forgotten := create(t, r, floor), create(t, r, floor)
				c := channel(t, s, "floor")
				for range 6 {
					time.Sleep(idle - time.Second)
					if err := row.act(s, c); err != nil {
						t.Fatal(err)
					}
				}
				if !isOpen(t, r, s) {
					t.Error("ended in spite of activity")
				}
				if isOpen(t, r, forgotten) {
					t.Error("the other one is still open")
				}
				time.Sleep(2 * idle)
				if isOpen(t, r, s) {
					t.Error("not ended when activity did")
				}
			})
			verified(t, root, 2)
		})
	}
}

func TestIdleNever(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := open(t, recorder.Config{Root: root, Idle: -1})
		s := create(t, r, mono("floor"))
		time.Sleep(2 * time.Hour)
		if !isOpen(t, r, s) {
			t.Fatal("ended")
		}
		feed(t, channel(t, s, "floor"), 0, 0, 50)
		if m := destroy(t, s); m.Recovery != nil || m.Channels[0].Audio.Samples != 48000 {
			t.Errorf("recovery %+v, %d samples", m.Recovery, m.Channels[0].Audio.Samples)
		}
	})
}

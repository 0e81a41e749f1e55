package recorder_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// Contract C4: a host that uses an id again gets another recording beside the first, and the first stays what it was.
func TestSessionIDUsedAgain(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // whose clock begins at midnight, 1 January 2000
		time.Sleep(23 * time.Hour)
		r := open(t, recorder.Config{Root: root})
		ids := map[string]bool{}
		kept := map[string][]byte{}
		for i, want := range []string{"2000/01/01/plenary", "2000/01/01/plenary~2", "2000/01/01/plenary~3", "2000/01/02/plenary"} {
			if i == 3 {
				time.Sleep(time.Hour)
			}
			s := named(t, r, "plenary", mono("floor"))
			feed(t, channel(t, s, "floor"), i, 0, 10)
			m := destroy(t, s)
			if s.Path() != want || m.SessionID != "plenary" || ids[m.RecordingID] {
				t.Errorf("session %q at %q with recording id %s, want %q", m.SessionID, s.Path(), m.RecordingID, want)
			}
			ids[m.RecordingID] = true
			if got := decode(t, filepath.Join(root, want, "floor.wav")); !bytes.Equal(got, pattern(i, 0, 9600)) {
				t.Errorf("%s: samples differ", want)
			}
			for _, file := range []string{"floor.wav", "manifest.json"} {
				p, err := os.ReadFile(filepath.Join(root, want, file))
				if err != nil {
					t.Fatal(err)
				}
				kept[filepath.Join(root, want, file)] = p
			}
		}
		for name, want := range kept {
			if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s changed: %v", name, err)
			}
		}
	})
	verified(t, root, 4)
}

// A sitting that goes on past midnight lies under the day it began.
func TestSessionPastMidnight(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(24*time.Hour - time.Second)
		r := open(t, recorder.Config{Root: root})
		s := named(t, r, "late", mono("floor"))
		time.Sleep(2 * time.Second)
		m := destroy(t, s)
		if s.Path() != "2000/01/01/late" || m.StartedAt.Day() != 1 || m.EndedAt.Day() != 2 || m.Channels[0].Audio.Samples != 96000 {
			t.Errorf("%q from %s to %s, %d samples", s.Path(), m.StartedAt, m.EndedAt, m.Channels[0].Audio.Samples)
		}
	})
}

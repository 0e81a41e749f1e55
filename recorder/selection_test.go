package recorder_test

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// Contract C1: without a channel to record, nothing of the session touches the disk, from its Create to the recorder's end.
func TestNothingToRecord(t *testing.T) {
	for _, row := range []struct {
		name     string
		channels []recorder.ChannelSpec
	}{
		{"channels missing", nil},
		{"no channels", []recorder.ChannelSpec{}},
		{"one", []recorder.ChannelSpec{{ID: "floor"}}},
		{"three", []recorder.ChannelSpec{{ID: "floor"}, {ID: "en", Codec: "opus"}, {ID: "ca", SampleRate: 8000, ChannelCount: 8}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root})
			before := tree(t, root)
			unchanged := func(when string) {
				t.Helper()
				if after := tree(t, root); !slices.Equal(before, after) {
					t.Errorf("%s: files before: %q, after: %q", when, before, after)
				}
			}
			s := named(t, r, "quiet", row.channels...)
			unchanged("create")
			if s.Recording() || s.ID() != "quiet" {
				t.Errorf("session %q says that it records", s.ID())
			}
			for _, c := range row.channels {
				if _, err := s.Channel(c.ID); !errors.Is(err, recorder.ErrNotRecorded) {
					t.Errorf("channel %q: %v", c.ID, err)
				}
				if err := s.Cue(recorder.Cue{Channel: c.ID, End: time.Second, Text: "lost"}); !errors.Is(err, recorder.ErrNotRecorded) {
					t.Errorf("cue for %q: %v", c.ID, err)
				}
			}
			if err := s.Cue(recorder.Cue{Channel: "*", End: time.Second, Text: "lost"}); !errors.Is(err, recorder.ErrNotRecorded) {
				t.Errorf("cue for all: %v", err)
			}
			if err := s.Sync(t.Context()); err != nil {
				t.Error(err)
			}
			unchanged("sync")
			if m := destroy(t, s); !reflect.DeepEqual(m, recorder.Manifest{SessionID: "quiet"}) {
				t.Errorf("manifest %+v, want an empty one", m)
			}
			if s.Path() != "" {
				t.Errorf("a path: %q", s.Path())
			}
			unchanged("destroy")
			if _, err := r.Session("quiet"); !errors.Is(err, recorder.ErrNotFound) {
				t.Errorf("after destroy: %v", err)
			}
			destroy(t, s)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			// One that nobody ends.
			named(t, r, "left", row.channels...)
			if err := r.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if left := tree(t, root); !slices.Equal(left, []string{".spool"}) {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// Only what is to be recorded has a file, while it goes on as well as afterwards.
func TestOnlyRecordedChannelsAreWritten(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := create(t, r, recorder.ChannelSpec{ID: "secret", Language: "de"}, recorder.ChannelSpec{ID: "floor", Record: true, Language: "es"},
		recorder.ChannelSpec{ID: "private"})
	if !s.Recording() {
		t.Error("the session says that it records nothing")
	}
	feed(t, channel(t, s, "floor"), 0, 0, 10)
	if err := s.Cue(recorder.Cue{Channel: "*", End: time.Second, Text: "todos"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := destroy(t, s)
	if len(m.Channels) != 1 || m.Channels[0].ID != "floor" {
		t.Errorf("channels %+v", m.Channels)
	}
	for _, name := range tree(t, root) {
		if strings.Contains(name, "secret") || strings.Contains(name, "private") {
			t.Errorf("%s", name)
		}
	}
	want := []string{"floor.es.srt", "floor.es.vtt", "floor.wav", "manifest.json"}
	if got := tree(t, filepath.Join(root, s.Path())); !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
}

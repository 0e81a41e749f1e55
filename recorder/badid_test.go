package recorder_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// An id that could lead out of its place, or out of a terminal's, is refused wherever one is taken; nothing is made for it.
func TestIDRefused(t *testing.T) {
	outer := t.TempDir()
	root := filepath.Join(outer, "root")
	r := open(t, recorder.Config{Root: root})
	s := named(t, r, "bystander", mono("floor"))
	c := channel(t, s, "floor")
	for _, row := range []struct{ name, id, value string }{
		{"parent", "..", `".."`},
		{"parent inside", "a/../../b", "a/../../b"},
		{"parent without a slash", "a..b", "a..b"},
		{"only dots", "....", "...."},
		{"one dot", ".", `"."`},
		{"slash", "a/b", "a/b"},
		{"absolute", "/etc/passwd", "/etc/passwd"},
		{"backslash", `a\b`, `a\\b`},
		{"UNC", `\\server\share`, "server"},
		{"NUL", "a\x00b", `a\x00b`},
		{"line break", "a\nb", `a\nb`},
		{"terminal escape", "a\x1b[2Jb", `\x1b[2J`},
		{"C1 control", "a\u009bb", `\u009b`},
		{"right-to-left override", "a\u202eb", `\u202e`},
		{"zero-width space", "a\u200bb", `\u200b`},
		{"no-break space", "a\u00a0b", `\u00a0`},
		{"not UTF-8", "a\xffb", `a\xffb`},
		{"65 bytes", strings.Repeat("i", 65), "65 bytes"},
		{"10,000 characters", strings.Repeat("i", 10_000), "10000 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := tree(t, outer)
			_, err := r.Create(t.Context(), recorder.SessionCreate{SessionID: row.id, Channels: []recorder.ChannelSpec{mono("floor")}})
			wantFieldError(t, err, "sessionId", row.value)
			_, err = r.Create(t.Context(), recorder.SessionCreate{Channels: []recorder.ChannelSpec{mono("floor"), mono(row.id)}})
			wantFieldError(t, err, "channels[1].id", row.value)
			_, err = r.Destroy(t.Context(), recorder.SessionDestroy{SessionID: row.id})
			wantFieldError(t, err, "sessionId", row.value)
			_, err = s.Channel(row.id)
			wantFieldError(t, err, "channel", row.value)
			if after := tree(t, outer); !slices.Equal(before, after) {
				t.Errorf("files before: %q, after: %q", before, after)
			}
			feed(t, c, 0, c.Frames(), 1)
		})
	}
	end := c.Frames()
	destroy(t, s)
	if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(0, 0, end)) {
		t.Error("samples differ")
	}
}

// An id may be strange as long as it is text: it is data, and its file is one of the recording, whatever it spells.
func TestIDsThatLookLikeNames(t *testing.T) {
	const longLanguage = "zh-cmn-Hans-CN-x-abcdefgh-abcdefgh" // 34 of 35 bytes
	ids := []string{
		"LOCK", "stage", "journal", "pub", "session.json", "manifest", "reason.txt", ".spool", ".hidden", "-rf",
		"~new", "a~2", "%2e%2e", "%", "CON", "con", "a b", "2026", "sesión", "会議", "**", "\"quoted\"", "'", "$(id)", "a:b", "|",
		strings.Repeat("~", 64), strings.Repeat("é", 32), strings.Repeat("A", 64), strings.Repeat("a", 64),
	}
	outer := t.TempDir()
	root := filepath.Join(outer, "root")
	r := open(t, recorder.Config{Root: root, Buffer: 250 * time.Millisecond})

	// As channels of one session: none may take another's file.
	var specs []recorder.ChannelSpec
	for _, id := range ids {
		specs = append(specs, recorder.ChannelSpec{ID: id, Record: true, Language: longLanguage})
	}
	s := create(t, r, specs...)
	for i, id := range ids {
		feed(t, channel(t, s, id), i, 0, 5)
	}
	if err := s.Cue(recorder.Cue{Channel: "*", End: time.Second, Text: "todos"}); err != nil {
		t.Fatal(err)
	}
	m := destroy(t, s)
	for i, c := range m.Channels {
		if c.ID != ids[i] || len(c.Transcripts) != 1 {
			t.Errorf("channel %d is %q with transcripts %+v, want %q with one", i, c.ID, c.Transcripts, ids[i])
		}
		if got := decode(t, filepath.Join(root, s.Path(), c.Audio.File)); !bytes.Equal(got, pattern(i, 0, 5*960)) {
			t.Errorf("channel %q: samples differ", c.ID)
		}
	}

	// As sessions, all at once.
	var sessions []*recorder.Session
	for i, id := range ids {
		s := named(t, r, id, mono("floor"))
		feed(t, channel(t, s, "floor"), i, 0, 5)
		sessions = append(sessions, s)
	}
	for i, s := range sessions {
		m := destroy(t, s)
		if m.SessionID != ids[i] {
			t.Errorf("manifest of %q: session %q", ids[i], m.SessionID)
		}
		if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(i, 0, 5*960)) {
			t.Errorf("session %q: samples differ", ids[i])
		}
	}
	if n := len(manifests(t, root)); n != len(ids)+1 {
		t.Errorf("%d recordings below the root, want %d", n, len(ids)+1)
	}
	if entries, err := os.ReadDir(outer); err != nil || len(entries) != 1 {
		t.Errorf("beside the root: %v, %v", entries, err)
	}
	verified(t, root, len(ids)+1)
}

func TestUnknownIDs(t *testing.T) {
	r := open(t, recorder.Config{})
	s := create(t, r, mono("floor"), recorder.ChannelSpec{ID: "en"})
	for _, row := range []struct {
		name string
		err  error
		want error
	}{
		{"channel", second(s.Channel("nobody")), recorder.ErrNotFound},
		{"channel that differs by case", second(s.Channel("FLOOR")), recorder.ErrNotFound},
		{"channel without record", second(s.Channel("en")), recorder.ErrNotRecorded},
		{"session", second(r.Session("nobody")), recorder.ErrNotFound},
		{"destroy", second(r.Destroy(t.Context(), recorder.SessionDestroy{SessionID: "nobody"})), recorder.ErrNotFound},
		{"cue for a channel", s.Cue(recorder.Cue{Channel: "nobody", End: 1e9}), recorder.ErrNotFound},
		{"cue for no channel", s.Cue(recorder.Cue{End: 1e9}), recorder.ErrNotFound},
		{"cue for a channel without record", s.Cue(recorder.Cue{Channel: "en", End: 1e9}), recorder.ErrNotRecorded},
	} {
		if !errors.Is(row.err, row.want) {
			t.Errorf("%s: %v, want %v", row.name, row.err, row.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

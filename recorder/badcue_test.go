package recorder_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// A cue that is refused leaves the transcript and the audio as if it had never come.
func TestCueRefused(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := create(t, r, recorder.ChannelSpec{ID: "floor", Record: true, Language: "es"}, recorder.ChannelSpec{ID: "en"})
	c := channel(t, s, "floor")
	good := 0
	for _, row := range []struct {
		name         string
		change       func(*recorder.Cue)
		field, value string
	}{
		{"starts before the session", func(c *recorder.Cue) { c.Start = -time.Nanosecond }, "cue.start", "-1ns"},
		{"long before", func(c *recorder.Cue) { c.Start = math.MinInt64 }, "cue.start", "-"},
		{"ends before the session", func(c *recorder.Cue) { c.End = -time.Second }, "cue.end", "-1s"},
		{"times reversed", func(c *recorder.Cue) { c.Start, c.End = 3*time.Second, 2*time.Second }, "cue.end", "2s"},
		{"no length", func(c *recorder.Cue) { c.Start, c.End = time.Second, time.Second }, "cue.end", "1s"},
		{"ends in the far future", func(c *recorder.Cue) { c.End = math.MaxInt64 }, "cue.end", "2562047h"},
		{"ends past the timeline", func(c *recorder.Cue) { c.End = 30*24*time.Hour + time.Millisecond }, "cue.end", "720h0m0.001s"},
		{"text of 4 KiB and one", func(c *recorder.Cue) { c.Text = strings.Repeat("x", 4097) }, "cue.text", "4097 bytes"},
		{"text of 10 MiB", func(c *recorder.Cue) { c.Text = strings.Repeat("x", 10<<20) }, "cue.text", "10485760 bytes"},
		{"id too long", func(c *recorder.Cue) { c.ID = strings.Repeat("i", 129) }, "cue.id", "129 bytes"},
		{"speaker too long", func(c *recorder.Cue) { c.Speaker = strings.Repeat("s", 257) }, "cue.speaker", "257 bytes"},
		{"language with an underscore", func(c *recorder.Cue) { c.Language = "en_US" }, "cue.language", "en_US"},
		{"language that is a path", func(c *recorder.Cue) { c.Language = "../en" }, "cue.language", "../en"},
		{"language of one letter", func(c *recorder.Cue) { c.Language = "e" }, "cue.language", `"e"`},
		{"language with a line break", func(c *recorder.Cue) { c.Language = "en\n" }, "cue.language", `en\n`},
		{"language too long", func(c *recorder.Cue) { c.Language = strings.Repeat("en-", 2000) + "en" }, "cue.language", "6002 bytes"},
		{"unknown channel", func(c *recorder.Cue) { c.Channel = "nobody" }, "channel", "nobody"},
		{"no channel", func(c *recorder.Cue) { c.Channel = "" }, "channel", `""`},
		{"channel without record", func(c *recorder.Cue) { c.Channel = "en" }, "channel", "en"},
		{"channel that is a path", func(c *recorder.Cue) { c.Channel = "../floor" }, "channel", "../floor"},
	} {
		t.Run(row.name, func(t *testing.T) {
			cue := recorder.Cue{Channel: "floor", Start: 0, End: time.Second, Text: "refused"}
			row.change(&cue)
			wantFieldError(t, s.Cue(cue), row.field, row.value)
			if err := s.Cue(recorder.Cue{Channel: "floor", Start: 0, End: time.Second, Text: "taken"}); err != nil {
				t.Fatal(err)
			}
			good++
			feed(t, c, 0, c.Frames(), 1)
		})
	}
	end := c.Frames()
	m := destroy(t, s)
	if tr := m.Channels[0].Transcripts; len(tr) != 1 || tr[0].Cues != good || tr[0].Language != "es" {
		t.Errorf("transcripts %+v, want one of %d cues", tr, good)
	}
	text, err := os.ReadFile(filepath.Join(root, s.Path(), "floor.es.srt"))
	if err != nil || bytes.Contains(text, []byte("refused")) || bytes.Count(text, []byte("taken")) != good {
		t.Errorf("%v in %q", err, text)
	}
	if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(0, 0, end)) {
		t.Error("samples differ")
	}
	verified(t, root, 1)
}

// The largest cue there may be, made of what escapes worst, is kept; so is text that looks like a subtitle file.
func TestCueAtTheLimits(t *testing.T) {
	for _, row := range []struct {
		name string
		cue  recorder.Cue
		kept string // in the SRT
	}{
		{"control characters", recorder.Cue{Text: "begin" + strings.Repeat("\x01", 4096-8) + "end"}, "beginend"},
		{"not UTF-8", recorder.Cue{Text: "begin" + strings.Repeat("\xff", 4096-8) + "end"}, "begin\uFFFD\uFFFD"},
		{"quotes", recorder.Cue{ID: strings.Repeat("<", 128), Speaker: strings.Repeat("&", 256), Text: strings.Repeat("<", 4096)}, "<<<<"},
		{"as late as can be", recorder.Cue{Start: 30*24*time.Hour - time.Millisecond, End: 30 * 24 * time.Hour, Text: "last words"}, "last words"},
		{"shorter than a millisecond", recorder.Cue{Start: time.Microsecond, End: 2 * time.Microsecond, Text: "hm"}, "hm"},
		{"a cue within the text", recorder.Cue{Text: "a\n\n2\n00:00:00,000 --> 00:00:01,000\nb"}, "a\n2\n00:00:00,000 → 00:00:01,000\nb"},
		{"language of 35 bytes", recorder.Cue{Language: "zh-cmn-Hans-CN-x-abcdefgh-abcdefghi"[:34], Text: "long"}, "long"},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root})
			s := create(t, r, recorder.ChannelSpec{ID: "floor", Record: true, Language: "es"})
			feed(t, channel(t, s, "floor"), 0, 0, 50)
			cue := row.cue
			cue.Channel = "floor"
			if cue.End == 0 {
				cue.End = time.Second
			}
			if err := s.Cue(cue); err != nil {
				t.Fatal(err)
			}
			m := destroy(t, s)
			if len(m.Channels[0].Transcripts) != 1 || m.Outcome != "ok" {
				t.Fatalf("transcripts %+v, outcome %s", m.Channels[0].Transcripts, m.Outcome)
			}
			text, err := os.ReadFile(filepath.Join(root, s.Path(), m.Channels[0].Transcripts[0].SRT))
			if err != nil || !strings.Contains(strings.ReplaceAll(string(text), "\r\n", "\n"), row.kept) {
				t.Errorf("%v: want %q in %q", err, row.kept, text)
			}
			verified(t, root, 1)
		})
	}
}

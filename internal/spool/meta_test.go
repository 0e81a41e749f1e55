package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
)

var rates = []int{8000, 16000, 24000, 32000, 44100, 48000}

// writeMeta puts text where a session's session.json is looked for.
func writeMeta(t testing.TB, root *durable.Root, text []byte) {
	t.Helper()
	must(t, durable.MkdirAll(root, "s"), durable.WriteFile(root, path.Join("s", layout.SessionFile), text))
}

func TestMetaRoundTrip(t *testing.T) {
	root := newRoot(t)
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.StringMatching(`[a-zA-Z0-9ñ ~-]{1,20}`)
		want := Meta{
			Schema: Schema, RecordingID: id.Draw(rt, "recording"), SessionID: id.Draw(rt, "session"), EventID: rapid.String().Draw(rt, "event"),
			Instance: id.Draw(rt, "instance"), StartedAt: time.Unix(rapid.Int64Range(0, 1<<36).Draw(rt, "second"), rapid.Int64Range(0, 999_999_999).Draw(rt, "ns")).UTC(),
			SyncEveryMs: rapid.Int64().Draw(rt, "sync"), StageDir: rapid.String().Draw(rt, "stage"),
			Metadata: json.RawMessage(rapid.SampledFrom([]string{"", `{"a":[1,2]}`, `"<&>"`, `7`}).Draw(rt, "metadata")),
		}
		for _, channel := range rapid.SliceOfNDistinct(id, 1, 4, rapid.ID).Draw(rt, "ids") {
			want.Channels = append(want.Channels, ChannelMeta{
				ID: channel, Label: rapid.String().Draw(rt, "label"), Language: rapid.String().Draw(rt, "language"),
				Codec: rapid.String().Draw(rt, "codec"), SampleRate: rapid.SampledFrom(rates).Draw(rt, "rate"),
				Channels: rapid.IntRange(1, 8).Draw(rt, "n"), RingBytes: 4096 * rapid.Int64Range(1, 100).Draw(rt, "pages"),
			})
		}
		text, err := json.Marshal(want)
		must(t, err)
		writeMeta(t, root, text)
		got, err := ReadMeta(root, "s")
		must(t, err)
		// Metadata is the host's: the same JSON, though json.Marshal escapes it for HTML.
		var wantData, gotData any
		if len(want.Metadata) > 0 {
			must(t, json.Unmarshal(want.Metadata, &wantData), json.Unmarshal(got.Metadata, &gotData))
		}
		got.Metadata, want.Metadata = nil, nil
		if diff := cmp.Diff(want, got) + cmp.Diff(wantData, gotData); diff != "" {
			rt.Fatal(diff)
		}
		if got.Identity() != want.Identity() || got.Dir() != want.Dir() || got.StageName() != want.StageName() || got.StageBytes() != want.StageBytes() {
			rt.Fatal("what follows from it differs")
		}
	})
}

func TestReadMetaRefuses(t *testing.T) {
	// edit changes the JSON of a good session.json, as somebody with an editor would.
	edit := func(change func(m, channel map[string]any)) func(p []byte) []byte {
		return func(p []byte) []byte {
			var m map[string]any
			if err := json.Unmarshal(p, &m); err != nil {
				panic(err)
			}
			change(m, m["channels"].([]any)[0].(map[string]any))
			p, err := json.Marshal(m)
			if err != nil {
				panic(err)
			}
			return p
		}
	}
	set := func(field string, v any) func(p []byte) []byte {
		return edit(func(m, _ map[string]any) { m[field] = v })
	}
	channel := func(field string, v any) func(p []byte) []byte {
		return edit(func(_, c map[string]any) { c[field] = v })
	}
	channels := func(n int) func(p []byte) []byte {
		return edit(func(m, c map[string]any) {
			all := make([]any, n)
			for i := range all {
				one := maps.Clone(c)
				one["id"] = fmt.Sprint("ch", i)
				all[i] = one
			}
			m["channels"] = all
		})
	}
	for _, row := range []struct {
		what   string
		damage func(p []byte) []byte
		want   string // in the error; "" if the file is good
	}{
		{"none", func(p []byte) []byte { return p }, ""},
		{"fields of a later version", set("colour", "red"), ""},
		{"as many channels as allowed", channels(limits.Channels), ""},

		{"nothing in it", func([]byte) []byte { return nil }, "JSON"},
		{"zeros, as after a loss of power", func(p []byte) []byte { clear(p); return p }, "invalid character"},
		{"cut in half", func(p []byte) []byte { return p[:len(p)/2] }, "JSON"},
		{"two of them", func(p []byte) []byte { return append(p, p...) }, "after top-level value"},
		{"null", func([]byte) []byte { return []byte("null") }, "schema 0"},
		{"schema missing", edit(func(m, _ map[string]any) { delete(m, "schema") }), "schema 0"},
		{"schema of the future", set("schema", 2), "schema 2, want 1"},
		{"schema as text", set("schema", "1"), "schema"},
		{"no session id", set("sessionId", ""), "sessionId"},
		{"a session id that leads out", set("sessionId", "../../etc"), "sessionId"},
		{"a session id past the limit", set("sessionId", strings.Repeat("a", 10_000)), "sessionId"},
		{"no instance", set("instance", ""), "instance"},
		{"an instance that leads out", set("instance", ".."), "instance"},
		{"an instance with a path", set("instance", "a/b"), "instance"},
		{"no recording id", set("recordingId", ""), "recordingId"},
		{"a recording id that leads out", set("recordingId", "/etc/passwd"), "recordingId"},
		{"no start", edit(func(m, _ map[string]any) { delete(m, "startedAt") }), "startedAt"},
		{"a start that is none", set("startedAt", "yesterday"), "yesterday"},
		{"no channels", set("channels", []any{}), "0 channels"},
		{"one channel too many", channels(limits.Channels + 1), "129 channels"},
		{"a ring of nothing", channel("ringBytes", 0), "ring of 0 bytes"},
		{"a negative ring", channel("ringBytes", -4096), "ring of -4096 bytes"},
		{"a ring of half a page", channel("ringBytes", 2048), "ring of 2048 bytes"},
		{"a ring past any memory", channel("ringBytes", 1<<40), "ring of 1099511627776 bytes"},
		{"a channel twice", edit(func(m, c map[string]any) { m["channels"] = []any{c, c} }), "twice"},
		{"no channel id", channel("id", ""), "channel id"},
		{"a channel id that leads out", channel("id", "../floor"), "channel id"},
		{"a channel id with NUL", channel("id", "a\x00b"), "channel id"},
		{"no rate", channel("sampleRate", 0), "sample rate 0"},
		{"a negative rate", channel("sampleRate", -48000), "sample rate -48000"},
		{"a rate that is none", channel("sampleRate", 44000), "sample rate 44000"},
		{"a rate with a fraction", channel("sampleRate", 44100.5), "sampleRate"},
		{"no audio channels", channel("channels", 0), "channels 0"},
		{"nine audio channels", channel("channels", 9), "channels 9"},
		{"a number past any integer", channel("channels", json.Number("1e99")), "1e99"},
	} {
		t.Run(row.what, func(t *testing.T) {
			root := newRoot(t)
			p, err := json.Marshal(exampleMeta(4096))
			must(t, err)
			writeMeta(t, root, row.damage(p))
			_, err = ReadMeta(root, "s")
			if row.want == "" {
				must(t, err)
				return
			}
			if err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), "s/session.json") {
				t.Fatalf("error %v, want one about s/session.json with %q", err, row.want)
			}
		})
	}
}

func TestReadMetaThatCantBeRead(t *testing.T) {
	root := newRoot(t)
	if _, err := ReadMeta(root, "s"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no file: %v", err)
	}
	must(t, root.Mkdir("s"))
	f, err := root.Create("s/session.json")
	must(t, err, f.Truncate(limits.SessionFileBytes+1), f.Close())
	if _, err := ReadMeta(root, "s"); !errors.Is(err, durable.ErrTooLarge) {
		t.Fatalf("a huge file: %v", err)
	}
}

// Contract C5, to the end of the longest timeline: no position moves by going through time and back.
func TestFramesAndTimeAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.SampledFrom(rates).Draw(t, "rate")
		c := ChannelMeta{SampleRate: rate}
		last := int64(limits.Timeline/time.Second) * int64(rate)
		n := rapid.OneOf(rapid.Int64Range(0, last), rapid.Int64Range(last-100, last), rapid.Int64Range(0, 100)).Draw(t, "frames")
		at := c.Time(n)
		if got := c.Frames(at); got != n {
			t.Fatalf("frame %d is at %s, which is frame %d", n, at, got)
		}
		if next := c.Time(n + 1); next <= at {
			t.Fatalf("frame %d is at %s, frame %d at %s", n, at, n+1, next)
		}
		// A moment is at most half a frame away from the frame that it is given, in exact arithmetic.
		d := time.Duration(rapid.Int64Range(0, int64(limits.Timeline)).Draw(t, "moment"))
		f := c.Frames(d)
		sec, rest := int64(d/time.Second), int64(d%time.Second)
		if off := (f-sec*int64(rate))*int64(time.Second) - rest*int64(rate); 2*off > int64(time.Second) || 2*off < -int64(time.Second) {
			t.Fatalf("%s is frame %d, which is off by %d/1e9 frames", d, f, off)
		}
	})
}

func TestTimeOfKnownFrames(t *testing.T) {
	for _, row := range []struct {
		rate   int
		frames int64
		want   time.Duration
	}{
		{44100, 0, 0},
		{44100, 1, 22676 * time.Nanosecond},
		{44100, 2, 45351 * time.Nanosecond},
		{44100, 44100, time.Second},
		{44100, 44100 * 86400 * 30, 30 * 24 * time.Hour},
		{44100, 44100*86400*30 - 1, 30*24*time.Hour - 22676*time.Nanosecond},
		{48000, 960, 20 * time.Millisecond},
		{48000, 1, 20833 * time.Nanosecond},
	} {
		c := ChannelMeta{SampleRate: row.rate}
		if got := c.Time(row.frames); got != row.want {
			t.Errorf("frame %d at %d Hz is at %s, want %s", row.frames, row.rate, got, row.want)
		}
	}
}

func TestStageName(t *testing.T) {
	m := exampleMeta(4096)
	if got := m.StageName(); got != ".spool/host-1/Sala%201/stage" {
		t.Errorf("on the volume: %s", got)
	}
	// In a directory that all sessions of the machine share: ids of hosts may repeat, a recording's never.
	m.StageDir = "/dev/shm/rec-0"
	if got := m.StageName(); got != m.RecordingID+".stage" {
		t.Errorf("in a directory of its own: %s", got)
	}
}

func FuzzReadMeta(f *testing.F) {
	good, err := json.Marshal(exampleMeta(4096, 8192))
	must(f, err)
	for _, edit := range [][2]string{
		{"", ""}, {"Sala 1", "../x"}, {"Sala 1", `\u0000`}, {"host-1", ".."}, {"48000", "-1"}, {"48000", "1e9"}, {"4096", "-4096"},
		{"ch00", "ch01"}, {"2026", "9999"}, {`"channels":2`, `"channels":99`}, {`{"room"`, `[[[[`},
		{"ch00", "a."}, // whose part is "a..wav.part", which leads nowhere else
	} {
		f.Add([]byte(strings.Replace(string(good), edit[0], edit[1], 1)))
	}
	f.Add([]byte("null"))
	f.Add([]byte{})
	root := newRoot(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		must(t, durable.RemoveTree(root, "s"), root.Mkdir("s"), durable.NewFile(root, "s/session.json", text))
		m, err := ReadMeta(root, "s")
		if err != nil {
			return
		}
		names := []string{m.Dir(), m.StageName(), layout.Finished(m.StartedAt, m.SessionID, 1)}
		if len(m.Channels) == 0 || len(m.Channels) > limits.Channels || m.StartedAt.IsZero() {
			t.Fatalf("accepted %+v", m)
		}
		for _, c := range m.Channels {
			if c.Format().Validate() != nil {
				t.Fatalf("accepted channel %+v", c)
			}
			names = append(names, path.Join(m.Dir(), layout.Part(c.ID)), layout.WAV(c.ID))
			_ = m.Header(c)
		}
		for _, name := range names {
			if !filepath.IsLocal(name) || path.Clean(name) != name || slices.Contains(strings.Split(name, "/"), "..") {
				t.Fatalf("accepted %+v, which leads to %q", m, name)
			}
		}
		if !strings.HasPrefix(m.Dir(), ".spool/") || strings.Count(m.Dir(), "/") != 2 {
			t.Fatalf("accepted %+v, whose directory is %q", m, m.Dir())
		}
	})
}

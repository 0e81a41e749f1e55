package recorder_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/recorder"
)

// fuzzRoot is a root in memory: here nothing is asked of the disk.
func fuzzRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "rec-fuzz-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// fuzzOpen begins to record there.
func fuzzOpen(t testing.TB, root string) *recorder.Recorder {
	t.Helper()
	return open(t, recorder.Config{Root: root, Staging: "volume", Buffer: 250 * time.Millisecond, Writers: 1})
}

// fuzzVerify asks that there is one recording, which is what it says.
func fuzzVerify(t testing.TB, root string) {
	t.Helper()
	fsys, err := durable.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	defer fsys.Close()
	report, err := finalize.Verify(context.Background(), fsys, finalize.VerifyOptions{Parallel: 1})
	if err != nil || report.Recordings != 1 || len(report.Findings) > 0 {
		t.Fatalf("%+v, %v", report, err)
	}
}

// fuzzRefusal asks that an error is one of ours and fit for a log.
func fuzzRefusal(t testing.TB, err error) {
	t.Helper()
	var bad *recorder.FieldError
	if !errors.As(err, &bad) || bad.Field == "" || bad.Want == "" {
		t.Fatalf("%v is no *FieldError that says something", err)
	}
	if text := err.Error(); len(text) > 1024 || strings.ContainsFunc(text, unicode.IsControl) {
		t.Fatalf("not fit for a log: %q", text)
	}
}

// FuzzSessionCreate parses any message. What is taken is the same when it is sent again, makes a session, and touches nothing but
// the root.
func FuzzSessionCreate(f *testing.F) {
	for _, s := range []string{
		``, `null`, `[]`, `{}`, `{"type":"SessionCreate","sessionId":"a","eventId":"e","channels":[{"id":"floor","label":"Sala","language":"es","record":true,"codec":"opus","sampleRate":48000,"channelCount":1},{"id":"en","record":false}],"metadata":{"x":[1]}}`,
		`{"sessionId":"../../etc","channels":[{"id":"a","record":true}]}`, `{"sessionId":"LOCK","channels":[{"id":"..","record":true}]}`,
		`{"sessionId":"a\u0000b"}`, `{"sessionId":"a/b"}`, `{"sessionId":".","channels":[]}`, `{"sessionId":"a~new","channels":[{"id":"a~b","record":true}]}`,
		`{"channels":[{"id":"a"},{"id":"a"}]}`, `{"channels":[{"id":"*"}]}`, `{"channels":[{"id":"a","sampleRate":1e99}]}`, `{"channels":[null]}`,
		`{"channels":[{"id":"a","record":true,"channelCount":-1}]}`, `{"channels":[{"id":"a","record":true,"language":"en_US"}]}`,
		`{"metadata":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, `{"sessionId":"é\u202e","channels":[{"id":"\ud800","record":true}]}`,
		`{"sessionId":"manifest.json","channels":[{"id":"manifest.json","record":true,"codec":"l16","clock":"native"}]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := recorder.ParseSessionCreate(p)
		if err != nil {
			fuzzRefusal(t, err)
			return
		}
		if len(m.Channels) > 8 {
			return // each is a file
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := recorder.ParseSessionCreate(again); err != nil || twice.SessionID != m.SessionID || !slices.Equal(twice.Channels, m.Channels) {
			t.Fatalf("%+v, and once more: %+v, %v", m, twice, err)
		}
		dir := fuzzRoot(t)
		root := filepath.Join(dir, "in", "root")
		r := fuzzOpen(t, root)
		s, err := r.Create(t.Context(), m)
		if err != nil {
			fuzzRefusal(t, err)
			return
		}
		result, err := s.Destroy(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Channels) > 0 {
			if result.SessionID != s.ID() || result.EventID != m.EventID {
				t.Fatalf("%+v, want session %q", result, s.ID())
			}
			fuzzVerify(t, root)
		}
		for _, name := range tree(t, dir) {
			if !strings.HasPrefix(filepath.Clean(name)+"/", filepath.Join("in", "root")+"/") && !strings.HasPrefix("in/root/", filepath.Clean(name)+"/") {
				t.Fatalf("%q is outside of the root", name)
			}
		}
	})
}

// FuzzSessionDestroy parses any message, which nothing but the session's id and reason may come out of.
func FuzzSessionDestroy(f *testing.F) {
	for _, s := range []string{
		``, `null`, `{}`, `{"type":"SessionDestroy","sessionId":"a","reason":"over"}`, `{"sessionId":"../x"}`, `{"sessionId":5}`, `{"sessionId":"a","reason":"\u001b[2J"}`,
		`{"sessionId":"a","reason":{}}`, `{"type":"SessionCreate","sessionId":"a"}`, `{"sessionId":"a","reason":"` + strings.Repeat("x", 1025) + `"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := recorder.ParseSessionDestroy(p)
		if err != nil {
			fuzzRefusal(t, err)
			return
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := recorder.ParseSessionDestroy(again); err != nil || twice != m {
			t.Fatalf("%+v, and once more: %+v, %v", m, twice, err)
		}
	})
}

// FuzzCue sends any cue. What is taken is in the transcripts once, whatever it says, and the recording verifies.
func FuzzCue(f *testing.F) {
	for _, text := range []string{"hola", "", "a\n\n2\n00:00:00,000 --> 00:00:01,000\nb", "<v x>&amp;", "\x00\xff", strings.Repeat("x", 4097), "WEBVTT\n\nNOTE", "\u202e\u2066"} {
		f.Add("floor", "es", "", text, "", int64(0), int64(time.Second), 0)
		f.Add("*", "", "id", "x", text, int64(time.Hour), int64(time.Hour+1), 1)
	}
	f.Add("en", "es", "", "x", "", int64(0), int64(1), 0)
	f.Add("../floor", "../es", "../id", "x", "../x", int64(-1), int64(-1), -1)
	f.Add("floor", "zh-cmn-Hans-CN-x-abc", "", "x", "", int64(1), int64(30*24*time.Hour), 1<<31)
	f.Fuzz(func(t *testing.T, channel, language, id, text, speaker string, start, end int64, revision int) {
		root := fuzzRoot(t)
		r := fuzzOpen(t, root)
		s, err := r.Create(t.Context(), recorder.SessionCreate{Channels: []recorder.ChannelSpec{{ID: "floor", Record: true, SampleRate: 8000}, {ID: "en"}}})
		if err != nil {
			t.Fatal(err)
		}
		taken := 0
		for _, final := range []bool{false, true} {
			err := s.Cue(recorder.Cue{Channel: channel, Language: language, ID: id, Text: text, Speaker: speaker,
				Start: time.Duration(start), End: time.Duration(end), Revision: revision, Final: final})
			if err == nil {
				taken++
			} else {
				fuzzRefusal(t, err)
			}
		}
		if taken == 1 {
			t.Fatal("taken once and refused once")
		}
		if id != "" && taken > 0 {
			taken = 1 // of the same cue the last counts
		}
		m, err := s.Destroy(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		cues := 0
		for _, tr := range m.Channels[0].Transcripts {
			cues += tr.Cues
		}
		if cues != taken && !(cues == 0 && strings.TrimFunc(text, unseen) == "") {
			t.Fatalf("%d cues in the transcripts, %d taken", cues, taken)
		}
		fuzzVerify(t, root)
	})
}

// unseen reports whether a character of a cue shows nothing.
func unseen(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) || unicode.IsMark(r) }

// FuzzPackets sends bytes as packets to a channel that then is destroyed, or crashes and is recovered. Each packet of the input is two
// bytes, what to do with it and the time since the one before, then a length, and so many bytes.
func FuzzPackets(f *testing.F) {
	rtp := func(how, wait byte, seq byte, payload string) string {
		p := "\x80\x60\x00" + string(seq) + "\x00\x00" + string([]byte{seq, 0}) + "\x00\x00\x00\x07" + payload
		return string([]byte{how, wait, byte(len(p))}) + p
	}
	sr := "\x80\xc8\x00\x06\x00\x00\x00\x07\xe6\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x01\x00\x00\x00\x01"
	for codec := range byte(4) {
		f.Add(codec, false, []byte(rtp(0, 2, 1, "\xf8\xff\xfe")+rtp(0, 2, 2, "\xf8\xff\xfe")+rtp(0, 2, 4, "\xf8\xff\xfe")))
		f.Add(codec, true, []byte(rtp(0, 2, 1, "abcd")+rtp(0, 2, 9, "abcd")+rtp(0, 2, 3, "abcd")+string([]byte{1, 0, byte(len(sr))})+sr))
		f.Add(codec, true, []byte(rtp(0, 255, 1, "abcd")+rtp(0, 0, 1, "abcd")+rtp(2, 0, 7, "")+"\x00\x00\x05\x80\x60\x00\x00\x00"))
		f.Add(codec, false, []byte("\x01\x01\x08\x80\xc8\xff\xff\x00\x00\x00\x00\x00\x00\x00"))
	}
	f.Fuzz(func(t *testing.T, codec byte, crashes bool, in []byte) {
		root := fuzzRoot(t)
		r := fuzzOpen(t, root)
		spec := []recorder.ChannelSpec{
			{ID: "floor", Record: true, Codec: "opus", SampleRate: 8000}, {ID: "floor", Record: true, Codec: "l16", SampleRate: 8000, Clock: "native"},
			{ID: "floor", Record: true, Codec: "pcmu"}, {ID: "floor", Record: true, Codec: "l16", SampleRate: 44100, ChannelCount: 3},
		}[codec%4]
		s, err := r.Create(t.Context(), recorder.SessionCreate{SessionID: "s", Channels: []recorder.ChannelSpec{spec}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Channel("floor")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Duration(0)
		for n := 0; len(in) >= 3 && n < 200; n++ {
			how, size := in[0], min(int(in[2]), len(in)-3)
			now += time.Duration(in[1]) * 10 * time.Millisecond
			p := bytes.Clone(in[3 : 3+size])
			in = in[3+size:]
			before := bytes.Clone(p)
			if how&1 != 0 {
				err = c.WriteRTCPAt(now, p)
			} else {
				err = c.WriteRTPAt(now, p)
			}
			var packet *recorder.PacketError
			if err != nil && !errors.As(err, &packet) && !errors.Is(err, recorder.ErrOverflow) {
				t.Fatalf("%T: %v", err, err)
			}
			if !bytes.Equal(p, before) {
				t.Fatal("the caller's packet was changed")
			}
		}
		if !crashes {
			m, err := s.Destroy(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			gaps := int64(0)
			for _, g := range m.Channels[0].Gaps {
				gaps += g.Length
			}
			if src := m.Channels[0].Source.Stream; src != nil && gaps+src.Received != m.Channels[0].Audio.Samples {
				t.Fatalf("%d frames in gaps, %d received, %d in the file", gaps, src.Received, m.Channels[0].Audio.Samples)
			}
			if end := time.Duration(m.Channels[0].Audio.Samples) * time.Second / time.Duration(m.Channels[0].Audio.SampleRate); end > 2*now+time.Minute {
				t.Fatalf("%s of audio after %s", end, now)
			}
		} else {
			if err := errors.Join(s.Close(), r.Close(t.Context())); err != nil {
				t.Fatal(err)
			}
			report, err := cleanup.Recover(t.Context(), root, cleanup.Options{})
			if err != nil || report.Published != 1 || report.Sessions[0].LostAtMostMs != 0 {
				t.Fatalf("%+v, %v", report, err)
			}
		}
		fuzzVerify(t, root)
	})
}

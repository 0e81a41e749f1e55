package recorder_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-audio/wav"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/recorder"
)

const frameTime = 20 * time.Millisecond

// pattern is samples that tell their position: any shift, loss or repetition shows.
func pattern(channel int, from, n int64) []byte {
	p := make([]byte, 0, 2*n)
	for i := from; i < from+n; i++ {
		v := int16((uint32(i)*2654435761 + uint32(channel)*40503) >> 16)
		p = binary.LittleEndian.AppendUint16(p, uint16(v))
	}
	return p
}

func open(t testing.TB, cfg recorder.Config) *recorder.Recorder {
	t.Helper()
	if cfg.Root == "" {
		cfg.Root = t.TempDir()
	}
	r, err := recorder.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

func create(t *testing.T, r *recorder.Recorder, channels ...recorder.ChannelSpec) *recorder.Session {
	t.Helper()
	s, err := r.Create(t.Context(), recorder.SessionCreate{EventID: "plenary", Channels: channels})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func channel(t *testing.T, s *recorder.Session, id string) *recorder.Channel {
	t.Helper()
	c, err := s.Channel(id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// feed writes pattern frames of 20 ms at 48 kHz mono from position from, waiting for room as a fast source does.
func feed(t *testing.T, c *recorder.Channel, ordinal int, from, frames int64) {
	t.Helper()
	for f := range frames {
		pos := from + f*960
		if err := c.Await(t.Context(), 1920); err != nil {
			t.Fatal(err)
		}
		if err := c.WritePCMAt(pos, pattern(ordinal, pos, 960)); err != nil {
			t.Fatal(err)
		}
	}
}

// decode reads a recording with a decoder that isn't ours.
func decode(t *testing.T, name string) []byte {
	t.Helper()
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	buf, err := wav.NewDecoder(bytes.NewReader(whole)).FullPCMBuffer()
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, 0, 2*len(buf.Data))
	for _, v := range buf.Data {
		p = binary.LittleEndian.AppendUint16(p, uint16(int16(v)))
	}
	return p
}

func TestSessionBecomesRecording(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := create(t, r,
		recorder.ChannelSpec{ID: "floor", Language: "es", Record: true},
		recorder.ChannelSpec{ID: "en", Language: "en"},
		recorder.ChannelSpec{ID: "ca", Language: "ca", Record: true})
	feed(t, channel(t, s, "floor"), 0, 0, 100)
	feed(t, channel(t, s, "ca"), 1, 0, 100)
	if err := s.Cue(recorder.Cue{Channel: "floor", Start: 0, End: time.Second, Text: "Se abre la sesión.", Final: true}); err != nil {
		t.Fatal(err)
	}
	m, err := s.Destroy(t.Context(), "done")
	if err != nil {
		t.Fatal(err)
	}
	if m.Outcome != "ok" || m.Recovery != nil || len(m.Channels) != 2 || m.EventID != "plenary" {
		t.Errorf("manifest: %+v", m)
	}
	for i, c := range m.Channels {
		if c.Audio.Samples != 96000 || len(c.Gaps) != 0 {
			t.Errorf("channel %s: %d samples, gaps %v", c.ID, c.Audio.Samples, c.Gaps)
		}
		if got := decode(t, filepath.Join(root, s.Path(), c.Audio.File)); !bytes.Equal(got, pattern(i, 0, 96000)) {
			t.Errorf("channel %s: samples differ", c.ID)
		}
	}
	text, err := os.ReadFile(filepath.Join(root, s.Path(), "floor.es.srt"))
	if err != nil || !bytes.Contains(text, []byte("Se abre la sesión.")) {
		t.Errorf("transcript: %q, %v", text, err)
	}
	if _, err := s.Channel("en"); !errors.Is(err, recorder.ErrNotRecorded) {
		t.Errorf("unrecorded channel: %v", err)
	}
}

func TestCrashLosesNothingAccepted(t *testing.T) {
	for _, staging := range []string{"volume", ""} {
		t.Run("staging="+staging, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root, Staging: staging})
			s := create(t, r, recorder.ChannelSpec{ID: "floor", Record: true, Language: "es"})
			c := channel(t, s, "floor")
			feed(t, c, 0, 0, 250)
			if err := c.WritePCMAt(250*960+48000, pattern(0, 250*960+48000, 960)); err != nil {
				t.Fatal(err)
			}
			if err := s.Cue(recorder.Cue{Channel: "*", Start: 0, End: time.Second, Text: "Hola"}); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := r.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			report, err := cleanup.Recover(t.Context(), root, cleanup.Options{})
			if err != nil || report.Published != 1 {
				t.Fatalf("%+v, %v", report, err)
			}
			want := append(pattern(0, 0, 250*960), make([]byte, 96000)...)
			want = append(want, pattern(0, 250*960+48000, 960)...)
			if got := decode(t, filepath.Join(root, report.Sessions[0].Path, "floor.wav")); !bytes.Equal(got, want) {
				t.Errorf("got %d bytes, want %d, or they differ", len(got), len(want))
			}
			if _, err := os.Stat(filepath.Join(root, report.Sessions[0].Path, "floor.es.srt")); err != nil {
				t.Error(err)
			}
			if report.Sessions[0].Outcome != "repaired" || report.Sessions[0].LostAtMostMs != 0 {
				t.Errorf("%+v", report.Sessions[0])
			}
			again, err := cleanup.Recover(t.Context(), root, cleanup.Options{})
			if err != nil || again.Orphans != 0 {
				t.Errorf("second recovery: %+v, %v", again, err)
			}
		})
	}
}

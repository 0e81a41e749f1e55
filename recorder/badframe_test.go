package recorder_test

import (
	"bytes"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// wantFrameError says whether err names the channel, the field and the value that it refuses.
func wantFrameError(t *testing.T, err error, channel, field string, value int64) {
	t.Helper()
	var bad *recorder.FrameError
	if !errors.As(err, &bad) {
		t.Errorf("got %v, want a *FrameError", err)
		return
	}
	if bad.Channel != channel || bad.Field != field || bad.Value != value || bad.Want == "" {
		t.Errorf("%+v, want channel %q, field %q, value %d", bad, channel, field, value)
	}
	for _, part := range []string{channel, field} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q doesn't name %q", err, part)
		}
	}
}

// A frame of a wrong size is refused by both ways of writing, and the frames before and after it stay where they belong.
func TestFrameOfWrongSize(t *testing.T) {
	const second, half = time.Second, 250 * time.Millisecond
	for _, row := range []struct {
		name           string
		rate, channels int
		buffer         time.Duration
		most           int // bytes
		sizes          []int
	}{
		{"mono", 48000, 1, 2 * second, 96000, []int{0, 1, 1919, 1921, 95999, 96001, 96002, 10 << 20}},
		{"stereo", 48000, 2, 2 * second, 192000, []int{0, 1, 2, 3, 3838, 191998, 192004}},
		{"odd", 44100, 3, 2 * second, 264600, []int{0, 2, 4, 5, 7, 264601, 264606}},
		{"eight", 8000, 8, 2 * second, 128000, []int{0, 14, 15, 17, 128016}},
		// Half of a small buffer is less than a second; the ring is a whole number of pages, 24576 bytes.
		{"small buffer", 48000, 1, half, 12288, []int{0, 1, 12289, 12290, 96000}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root, Buffer: row.buffer})
			s := create(t, r, recorder.ChannelSpec{ID: "floor", Record: true, SampleRate: row.rate, ChannelCount: row.channels})
			c := channel(t, s, "floor")
			var want []byte
			write := func(n int) {
				t.Helper()
				p := pattern(0, int64(len(want)/2), int64(n/2))
				if err := c.Await(t.Context(), n); err != nil {
					t.Fatal(err)
				}
				if err := c.WritePCMAt(int64(len(want)/(2*row.channels)), p); err != nil {
					t.Fatal(err)
				}
				want = append(want, p...)
			}
			frame := row.rate / 50 * 2 * row.channels
			write(frame)
			for _, n := range row.sizes {
				wantFrameError(t, c.WritePCM(make([]byte, n)), "floor", "bytes", int64(n))
				wantFrameError(t, c.WritePCMAt(c.Frames(), make([]byte, n)), "floor", "bytes", int64(n))
				write(frame)
			}
			write(row.most)
			m := destroy(t, s)
			if m.Outcome != "ok" || len(m.Channels[0].Gaps) != 0 {
				t.Errorf("outcome %s, gaps %v", m.Outcome, m.Channels[0].Gaps)
			}
			if got := samples(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, want) {
				t.Errorf("got %d bytes, want %d, or they differ", len(got), len(want))
			}
		})
	}
}

// A position that makes no sense changes nothing; one that lies in the past is told apart from it.
func TestPositionOutOfReach(t *testing.T) {
	const day, month = 24 * 3600 * 48000, 30 * 24 * 3600 * 48000
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := create(t, r, mono("floor"))
	c := channel(t, s, "floor")
	feed(t, c, 0, 0, 10)
	for _, pos := range []int64{-1, -48000, math.MinInt64, c.Frames() + day + 48000, month + 1, 1 << 40, math.MaxInt64 / 2} {
		end := c.Frames()
		wantFrameError(t, c.WritePCMAt(pos, pattern(0, 0, 960)), "floor", "position", pos)
		if c.Frames() != end {
			t.Errorf("position %d moved the end from %d to %d", pos, end, c.Frames())
		}
		feed(t, c, 0, end, 1)
	}
	for _, pos := range []int64{0, 1, c.Frames() - 960} {
		end := c.Frames()
		if err := c.WritePCMAt(pos, make([]byte, 1920)); !errors.Is(err, recorder.ErrLate) {
			t.Errorf("position %d before the end %d: %v", pos, end, err)
		}
		feed(t, c, 0, end, 1)
	}
	// Half of it is new. Its first half says something else than what is there, which must not be touched.
	end := c.Frames()
	if err := c.WritePCMAt(end-480, append(make([]byte, 960), pattern(0, end, 480)...)); err != nil {
		t.Fatal(err)
	}
	end += 480
	m := destroy(t, s)
	if m.Outcome != "ok" || m.Channels[0].Audio.Samples != end || len(m.Channels[0].Gaps) != 0 {
		t.Errorf("outcome %s, %d samples, gaps %v; want %d", m.Outcome, m.Channels[0].Audio.Samples, m.Channels[0].Gaps, end)
	}
	if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(0, 0, end)) {
		t.Error("samples differ")
	}
}

// Whoever goes on after the end is told so, whichever way it ended, and the recording is what it was.
func TestUseAfterTheEnd(t *testing.T) {
	for _, row := range []struct {
		name string
		end  func(t *testing.T, r *recorder.Recorder, s *recorder.Session) error
	}{
		{"destroy", func(t *testing.T, _ *recorder.Recorder, s *recorder.Session) error {
			_, err := s.Destroy(t.Context(), "")
			return err
		}},
		{"close", func(_ *testing.T, _ *recorder.Recorder, s *recorder.Session) error { return s.Close() }},
		{"recorder closed", func(t *testing.T, r *recorder.Recorder, _ *recorder.Session) error { return r.Close(t.Context()) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root, Staging: "volume"}) // an orphan must not outlive the test
			s := create(t, r, mono("floor"))
			other := create(t, r, mono("floor"))
			c := channel(t, s, "floor")
			feed(t, c, 0, 0, 50)
			feed(t, channel(t, other, "floor"), 1, 0, 25)
			if err := row.end(t, r, s); err != nil {
				t.Fatal(err)
			}
			before := tree(t, root)
			for call, err := range map[string]error{
				"WritePCM":   c.WritePCM(pattern(0, 48000, 960)),
				"WritePCMAt": c.WritePCMAt(48000, pattern(0, 48000, 960)),
				"Await":      c.Await(t.Context(), 1920),
				"Cue":        s.Cue(recorder.Cue{Channel: "floor", End: time.Second, Text: "late"}),
				"Sync":       s.Sync(t.Context()),
			} {
				if !errors.Is(err, recorder.ErrEnded) {
					t.Errorf("%s: %v, want ErrEnded", call, err)
				}
			}
			if after := tree(t, root); strings.Join(before, "\n") != strings.Join(after, "\n") {
				t.Errorf("files before: %q, after: %q", before, after)
			}
			if row.name == "recorder closed" {
				verified(t, root, 2)
				return
			}
			feed(t, channel(t, other, "floor"), 1, 25*960, 25)
			destroy(t, other)
			if got := decode(t, filepath.Join(root, other.Path(), "floor.wav")); !bytes.Equal(got, pattern(1, 0, 48000)) {
				t.Error("the other session's samples differ")
			}
		})
	}
}

package recorder_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/recorder"
)

// Contract C5 for sources without a timeline: a frame lies where it came, a file is as long as its session, and what never
// came is silence with a cause. Times are in frames of 20 ms; each row says when frames come.
func TestFramesPlacedByArrival(t *testing.T) {
	steady := func(from, to int) (at []int) {
		for i := from; i < to; i++ {
			at = append(at, i+1) // a frame is there when its last sample is
		}
		return at
	}
	for _, row := range []struct {
		name   string
		at     []int // when each frame comes
		end    int   // of the session
		audio  []int // where each frame must lie
		gaps   []finalize.Gap
		length int
	}{
		{"nothing ever", nil, 150, nil, []finalize.Gap{{Start: 0, Length: 150, Cause: "disconnect"}}, 150},
		{"without a break", steady(0, 150), 150, steady(-1, 149), nil, 150},
		{"late", steady(100, 150), 150, steady(99, 149), []finalize.Gap{{Start: 0, Length: 100, Cause: "late_join"}}, 150},
		{"ends early", steady(0, 50), 150, steady(-1, 49), []finalize.Gap{{Start: 50, Length: 100, Cause: "disconnect"}}, 150},
		{"goes away for 2 s", append(steady(0, 50), steady(150, 200)...), 200, append(steady(-1, 49), steady(149, 199)...),
			[]finalize.Gap{{Start: 50, Length: 100, Cause: "disconnect"}}, 200},
		{"catches up after a stall", append(steady(0, 10), slices.Repeat([]int{50}, 40)...), 60, steady(-1, 49),
			[]finalize.Gap{{Start: 50, Length: 10, Cause: "disconnect"}}, 60},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				r := open(t, recorder.Config{Root: root})
				s := create(t, r, mono("floor"), recorder.ChannelSpec{ID: "silent", Record: true, SampleRate: 8000, ChannelCount: 2})
				began := time.Now()
				c := channel(t, s, "floor")
				for i, at := range row.at {
					time.Sleep(time.Until(began.Add(time.Duration(at) * frameTime)))
					if err := c.WritePCM(pattern(0, int64(i)*960, 960)); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(time.Until(began.Add(time.Duration(row.end) * frameTime)))
				m := destroy(t, s)

				want := make([]byte, row.length*1920)
				for i, at := range row.audio {
					copy(want[at*1920:], pattern(0, int64(i)*960, 960))
				}
				if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, want) {
					t.Errorf("got %d bytes, want %d, or they differ", len(got), len(want))
				}
				gaps := []finalize.Gap{}
				for _, g := range row.gaps {
					gaps = append(gaps, finalize.Gap{Start: g.Start * 960, Length: g.Length * 960, Cause: g.Cause})
				}
				if d := cmp.Diff(gaps, m.Channels[0].Gaps); d != "" {
					t.Errorf("gaps, want and got:\n%s", d)
				}
				// The channel that got nothing is as long, at its own rate.
				whole := []finalize.Gap{{Start: 0, Length: int64(row.length) * 160, Cause: "disconnect"}}
				if d := cmp.Diff(whole, m.Channels[1].Gaps); d != "" || m.Channels[1].Audio.Samples != int64(row.length)*160 {
					t.Errorf("silent channel: %d samples, gaps:\n%s", m.Channels[1].Audio.Samples, d)
				}
			})
			verified(t, root, 1)
		})
	}
}

// Contract C5 for sources that know their position: gaps and audio add up to the file, whatever came twice or not at all.
func TestFramesPlacedByPosition(t *testing.T) {
	for _, row := range []struct {
		name   string
		frames []int64 // positions of frames of 960 samples
		gaps   []finalize.Gap
		want   int64 // samples
	}{
		{"in order", []int64{0, 960, 1920}, nil, 2880},
		{"joins late", []int64{96000, 96960}, []finalize.Gap{{Start: 0, Length: 96000, Cause: "late_join"}}, 97920},
		{"joins a sample late", []int64{1}, []finalize.Gap{{Start: 0, Length: 1, Cause: "late_join"}}, 961},
		{"one lost", []int64{0, 1920}, []finalize.Gap{{Start: 960, Length: 960, Cause: "loss"}}, 2880},
		{"every other lost", []int64{0, 1920, 3840, 5760}, []finalize.Gap{{Start: 960, Length: 960, Cause: "loss"},
			{Start: 2880, Length: 960, Cause: "loss"}, {Start: 4800, Length: 960, Cause: "loss"}}, 6720},
		{"lost and late", []int64{4800, 9600}, []finalize.Gap{{Start: 0, Length: 4800, Cause: "late_join"},
			{Start: 5760, Length: 3840, Cause: "loss"}}, 10560},
		{"a minute of silence", []int64{0, 60 * 48000}, []finalize.Gap{{Start: 960, Length: 60*48000 - 960, Cause: "loss"}}, 60*48000 + 960},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root})
			s := create(t, r, mono("floor"), mono("short"))
			c := channel(t, s, "floor")
			for _, pos := range row.frames {
				if err := c.WritePCMAt(pos, pattern(0, pos, 960)); err != nil {
					t.Fatal(err)
				}
			}
			feed(t, channel(t, s, "short"), 1, 0, 1)
			m := destroy(t, s)
			got := m.Channels[0]
			if row.gaps == nil {
				row.gaps = []finalize.Gap{}
			}
			if d := cmp.Diff(row.gaps, got.Gaps); d != "" {
				t.Errorf("gaps, want and got:\n%s", d)
			}
			silent := int64(0)
			for _, g := range got.Gaps {
				silent += g.Length
			}
			if got.Audio.Samples != row.want || silent+int64(len(row.frames))*960 != row.want || got.Outcome != "ok" {
				t.Errorf("%d samples with %d in gaps, want %d; outcome %s", got.Audio.Samples, silent, row.want, got.Outcome)
			}
			// C5: to within one frame, every channel is as long as the session.
			if n := m.Channels[1].Audio.Samples; n < row.want-960 || n > row.want {
				t.Errorf("the short channel has %d samples, want %d", n, row.want)
			}
			audio := samples(t, filepath.Join(root, s.Path(), "floor.wav"))
			for _, pos := range row.frames {
				if !bytes.Equal(audio[2*pos:2*pos+1920], pattern(0, pos, 960)) {
					t.Errorf("the frame at %d differs", pos)
				}
			}
			verified(t, root, 1) // silence where gaps say so, among other things
		})
	}
}

// The longest silence that one write may make is a hole in the file, not zeros on the disk; past 4 GiB it is an RF64.
func TestADayOfSilenceTakesNoRoom(t *testing.T) {
	const day = 24 * 3600 * 48000
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := create(t, r, mono("floor"))
	c := channel(t, s, "floor")
	feed(t, c, 0, 0, 1)
	if err := c.WritePCMAt(960+day, pattern(0, 960, 960)); err != nil {
		t.Fatal(err)
	}
	m := destroy(t, s)
	a := m.Channels[0].Audio
	if a.Samples != day+2*960 || a.Container != "rf64" || a.Bytes != 4096+2*a.Samples || m.Outcome != "ok" {
		t.Errorf("%+v, outcome %s", a, m.Outcome)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(filepath.Join(root, s.Path(), "floor.wav"), &st); err != nil {
		t.Fatal(err)
	}
	if st.Size != a.Bytes || st.Blocks*512 > 1<<20 {
		t.Errorf("%d bytes, of which %d take room", st.Size, st.Blocks*512)
	}
}

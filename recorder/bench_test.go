package recorder_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// bench is a recorder on a root of its own, with helpers that end the benchmark on an error.
type bench struct {
	*testing.B
	r    *recorder.Recorder
	root string
}

func newBench(b *testing.B, cfg recorder.Config) *bench {
	b.Helper()
	cfg.Root = b.TempDir()
	r, err := recorder.Open(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	return &bench{b, r, cfg.Root}
}

func (b *bench) create() (*recorder.Session, *recorder.Channel) {
	b.Helper()
	s, err := b.r.Create(b.Context(), recorder.SessionCreate{Channels: []recorder.ChannelSpec{mono("floor")}})
	if err != nil {
		b.Fatal(err)
	}
	c, err := s.Channel("floor")
	if err != nil {
		b.Fatal(err)
	}
	return s, c
}

// remove makes room again: a benchmark writes more than a disk may have.
func (b *bench) remove(s *recorder.Session) {
	b.Helper()
	if err := os.RemoveAll(filepath.Join(b.root, s.Path())); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) close() {
	b.Helper()
	if err := b.r.Close(b.Context()); err != nil {
		b.Error(err)
	}
}

// BenchmarkWritePCMAt is what a host's audio thread spends on a frame while the disk writer takes the frames away beside
// it. Waiting for room is not timed: a live source never does.
func BenchmarkWritePCMAt(b *testing.B) {
	b.Run("rate=48000/frame=20ms", func(tb *testing.B) {
		b := newBench(tb, recorder.Config{Buffer: time.Minute})
		defer b.close()
		const batch = 2900 // the buffer holds 3000
		frame := pattern(0, 0, 960)
		s, c := b.create()
		end := func() {
			if _, err := s.Destroy(b.Context(), ""); err != nil {
				b.Fatal(err)
			}
			b.remove(s)
		}
		b.SetBytes(int64(len(frame)))
		b.ReportAllocs()
		n := int64(0)
		for b.Loop() {
			if n == batch {
				b.StopTimer()
				end()
				s, c = b.create()
				n = 0
				b.StartTimer()
			}
			if err := c.WritePCMAt(n*960, frame); err != nil {
				b.Fatal(err)
			}
			n++
		}
		end()
	})
}

// BenchmarkFinalize is contract C3: to finish a recording of six hours costs what it costs to finish one of six seconds.
// The audio is written first, all of it, and synced; only Destroy is timed. The long one writes 2 GB a round.
func BenchmarkFinalize(b *testing.B) {
	for _, length := range []struct {
		name    string
		seconds int64
	}{{"audio=6s", 6}, {"audio=6h", 6 * 3600}} {
		b.Run(length.name, func(tb *testing.B) {
			b := newBench(tb, recorder.Config{})
			defer b.close()
			second := pattern(0, 0, 48000)
			var spent time.Duration
			rounds := 0
			for b.Loop() {
				s, c := b.create()
				for n := range length.seconds {
					if err := c.Await(b.Context(), len(second)); err != nil {
						b.Fatal(err)
					}
					if err := c.WritePCMAt(n*48000, second); err != nil {
						b.Fatal(err)
					}
				}
				// What a live session has at its end: all but its last second is on the disk.
				if err := s.Sync(b.Context()); err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				m, err := s.Destroy(b.Context(), "")
				spent += time.Since(began)
				if err != nil || m.Outcome != "ok" || m.Channels[0].Audio.Samples != length.seconds*48000 {
					b.Fatalf("%+v, %v", m, err)
				}
				rounds++
				b.remove(s)
			}
			b.ReportMetric(float64(spent)/float64(rounds)/float64(time.Millisecond), "ms/destroy")
			b.ReportMetric(0, "ns/op") // it would be the writing
		})
	}
}

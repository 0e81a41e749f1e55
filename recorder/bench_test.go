package recorder_test

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
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
//
// Each round writes one of either, all of it, and syncs; then it times their Destroys side by side, in turn the short and
// the long one first, after one that isn't counted and warms caches that hours of audio have swept out. The long one takes
// 2 GB of disk a round.
func BenchmarkFinalize(b *testing.B) {
	b.Run("audio=6s,6h", func(tb *testing.B) {
		b := newBench(tb, recorder.Config{})
		defer b.close()
		var done []*recorder.Session
		var short, long []float64
		for b.Loop() {
			warm, brief, hours := b.record(1), b.record(6), b.record(6*3600)
			// A disk that has come to rest: a live session doesn't write hours within seconds.
			syscall.Sync()
			b.finish(warm)
			if len(short)%2 == 0 {
				short, long = append(short, b.finish(brief)), append(long, b.finish(hours))
			} else {
				long, short = append(long, b.finish(hours)), append(short, b.finish(brief))
			}
			done = append(done, warm, brief, hours)
		}
		// Only now: taking 2 GB apart keeps the file system's journal busy.
		for _, s := range done {
			b.remove(s)
		}
		slices.Sort(short)
		slices.Sort(long)
		b.ReportMetric(short[len(short)/2], "ms/6s")
		b.ReportMetric(long[len(long)/2], "ms/6h")
		b.ReportMetric(long[len(long)/2]/short[len(short)/2], "6h/6s")
		b.ReportMetric(0, "ns/op") // it would be the writing
	})
}

// record writes a session of that many seconds and syncs it.
func (b *bench) record(seconds int64) *recorder.Session {
	b.Helper()
	s, c := b.create()
	second := pattern(0, 0, 48000)
	for n := range seconds {
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
	return s
}

// finish destroys a session and returns how long that took, in milliseconds.
func (b *bench) finish(s *recorder.Session) float64 {
	b.Helper()
	began := time.Now()
	m, err := s.Destroy(b.Context(), "")
	took := time.Since(began)
	if err != nil || m.Outcome != "ok" {
		b.Fatalf("%+v, %v", m, err)
	}
	return float64(took) / float64(time.Millisecond)
}

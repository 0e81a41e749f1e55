package pipeline

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

func seal(t *testing.T, e *Engine, s *Session) {
	t.Helper()
	if err := errors.Join(s.Seal(t.Context(), spool.End{}), e.Close()); err != nil {
		t.Fatal(err)
	}
}

// A channel is written once a round, whatever gaps there are, and each time from the sector on that was not full.
func TestOneWriteARound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, s := begin(t, d, Config{})
		want := make([]byte, 2*(19*8000+9*320+160))
		for round := range int64(20) {
			at := round * 8000
			for i := range int64(10) { // every other frame is lost
				from := at + i*320
				if err := s.Channel(0).Write(from, pattern(from, 160)); err != nil {
					t.Fatal(err)
				}
				copy(want[2*from:], pattern(from, 160))
			}
			if err := s.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		seal(t, e, s)
		if got := d.samples(s, 0); !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, want %d", len(got), len(want))
		}
		if len(d.direct) != 20 {
			t.Fatalf("%d writes in 20 rounds: %v", len(d.direct), d.direct)
		}
		for i, w := range d.direct[1:] {
			if end := wavfile.HeaderSize + 2*(int64(i)*8000+9*320+160); w[0] != end/durable.MaxAlign*durable.MaxAlign {
				t.Errorf("write %d begins at %d, and what was there ended at %d", i+1, w[0], end)
			}
		}
	})
}

// Long silence is a hole: nothing is written there, and what room was reserved before it is given back.
func TestLongSilenceIsAHole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, s := begin(t, d, Config{})
		c := s.Channel(0)
		const later = 3600 * rate
		want := pattern(later, 160)
		for _, at := range []int64{0, later} {
			if err := errors.Join(c.Write(at, pattern(at, 160)), s.Sync(t.Context())); err != nil {
				t.Fatal(err)
			}
		}
		seal(t, e, s)
		if got := d.samples(s, 0); !bytes.Equal(got[2*later:], want) || !bytes.Equal(got[:320], pattern(0, 160)) || !durable.IsZero(got[320:2*later]) {
			t.Fatal("the samples differ")
		}
		if begin := int64(wavfile.HeaderSize + 2*later); len(d.direct) != 2 || d.direct[1][0] != begin/durable.MaxAlign*durable.MaxAlign {
			t.Fatalf("written: %v", d.direct)
		}
		cut := int64(wavfile.HeaderSize + 320)
		if len(d.cut) == 0 || d.cut[0] != cut {
			t.Fatalf("truncated to %v, want first to %d", d.cut, cut)
		}
	})
}

// A file that can't be written directly holds the same.
func TestCachedFilesAreTheSame(t *testing.T) {
	for _, way := range []struct {
		name   string
		sector int
		cfg    Config
	}{{"the file system can't", 0, Config{}}, {"the host doesn't want it", durable.MaxAlign, Config{Cached: true}}} {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDisk()
				d.sector = way.sector
				e, s := begin(t, d, way.cfg)
				live(t, s.Channel(0), 0, 200)
				seal(t, e, s)
				if got := d.samples(s, 0); !bytes.Equal(got, pattern(0, 200*160)) || len(d.direct) > 0 {
					t.Fatalf("%d bytes, direct %v", len(got), d.direct)
				}
			})
		})
	}
}

// memory counts the pages that are there.
type memory struct{ bytes int64 }

func (m *memory) Back(_, n int64) error { m.bytes += n; return nil }
func (m *memory) Drop(_, n int64) error { m.bytes -= n; return nil }

// As long as the disk keeps up a ring takes no more than at first; when it stalls, all of the buffer; and a while afterwards it
// is short again. Nothing of it shows in the recording.
func TestRingGrowsWhenTheDiskStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		m := &memory{}
		d.lazy = m
		e, s := beginWith(t, d, Config{}, spool.ChannelMeta{ID: "floor", Codec: "pcm_s16le", SampleRate: rate, Channels: 1, RingBytes: 64 << 10})
		c := s.Channel(0)
		first := m.bytes
		live(t, c, 0, 500)
		if m.bytes != first || c.area.Grown() {
			t.Fatalf("%d bytes more, and the disk kept up", m.bytes-first)
		}
		stall := make(chan struct{})
		d.set(func(string) error { <-stall; return nil }, nil)
		if refused := live(t, c, 500*160, 150); refused > 0 { // three seconds of the four that it holds
			t.Fatalf("%d frames refused", refused)
		}
		if !c.area.Grown() {
			t.Fatal("not grown")
		}
		close(stall)
		d.set(nil, nil)
		live(t, c, 650*160, 3000)
		if c.area.Grown() || m.bytes != first {
			t.Fatalf("a minute later: %d bytes more", m.bytes-first)
		}
		seal(t, e, s)
		if got := d.samples(s, 0); !bytes.Equal(got, pattern(0, 3650*160)) {
			t.Fatalf("%d bytes, want %d", len(got), 2*3650*160)
		}
	})
}

// A write that is larger than what the ring has at first is taken whole.
func TestLargeWriteGrowsTheRing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		d.lazy = &memory{}
		e, s := beginWith(t, d, Config{Every: 100 * time.Millisecond},
			spool.ChannelMeta{ID: "floor", Codec: "pcm_s16le", SampleRate: rate, Channels: 1, RingBytes: 64 << 10})
		for i := range int64(3) {
			if err := s.Channel(0).Write(i*rate, pattern(i*rate, rate)); err != nil {
				t.Fatal(err)
			}
		}
		seal(t, e, s)
		if got := d.samples(s, 0); !bytes.Equal(got, pattern(0, 3*rate)) {
			t.Fatalf("%d bytes", len(got))
		}
	})
}

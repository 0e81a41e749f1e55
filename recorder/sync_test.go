package recorder_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// What waits for packets that were lost holds Sync up once, not once a channel, and no longer than until its time is up:
// losses come all the time, and a host that syncs must not be kept from it for seconds.
func TestSyncWaitsOnceForAllChannels(t *testing.T) {
	for _, row := range []struct {
		name string
		lost func(channel, n int) bool // of a hundred packets, 20 ms apart
		took time.Duration
	}{
		{"nothing waits", func(c, n int) bool { return false }, 0},
		{"the last packet waits", func(c, n int) bool { return n == 98 }, 550 * time.Millisecond},
		{"one has waited 400 ms", func(c, n int) bool { return n == 78 }, 150 * time.Millisecond},
		{"each channel another", func(c, n int) bool { return n == 83+c }, 550 * time.Millisecond},
		{"several", func(c, n int) bool { return n > 80 && n%3 == c%3 && n < 99 }, 550 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, recorder.Config{Root: t.TempDir()})
				var specs []recorder.ChannelSpec
				for i := range 16 {
					specs = append(specs, recorder.ChannelSpec{ID: strconv.Itoa(i), Record: true, Codec: "pcmu"})
				}
				s := create(t, r, specs...)
				var channels []*recorder.Channel
				var streams []*stream
				for _, spec := range specs {
					channels, streams = append(channels, channel(t, s, spec.ID)), append(streams, plainStream("pcmu", 8000, 160))
				}
				for n := range 100 {
					time.Sleep(20 * time.Millisecond)
					for i, c := range channels {
						p := streams[i].next()
						if row.lost(i, n) {
							continue
						}
						if err := c.WriteRTP(p); err != nil {
							t.Fatal(err)
						}
					}
				}
				from := time.Now()
				if err := s.Sync(t.Context()); err != nil {
					t.Fatal(err)
				}
				// The clock stands still but for what is waited for.
				if took := time.Since(from); took > row.took {
					t.Errorf("Sync took %s, want %s at most", took, row.took)
				}
				for i, c := range channels {
					if got := c.Frames(); got < 100*160 {
						t.Errorf("channel %d: %d frames are played, want %d", i, got, 100*160)
					}
				}
				destroy(t, s)
				if err := r.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

package recorder_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// A frame costs no memory, whatever becomes of it: fifty a second for thousands of channels would be the collector's.
func TestWriteAllocatesNothing(t *testing.T) {
	// A buffer of a minute holds all that is written here, so that nothing waits and nothing is refused.
	r := open(t, recorder.Config{Buffer: time.Minute})
	frame := pattern(0, 0, 960)
	for _, row := range []struct {
		name  string
		runs  int
		write func(c *recorder.Channel) error
		want  error
	}{
		{"in order", 2000, func(c *recorder.Channel) error { return c.WritePCMAt(c.Frames(), frame) }, nil},
		{"by arrival", 2000, func(c *recorder.Channel) error { return c.WritePCM(frame) }, nil},
		{"after a gap", 50, func(c *recorder.Channel) error { return c.WritePCMAt(c.Frames()+960, frame) }, nil}, // 64 gaps a round at most
		{"half of it known", 2000, func(c *recorder.Channel) error { return c.WritePCMAt(max(c.Frames()-480, 0), frame) }, nil},
		{"late", 2000, func(c *recorder.Channel) error { return c.WritePCMAt(0, frame) }, recorder.ErrLate},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := create(t, r, mono("floor"))
			c := channel(t, s, "floor")
			if err := c.WritePCMAt(0, frame); err != nil {
				t.Fatal(err)
			}
			var failed error
			allocs := testing.AllocsPerRun(row.runs, func() {
				if err := row.write(c); !errors.Is(err, row.want) {
					failed = errors.Join(failed, err)
				}
			})
			if failed != nil {
				t.Fatal(failed)
			}
			if allocs != 0 {
				t.Errorf("%v allocations a frame, want none", allocs)
			}
			destroy(t, s)
		})
	}
}

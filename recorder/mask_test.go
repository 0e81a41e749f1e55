package recorder_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/recorder"
)

// A mask that begins before one that is scheduled holds at once, and leaves that as it is.
func TestMaskBeforeOneThatIsScheduled(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := create(t, r, mono("floor"))
	c := channel(t, s, "floor")
	c.MuteAt(700 * time.Millisecond)
	c.UnmuteAt(800 * time.Millisecond)
	c.MaskAt(200 * time.Millisecond)
	c.UnmuteAt(300 * time.Millisecond)
	feed(t, c, 0, 0, 50)
	want := []finalize.Gap{{Start: 9600, Length: 4800, Cause: "mask"}, {Start: 33600, Length: 4800, Cause: "mute"}}
	if got := destroy(t, s).Channels[0].Gaps; !slices.Equal(got, want) {
		t.Errorf("gaps %v, want %v", got, want)
	}
	verified(t, root, 1)
}

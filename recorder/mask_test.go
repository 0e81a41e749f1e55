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

// What is withheld stays so when the process dies, also what waits for packets before it; what isn't is recovered.
func TestCrashWhileWithheld(t *testing.T) {
	for cause, on := range map[string]func(*recorder.Channel, time.Duration){"mute": (*recorder.Channel).MuteAt, "mask": (*recorder.Channel).MaskAt} {
		t.Run(cause, func(t *testing.T) {
			const each = 160 // frames of a packet
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root})
			st := plainStream("l16", 8000, 2*each)
			s := create(t, r, st.spec)
			c := channel(t, s, "floor")
			at := time.Duration(0)
			play(t, c, st, &at, 100)
			on(c, at)
			c.UnmuteAt(at + 210*time.Millisecond) // in the middle of a packet
			st.next()                             // lost, so that what follows waits
			at += 20 * time.Millisecond
			play(t, c, st, &at, 15)
			if got := c.Frames(); got != 100*each {
				t.Fatalf("%d frames were played, want %d: nothing waits", got, 100*each)
			}
			pcm, ch := crash(t, root, r, s)
			want := []finalize.Gap{{Start: 100 * each, Length: 11 * each, Cause: cause}}
			if !slices.Equal(ch.Gaps, want) || len(pcm) != 2*116*each || ch.Source.Received != 105*each {
				t.Errorf("%d frames, gaps %v, want %v; %d frames received", len(pcm)/2, ch.Gaps, want, ch.Source.Received)
			}
			voice := st.payload(0)
			for n := range len(pcm) / (2 * each) {
				packet := pcm[n*2*each:][:2*each]
				if withheld := n >= 100 && n < 111; withheld && !slices.Equal(packet, make([]byte, 2*each)) {
					t.Errorf("what packet %d said is in the recording", n)
				} else if !withheld && packet[1] != voice[0] { // network byte order
					t.Errorf("packet %d is not in the recording", n)
				}
			}
		})
	}
}

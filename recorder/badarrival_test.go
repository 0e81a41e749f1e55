package recorder_test

import (
	"errors"
	"testing"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// An arrival that can't be is refused, and costs neither the channel nor the session anything: what comes after it in its time
// lies where it would have.
func TestArrivalTooFarAway(t *testing.T) {
	const day = 24 * time.Hour
	for _, row := range []struct {
		name string
		far  time.Duration // after the packet before
		ok   bool
	}{
		{"a day", day, true},
		{"a day and a millisecond", day + time.Millisecond, false},
		{"past the timeline", 31 * day, false},
		{"past what a file holds", 20000 * day, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root})
			st := plainStream("l16", 8000, 320)
			s := create(t, r, st.spec, mono("other"))
			c := channel(t, s, "floor")
			at := time.Duration(0)
			play(t, c, st, &at, 50)
			for what, err := range map[string]error{
				"RTP": c.WriteRTPAt(at+row.far, st.next()), "RTCP": c.WriteRTCPAt(at+row.far, []byte{0x80, 201, 0, 1, 0, 0, 0, 1}),
			} {
				var bad *recorder.FrameError
				if row.ok && err != nil {
					t.Errorf("%s: %v", what, err)
				}
				if !row.ok && (!errors.As(err, &bad) || bad.Field != "arrival" || bad.Channel != "floor" || bad.Value != (at+row.far).Milliseconds()) {
					t.Errorf("%s: %v, want a *FrameError", what, err)
				}
			}
			if row.ok {
				destroy(t, s)
				return
			}
			at += 20 * time.Millisecond // that of the packet that was refused
			play(t, c, st, &at, 50)
			m := destroy(t, s)
			accounts(t, recorder.Manifest{Channels: m.Channels[:1]}, 8000, at)
			if src := m.Channels[0].Source; src.Packets != 100 || src.Lost != 1 || m.Outcome != "ok" {
				t.Errorf("%+v, outcome %s", src.Stream, m.Outcome)
			}
			verified(t, root, 1)
		})
	}
}

// play writes n packets from time at on, each 20 ms after the one before.
func play(t *testing.T, c *recorder.Channel, st *stream, at *time.Duration, n int) {
	t.Helper()
	for range n {
		*at += 20 * time.Millisecond
		if err := c.WriteRTPAt(*at, st.next()); err != nil {
			t.Fatal(err)
		}
	}
}

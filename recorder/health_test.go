package recorder_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/recorder"
)

// heard are the events that a recorder told, but for when.
type heard struct {
	mu  sync.Mutex
	all []recorder.Event
}

func (h *heard) hear(e recorder.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, e)
}

// take returns what was told since it was last asked, one word each.
func (h *heard) take() string {
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	var words []string
	for _, e := range h.all {
		w := string(e.Kind)
		if e.Kind == recorder.AlarmRaised || e.Kind == recorder.AlarmCleared {
			w += ":" + e.Alarm.String()
		}
		words = append(words, w)
	}
	h.all = nil
	return strings.Join(words, " ")
}

// level is a frame of 20 ms at 48 kHz whose samples have that magnitude, with both signs.
func level(magnitude int16) []byte {
	p := make([]byte, 0, 1920)
	for i := range 960 {
		v := magnitude
		if i%2 == 1 {
			v = -magnitude
		}
		p = binary.LittleEndian.AppendUint16(p, uint16(v))
	}
	return p
}

// speak sends a frame every 20 ms for a while; nil is nothing.
func speak(t *testing.T, c *recorder.Channel, frame []byte, for_ time.Duration) {
	t.Helper()
	for range for_ / frameTime {
		time.Sleep(frameTime)
		if frame == nil {
			continue
		}
		if err := c.WritePCM(frame); err != nil {
			t.Fatal(err)
		}
	}
}

// An alarm is raised when its trouble has lasted as long as it may, not before, told once, and over with the trouble.
func TestAlarms(t *testing.T) {
	const look = time.Second // longer than it takes until a channel is looked at again
	quiet, loud, full := level(30), level(3000), level(math.MaxInt16)
	for _, row := range []struct {
		name   string
		frame  []byte
		alarms recorder.Alarms
		after  time.Duration // 0 for never
		alarm  string
	}{
		{"silence", make([]byte, 1920), recorder.Alarms{}, 30 * time.Second, "silent"},
		{"nearly silence", quiet, recorder.Alarms{}, 30 * time.Second, "silent"},
		{"quiet speech", level(60), recorder.Alarms{}, 0, ""},
		{"what another house calls silence", level(60), recorder.Alarms{Silent: 5 * time.Second, SilentBelow: -50}, 5 * time.Second, "silent"},
		{"silence that is nobody's business", quiet, recorder.Alarms{Silent: -1}, 0, ""},
		{"full scale", full, recorder.Alarms{}, 5 * time.Second, "clipping"},
		{"nearly full scale", level(math.MaxInt16 - 1), recorder.Alarms{}, 0, ""},
		{"full scale that is nobody's business", full, recorder.Alarms{Clipping: -1}, 0, ""},
		{"nothing", nil, recorder.Alarms{}, 10 * time.Second, "stalled"},
		{"nothing, and little patience", nil, recorder.Alarms{Stalled: 2 * time.Second}, 2 * time.Second, "stalled"},
		{"nothing, which is nobody's business", nil, recorder.Alarms{Stalled: -1}, 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				var h heard
				r := open(t, recorder.Config{Root: root, Alarms: row.alarms, OnEvent: h.hear})
				s := create(t, r, mono("floor"))
				c := channel(t, s, "floor")
				speak(t, c, loud, 3*time.Second)
				if got := h.take(); got != "session_created" {
					t.Fatalf("told %q", got)
				}
				if row.after == 0 {
					speak(t, c, row.frame, 2*time.Minute)
					if got := h.take(); got != "" {
						t.Errorf("told %q", got)
					}
				} else {
					speak(t, c, row.frame, row.after-look)
					if got := h.take(); got != "" || alarmsOf(s) != "" {
						t.Errorf("told %q early; %q", got, alarmsOf(s))
					}
					speak(t, c, row.frame, 3*look)
					if got := h.take(); got != "alarm_raised:"+row.alarm || alarmsOf(s) != row.alarm || r.Health().Alarms != 1 {
						t.Errorf("told %q, %q is raised", got, alarmsOf(s))
					}
					speak(t, c, row.frame, time.Minute)
					speak(t, c, loud, 2*look)
					if got := h.take(); got != "alarm_cleared:"+row.alarm || alarmsOf(s) != "" {
						t.Errorf("told %q, %q is raised", got, alarmsOf(s))
					}
				}
				if h := r.Health(); h.State != recorder.HealthOK {
					t.Errorf("a source is the recorder's trouble: %v", h.Err())
				}
				// On purpose it may be as quiet, or as absent, as it likes.
				c.Mute()
				speak(t, c, row.frame, 2*time.Minute)
				if got := h.take(); got != "" || alarmsOf(s) != "" {
					t.Errorf("of a muted channel was told %q", got)
				}
				destroy(t, s)
				if got := h.take(); got != "session_finalized" {
					t.Errorf("told %q", got)
				}
				if err := r.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// alarmsOf are the alarms that are raised in a session.
func alarmsOf(s *recorder.Session) string {
	synctest.Wait()
	var words []string
	for _, c := range s.Health().Channels {
		for _, a := range c.Alarms {
			words = append(words, a.Alarm.String())
		}
	}
	return strings.Join(words, " ")
}

// What a session's sources sound like can be asked for.
func TestChannelHealth(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := open(t, recorder.Config{Root: root})
		s := create(t, r, mono("floor"), mono("en"))
		began := time.Now()
		speak(t, channel(t, s, "floor"), level(16384), 5*time.Second)
		floor, en := s.Health().Channels[0], s.Health().Channels[1]
		if floor.ID != "floor" || math.Abs(floor.PeakDBFS+6.02) > 0.01 || math.Abs(floor.RMSDBFS+6.02) > 0.01 || time.Since(floor.LastFrame) > time.Second {
			t.Errorf("%+v", floor)
		}
		if en.ID != "en" || en.PeakDBFS != -120 || en.RMSDBFS != -120 || !en.LastFrame.Equal(began) {
			t.Errorf("%+v", en)
		}
		if h := r.Health(); h.Sessions != 1 || h.Channels != 2 || h.BytesPerSecond != 2*96000 || h.DiskFree <= 0 || h.Full != time.Duration(float64(h.DiskFree)/192000*1e9) {
			t.Errorf("%+v", h)
		}
		destroy(t, s)
		if h := r.Health(); h.Sessions != 0 || h.Full != math.MaxInt64 || h.State != recorder.HealthOK || h.Err() != nil {
			t.Errorf("%+v", h)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// degraded begins to record on a disk that breaks on request.
func degraded(t *testing.T, root string, h *heard) (*recorder.Recorder, *recorder.Session, *modelDisk) {
	var disk *modelDisk
	r := open(t, recorder.Config{Root: root, Buffer: 5 * time.Second, OnEvent: h.hear}.OnDisk(func(fsys durable.FS) durable.FS {
		disk = &modelDisk{FS: fsys}
		return disk
	}))
	t.Cleanup(func() { disk.set(false, false) })
	s := named(t, r, "plenary", mono("floor"))
	speak(t, channel(t, s, "floor"), level(3000), 3*time.Second)
	if got := h.take(); got != "session_created" || r.Health().State != recorder.HealthOK {
		t.Fatalf("told %q; %v", got, r.Health().Err())
	}
	return r, s, disk
}

// why is the kinds of what is wrong, and for how long the oldest has been.
func why(t *testing.T, r *recorder.Recorder) (kinds string, since time.Duration) {
	t.Helper()
	synctest.Wait()
	h := r.Health()
	var words []string
	for _, reason := range h.Reasons {
		words = append(words, string(reason.Kind))
		if reason.Session != "plenary" || reason.Err == nil {
			t.Errorf("%+v", reason)
		}
	}
	if len(words) > 0 {
		since = time.Since(h.Since)
	}
	if (h.State == recorder.HealthOK) != (len(words) == 0) || (h.Err() == nil) != (len(words) == 0) {
		t.Errorf("%s: %v", h.State, h.Err())
	}
	return strings.Join(words, " "), since
}

// A disk that refuses shows in the session's and the recorder's health, and so does its end; each is told once.
func TestHealthOfADiskThatRefuses(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var h heard
		r, s, disk := degraded(t, root, &h)
		c := channel(t, s, "floor")
		disk.set(true, false)
		speak(t, c, level(3000), 1900*time.Millisecond)
		if got := h.take(); got != "session_degraded recorder_degraded" {
			t.Errorf("told %q", got)
		}
		if kinds, since := why(t, r); !strings.Contains(kinds, "disk") || since < time.Second || since > 2*time.Second {
			t.Errorf("%s for %s", kinds, since)
		}
		if err := r.Health().Err(); !strings.Contains(err.Error(), `disk of session "plenary" since 2000-01-01T00:00:0`) {
			t.Error(err)
		}
		// It can't be finished either.
		var step *recorder.StepError
		if _, err := s.Destroy(t.Context(), "over"); !errors.As(err, &step) || !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("destroy: %v", err)
		}
		if kinds, _ := why(t, r); h.take() != "session_unfinished" || !strings.Contains(kinds, "disk") || !strings.Contains(kinds, "unfinished") {
			t.Errorf("%s", kinds)
		}
		disk.set(false, false)
		destroy(t, s)
		time.Sleep(2 * time.Second)
		if got := h.take(); got != "session_finalized recorder_recovered" {
			t.Errorf("told %q", got)
		}
		if kinds, _ := why(t, r); kinds != "" {
			t.Errorf("still %s", kinds)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// A disk that stalls says nothing: its silence shows. Asking doesn't wait for it.
func TestHealthOfADiskThatStalls(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var h heard
		r, s, disk := degraded(t, root, &h)
		c := channel(t, s, "floor")
		disk.set(false, true)
		speak(t, c, level(3000), 2900*time.Millisecond)
		if got := h.take(); got != "recorder_degraded" {
			t.Errorf("told %q", got)
		}
		began := time.Now()
		if kinds, since := why(t, r); kinds != "unsynced" || since < time.Second || since > 3*time.Second || r.Health().Unsynced < 2*time.Second {
			t.Errorf("%s for %s", kinds, since)
		}
		if waited := time.Since(began); waited > 0 {
			t.Errorf("waited for %s", waited)
		}
		disk.set(false, false)
		speak(t, c, level(3000), 3*time.Second)
		if kinds, _ := why(t, r); kinds != "" || h.take() != "recorder_recovered" {
			t.Errorf("still %s", kinds)
		}
		destroy(t, s)
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// A volume that will soon be full is told of before it is.
func TestHealthOfAVolumeThatFillsUp(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := open(t, recorder.Config{Root: root, Alarms: recorder.Alarms{Full: math.MaxInt64}})
		if h := r.Health(); h.State != recorder.HealthOK { // nothing is written
			t.Errorf("%v", h.Err())
		}
		s := create(t, r, mono("floor"))
		began := time.Now()
		for range 3 {
			h := r.Health()
			if len(h.Reasons) != 1 || h.Reasons[0].Kind != recorder.ReasonSpace || !h.Since.Equal(began) || !strings.Contains(h.Err().Error(), fmt.Sprint(h.DiskFree)) {
				t.Errorf("%+v", h)
			}
			time.Sleep(time.Second)
		}
		destroy(t, s)
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// A host that doesn't listen holds up nobody but Close, and hears everything in the end.
func TestSlowListener(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		listen := make(chan struct{})
		var h heard
		r := open(t, recorder.Config{Root: root, OnEvent: func(e recorder.Event) { <-listen; h.hear(e) }})
		began := time.Now()
		s := named(t, r, "plenary", mono("floor"))
		if err := channel(t, s, "floor").WritePCM(level(1)); err != nil {
			t.Fatal(err)
		}
		destroy(t, s)
		if waited := time.Since(began); waited > 0 {
			t.Errorf("the recorder waited for %s", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v", err)
		}
		close(listen)
		if got := h.take(); got != "session_created session_finalized" {
			t.Errorf("told %q", got)
		}
	})
}

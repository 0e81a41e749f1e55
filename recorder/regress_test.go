package recorder_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/recorder"
)

// Each test here was a fault once.

// A session whose frames are all refused is not one that its host forgot.
func TestFullDiskIsNotIdle(t *testing.T) {
	v := refusing(t) // needs the mount
	synctest.Test(t, func(t *testing.T) {
		cfg := v.config()
		cfg.Idle = time.Minute
		r := open(t, cfg)
		s := create(t, r, mono("floor"))
		c := channel(t, s, "floor")
		v.refuse("")
		for i := range int64(50 * 120) {
			time.Sleep(frameTime)
			if err := c.WritePCMAt(i*960, pattern(0, i*960, 960)); err == recorder.ErrEnded {
				t.Errorf("ended after %s in the middle of writing", time.Duration(i)*frameTime)
				break
			}
		}
		v.allow()
	})
}

// More gaps between two rounds than their ring holds cost no audio.
func TestManyGapsBetweenRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, recorder.Config{Sync: recorder.Sync{Every: time.Minute}})
		s := create(t, r, mono("floor"))
		c := channel(t, s, "floor")
		for i := range int64(50 * 60) {
			time.Sleep(frameTime)
			if i%20 == 19 {
				continue // 5 % loss
			}
			if err := c.WritePCMAt(i*960, pattern(0, i*960, 960)); err != nil {
				t.Fatalf("frame %d: %v", i, err)
			}
		}
	})
}

// Await promises room for the gap before the frame as well.
func TestAwaitCountsGaps(t *testing.T) {
	r := open(t, recorder.Config{})
	c := channel(t, create(t, r, mono("floor")), "floor")
	for i := range int64(200) {
		if err := c.Await(t.Context(), 1920); err != nil {
			t.Fatal(err)
		}
		if err := c.WritePCMAt(i*1920, pattern(0, i*1920, 960)); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
}

// More cues between two rounds than their ring holds are accepted, as they come.
func TestManyCuesBetweenRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, recorder.Config{Sync: recorder.Sync{Every: time.Minute}})
		s := create(t, r, mono("floor"))
		for i := range 400 { // ten languages, an interim result a second each
			if i%10 == 0 {
				time.Sleep(time.Second)
			}
			if err := s.Cue(recorder.Cue{Channel: "floor", End: time.Second, Text: strings.Repeat("x", 80)}); err != nil {
				t.Fatalf("cue %d: %v", i, err)
			}
		}
	})
}

// A position near the end of what an integer holds is refused, not taken for the past.
func TestPositionPastEverything(t *testing.T) {
	r := open(t, recorder.Config{})
	c := channel(t, create(t, r, mono("floor")), "floor")
	wantFrameError(t, c.WritePCMAt(math.MaxInt64, pattern(0, 0, 960)), "floor", "position", math.MaxInt64)
}

// Recorders that publish the same session id at once each find a name.
func TestSameIDPublishedAtOnce(t *testing.T) {
	root := t.TempDir()
	var rs []*recorder.Recorder
	for range 8 {
		rs = append(rs, open(t, recorder.Config{Root: root}))
	}
	for i := range 20 {
		var ss []*recorder.Session
		for _, r := range rs {
			ss = append(ss, named(t, r, fmt.Sprint("s", i), mono("floor")))
		}
		var wg sync.WaitGroup
		for _, s := range ss {
			wg.Go(func() {
				if _, err := s.Destroy(t.Context(), ""); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

// A session may be called like a manifest.
func TestSessionCalledManifest(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	for _, id := range []string{"a", "b", "manifest.json"} {
		destroy(t, named(t, r, id, mono("floor")))
	}
	verified(t, root, 3)
}

// Recovery and recorders that come and go leave each other alone.
func TestRecoverWhileOthersClose(t *testing.T) {
	root := t.TempDir()
	stop := make(chan struct{})
	open(t, recorder.Config{Root: root})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				if _, err := cleanup.Recover(t.Context(), root, cleanup.Options{}); err != nil {
					t.Error(err)
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for range 300 {
		r, err := recorder.Open(t.Context(), recorder.Config{Root: root})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	wg.Wait()
}

// Sessions that record nothing take no recorder's place.
func TestUnrecordedSessionsDontCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, recorder.Config{Idle: time.Minute, Sessions: 2})
		for range 3 {
			if _, err := r.Create(t.Context(), recorder.SessionCreate{Channels: []recorder.ChannelSpec{{ID: "a"}}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
	})
}

// Whatever size its sample frames have, a recording is verified to the end of its gaps and not beyond.
func TestVerifyGapInFramesOfAnySize(t *testing.T) {
	for channels := 1; channels <= 8; channels++ {
		root := t.TempDir()
		r := open(t, recorder.Config{Root: root})
		s := create(t, r, recorder.ChannelSpec{ID: "floor", Record: true, SampleRate: 8000, ChannelCount: channels})
		c := channel(t, s, "floor")
		frame := bytes.Repeat([]byte{1}, 2*channels*160)
		if err := errors.Join(c.WritePCMAt(0, frame), c.WritePCMAt(300_000, frame)); err != nil {
			t.Fatal(err)
		}
		destroy(t, s)
		verified(t, root, 1)
	}
}

// What a loss of power made uncertain is cut off also where the session goes on for longer, so that silence takes its place.
func TestSilenceInPlaceOfUncertainTail(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root, Staging: "volume", Buffer: 250 * time.Millisecond, Sync: recorder.Sync{Every: time.Minute}})
	s := create(t, r, mono("floor"), mono("ca"))
	feed(t, channel(t, s, "floor"), 0, 0, 50)
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	ca := channel(t, s, "ca")
	feed(t, ca, 1, 0, 25)
	// A quarter of a second fits the ring: when the last of it finds room, the first is in the file.
	if err := errors.Join(ca.Await(t.Context(), 12000), s.Close(), r.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	stages, err := filepath.Glob(filepath.Join(root, ".spool", "*", "*", "stage"))
	if err != nil || len(stages) != 1 {
		t.Fatal(stages, err)
	}
	if err := os.Remove(stages[0]); err != nil {
		t.Fatal(err)
	}
	report, err := cleanup.Recover(t.Context(), root, cleanup.Options{})
	if err != nil || report.Published != 1 || len(report.Sessions[0].Kept) != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	kept, err := os.ReadFile(filepath.Join(root, report.Sessions[0].Kept[0]))
	if want := pattern(1, 0, 25*960); err != nil || len(kept) < 12000 || !bytes.HasPrefix(want, kept) {
		t.Errorf("kept %d bytes: %v", len(kept), err)
	}
	for _, m := range manifests(t, root) {
		if a := m.Channels[1].Audio; a.Samples != 50*960 {
			t.Errorf("%d samples, want those of the floor", a.Samples)
		}
	}
	if err := os.RemoveAll(filepath.Join(root, ".quarantine")); err != nil {
		t.Fatal(err)
	}
	verified(t, root, 1)
}

// Packets that waited for one that never came are on stable storage in time, in whatever phase of the disk writer they are played.
func TestRecoveryPointOfPacketsThatWaited(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var oldest time.Duration
		r := open(t, recorder.Config{Root: root, OnSynced: func(age time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			oldest = max(oldest, age)
		}})
		st := plainStream("l16", 8000, 320)
		s := create(t, r, st.spec)
		c := channel(t, s, "floor")
		for range 100 {
			for n := range 5 {
				time.Sleep(20 * time.Millisecond)
				if p := st.next(); n != 3 {
					if err := c.WriteRTP(p); err != nil {
						t.Fatal(err)
					}
				}
			}
			time.Sleep(2010 * time.Millisecond)
			st.ts += 2010 * 8
		}
		destroy(t, s)
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if mu.Lock(); oldest > time.Second {
			t.Errorf("what was made durable was up to %s old, want at most 1 s", oldest)
		}
		mu.Unlock()
	})
}

// However short the buffer, the packets that waited until the first of them could be placed find room when they are played.
func TestShortBufferTakesPacketsThatWaited(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := open(t, recorder.Config{Root: root, Buffer: 250 * time.Millisecond})
		st := plainStream("l16", 8000, 320)
		s := create(t, r, st.spec)
		c := channel(t, s, "floor")
		for range 100 {
			time.Sleep(20 * time.Millisecond)
			if err := c.WriteRTP(st.next()); err != nil {
				t.Fatal(err)
			}
		}
		m := destroy(t, s)
		if ch := m.Channels[0]; m.Outcome != "ok" || len(ch.Gaps) > 0 || ch.Source.Received != 100*160 {
			t.Errorf("outcome %s, gaps %v, %d frames received", m.Outcome, ch.Gaps, ch.Source.Received)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

package recorder_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// volume is a recordings root that can be made to refuse.
type volume struct {
	root   string
	refuse func(dir string) // from now on; dir, a pattern relative to the root, is what to take away where nothing can be filled
	allow  func()
	errno  syscall.Errno
}

// refusing returns a small volume of its own that is filled to the last byte. Whoever may not mount gets the nearest thing:
// a directory that is gone, with a file in its place.
func refusing(t *testing.T) *volume {
	t.Helper()
	v := &volume{root: t.TempDir()}
	err := syscall.Mount("rec-test", v.root, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "size=1m,mode=0750")
	if errors.Is(err, syscall.EPERM) {
		v.errno = syscall.ENOTDIR
		v.refuse = func(dir string) { v.allow = takeAway(t, filepath.Join(v.root, dir)) }
		return v
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(v.root, 0); err != nil {
			t.Error(err)
		}
	})
	v.errno = syscall.ENOSPC
	filler := filepath.Join(v.root, "filler")
	v.refuse = func(string) {
		f, err := os.Create(filler)
		if err != nil {
			t.Fatal(err)
		}
		page := bytes.Repeat([]byte{1}, os.Getpagesize())
		for err == nil {
			_, err = f.Write(page)
		}
		if closed := f.Close(); closed != nil || !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err, closed)
		}
	}
	v.allow = func() {
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

// takeAway puts a file in the place of the directory that matches pattern, until it is brought back.
func takeAway(t *testing.T, pattern string) (back func()) {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) != 1 {
		t.Fatalf("%s: %q, %v", pattern, names, err)
	}
	name, away := names[0], names[0]+".away"
	if err := errors.Join(os.Rename(name, away), os.WriteFile(name, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := errors.Join(os.Remove(name), os.Rename(away, name)); err != nil {
			t.Fatal(err)
		}
	}
}

// config keeps everything on the volume, and small.
func (v *volume) config() recorder.Config {
	return recorder.Config{Root: v.root, Staging: "volume", Buffer: 250 * time.Millisecond}
}

func TestOpenRefusedByTheDisk(t *testing.T) {
	v := refusing(t)
	v.refuse(".")
	r, err := recorder.Open(t.Context(), v.config())
	if !errors.Is(err, v.errno) || r != nil {
		t.Errorf("recorder %v, error %v, want %v", r, err, v.errno)
	}
	if left := inSpool(t, v.root); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	v.allow()
	r = open(t, v.config())
	destroy(t, create(t, r, mono("floor")))
	verified(t, v.root, 1)
}

// A session that finds no room is refused whole; the one beside it goes on, and the next try succeeds.
func TestCreateRefusedByTheDisk(t *testing.T) {
	v := refusing(t)
	r := open(t, v.config())
	s := create(t, r, mono("floor"))
	c := channel(t, s, "floor")
	feed(t, c, 0, 0, 5)
	before := inSpool(t, v.root)
	v.refuse(".spool/*")
	_, err := r.Create(t.Context(), recorder.SessionCreate{SessionID: "more", Channels: []recorder.ChannelSpec{mono("floor")}})
	if !errors.Is(err, v.errno) {
		t.Errorf("%v, want %v", err, v.errno)
	}
	if after := inSpool(t, v.root); len(after) != len(before) {
		t.Errorf("in the spool %q, before %q", after, before)
	}
	feed(t, c, 0, 5*960, 5)
	v.allow()
	more := named(t, r, "more", mono("floor"))
	feed(t, channel(t, more, "floor"), 1, 0, 10)
	for i, s := range []*recorder.Session{s, more} {
		if m := destroy(t, s); m.Outcome != "ok" {
			t.Errorf("outcome %s", m.Outcome)
		}
		if got := decode(t, filepath.Join(v.root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(i, 0, 9600)) {
			t.Errorf("session %q: samples differ", s.ID())
		}
	}
}

// Destroy on a disk that refuses says which step failed and why. Nothing is lost by it: asked again when there is room, or
// left to the recorder, it publishes what was accepted.
func TestDestroyRefusedByTheDisk(t *testing.T) {
	for _, row := range []struct {
		name  string
		again func(t *testing.T, s *recorder.Session)
	}{
		{"asked again", func(t *testing.T, s *recorder.Session) { destroy(t, s) }},
		{"left to the recorder", func(*testing.T, *recorder.Session) {
			time.Sleep(31 * time.Second) // of the bubble: it looks after failed ones every 30 s
			synctest.Wait()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := refusing(t)
			synctest.Test(t, func(t *testing.T) {
				r := open(t, v.config())
				s := create(t, r, mono("floor"))
				c := channel(t, s, "floor")
				feed(t, c, 0, 0, 10)
				v.refuse(".spool/*/" + s.ID())
				feed(t, c, 0, 10*960, 2)
				var step *recorder.StepError
				if _, err := s.Destroy(t.Context(), "over"); !errors.As(err, &step) || !errors.Is(err, v.errno) {
					t.Fatalf("%v, want a *StepError with %v", err, v.errno)
				}
				if step.Step == "" || step.Path == "" {
					t.Errorf("%+v", step)
				}
				if n := len(manifests(t, v.root)); n != 0 || s.Path() != "" {
					t.Errorf("%d recordings, path %q", n, s.Path())
				}
				if err := c.WritePCMAt(12*960, pattern(0, 0, 960)); !errors.Is(err, recorder.ErrEnded) {
					t.Errorf("%v, want ErrEnded", err)
				}
				v.allow()
				row.again(t, s)
				m := manifests(t, v.root)[s.Path()]
				if m.Outcome != "ok" || m.EndReason != "over" || m.Recovery != nil {
					t.Errorf("%+v", m)
				}
				if got := decode(t, filepath.Join(v.root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(0, 0, 12*960)) {
					t.Error("samples differ")
				}
				if left := inSpool(t, v.root); len(left) != 0 {
					t.Errorf("left behind: %q", left)
				}
			})
		})
	}
}

// Contract C6: what a full disk cost is silence of the right length, with its cause, and as soon as there is room the
// recording goes on by itself. Where no disk can be filled, open files stay writable and nothing is lost at all.
func TestDiskFullForAWhile(t *testing.T) {
	v := refusing(t)
	synctest.Test(t, func(t *testing.T) {
		r := open(t, v.config())
		s := create(t, r, mono("floor"))
		c := channel(t, s, "floor")
		var want []byte
		refused, last := int64(0), int64(0)
		for i := range int64(250) {
			switch i {
			case 50:
				v.refuse(".spool/*/" + s.ID())
			case 150:
				v.allow()
			}
			time.Sleep(frameTime)
			frame := pattern(0, i*960, 960)
			err := c.WritePCMAt(i*960, frame)
			if errors.Is(err, recorder.ErrOverflow) {
				frame = make([]byte, len(frame))
				refused, last = refused+1, i
			} else if err != nil {
				t.Fatal(err)
			}
			want = append(want, frame...)
		}
		m := destroy(t, s)
		if got := decode(t, filepath.Join(v.root, s.Path(), "floor.wav")); !bytes.Equal(got, want) {
			t.Error("samples differ")
		}
		silent := int64(0)
		for _, g := range m.Channels[0].Gaps {
			if g.Cause != "overflow" && g.Cause != "disk" {
				t.Errorf("%+v", g)
			}
			silent += g.Length
		}
		if silent != refused*960 {
			t.Errorf("gaps of %d samples, refused %d", silent, refused*960)
		}
		if v.errno != syscall.ENOSPC {
			return
		}
		// The buffer holds a quarter of a second of the two; a second after there was room, all is well.
		if m.Outcome != "degraded" || refused < 75 || last >= 200 {
			t.Errorf("outcome %s, %d frames refused, the last %d", m.Outcome, refused, last)
		}
	})
	verified(t, v.root, 1)
}

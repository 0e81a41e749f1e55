package recorder_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ilenia-live/rec/recorder"
)

// Of fifty who create the same session at once, one has it; the others are told so and can't harm it.
func TestCreateTwice(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	message := recorder.SessionCreate{SessionID: "same", Channels: []recorder.ChannelSpec{mono("floor")}}
	const callers = 50
	var sessions [callers]*recorder.Session
	var errs [callers]error
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range callers {
		wg.Go(func() {
			<-start
			sessions[i], errs[i] = r.Create(t.Context(), message)
		})
	}
	close(start)
	wg.Wait()
	var s *recorder.Session
	for i, err := range errs {
		switch {
		case err == nil && s == nil:
			s = sessions[i]
		case err == nil:
			t.Fatal("two have the session")
		default:
			wantFieldError(t, err, "sessionId", "same")
			if !errors.Is(err, recorder.ErrExists) {
				t.Errorf("%v, want ErrExists", err)
			}
		}
	}
	if s == nil {
		t.Fatalf("nobody has the session: %v", errors.Join(errs[:]...))
	}
	if left := inSpool(t, root); len(left) != 1 {
		t.Errorf("in the spool: %q", left)
	}
	c := channel(t, s, "floor")
	feed(t, c, 0, 0, 25)
	if _, err := r.Create(t.Context(), message); !errors.Is(err, recorder.ErrExists) {
		t.Errorf("%v, want ErrExists", err)
	}
	feed(t, c, 0, 25*960, 25)
	destroy(t, s)
	if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(0, 0, 48000)) {
		t.Error("samples differ")
	}
	if n := len(manifests(t, root)); n != 1 {
		t.Errorf("%d recordings, want 1", n)
	}
}

// A session that records nothing has its id like any other.
func TestCreateTwiceWithoutRecording(t *testing.T) {
	r := open(t, recorder.Config{})
	s := named(t, r, "same", recorder.ChannelSpec{ID: "floor"})
	if _, err := r.Create(t.Context(), recorder.SessionCreate{SessionID: "same"}); !errors.Is(err, recorder.ErrExists) {
		t.Errorf("%v, want ErrExists", err)
	}
	destroy(t, s)
	destroy(t, named(t, r, "same", recorder.ChannelSpec{ID: "floor"}))
}

func TestTooManySessions(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root, Sessions: 2})
	a, b := named(t, r, "a", mono("floor")), named(t, r, "b", mono("floor"))
	feed(t, channel(t, a, "floor"), 0, 0, 5)
	if _, err := r.Create(t.Context(), recorder.SessionCreate{SessionID: "c", Channels: []recorder.ChannelSpec{mono("floor")}}); !errors.Is(err, recorder.ErrTooMany) {
		t.Errorf("%v, want ErrTooMany", err)
	}
	// What records nothing costs nothing, and doesn't count.
	if _, err := r.Create(t.Context(), recorder.SessionCreate{SessionID: "unrecorded"}); err != nil {
		t.Error(err)
	}
	feed(t, channel(t, a, "floor"), 0, 5*960, 5)
	destroy(t, b)
	destroy(t, named(t, r, "c", mono("floor")))
	destroy(t, a)
	if got := decode(t, filepath.Join(root, a.Path(), "floor.wav")); !bytes.Equal(got, pattern(0, 0, 9600)) {
		t.Error("samples differ")
	}
	if n := len(manifests(t, root)); n != 3 {
		t.Errorf("%d recordings, want 3", n)
	}
}

// Whoever gives up before Create has taken nothing.
func TestCreateGivenUp(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := len(tree(t, root))
	if _, err := r.Create(ctx, recorder.SessionCreate{SessionID: "a", Channels: []recorder.ChannelSpec{mono("floor")}}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if after := len(tree(t, root)); after != before {
		t.Errorf("%d names below the root, before %d", after, before)
	}
	destroy(t, named(t, r, "a", mono("floor")))
	if _, err := recorder.Open(ctx, recorder.Config{Root: filepath.Join(root, "other")}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

package recorder_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/recorder"
)

// However often a session is destroyed, and by how many at once, it is one recording, and everyone gets its manifest: the
// one that lies beside the audio.
func TestDestroyTwice(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := create(t, r, mono("floor"))
	feed(t, channel(t, s, "floor"), 0, 0, 10)
	const callers = 20
	var got [callers]recorder.Manifest
	var errs [callers]error
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { got[i], errs[i] = s.Destroy(t.Context(), "over") })
	}
	wg.Wait()
	onDisk := manifests(t, root)
	if len(onDisk) != 1 || s.Path() == "" {
		t.Fatalf("%d recordings, path %q", len(onDisk), s.Path())
	}
	before := tree(t, root)
	again, err := s.Destroy(t.Context(), "once more")
	for i, m := range append(got[:], again) {
		if err := append(errs[:], err)[i]; err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(onDisk[s.Path()], m); d != "" {
			t.Errorf("caller %d, on the disk and returned:\n%s", i, d)
		}
	}
	if again.EndReason != "over" {
		t.Errorf("ended for %q", again.EndReason)
	}
	if after := tree(t, root); !slices.Equal(before, after) {
		t.Errorf("files before: %q, after: %q", before, after)
	}
	if _, err := r.Session(s.ID()); !errors.Is(err, recorder.ErrNotFound) {
		t.Errorf("after destroy: %v", err)
	}
}

// Whoever gives up waiting has ended the session all the same, and may ask again for what became of it.
func TestDestroyGivenUp(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := create(t, r, mono("floor"))
	c := channel(t, s, "floor")
	feed(t, c, 0, 0, 50)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Destroy(ctx, "given up"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	m, err := s.Destroy(t.Context(), "asked again")
	if err != nil {
		t.Fatal(err)
	}
	if m.Outcome != "ok" || m.Recovery != nil || m.EndReason != "given up" {
		t.Errorf("%+v", m)
	}
	if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(0, 0, 48000)) {
		t.Error("samples differ")
	}
	if n := len(manifests(t, root)); n != 1 {
		t.Errorf("%d recordings, want 1", n)
	}
}

// The message of the service does what the method does.
func TestDestroyByMessage(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := named(t, r, "plenary", mono("floor"))
	feed(t, channel(t, s, "floor"), 0, 0, 10)
	m, err := recorder.ParseSessionDestroy([]byte(`{"type":"SessionDestroy","sessionId":"plenary","reason":"sitting suspended"}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Destroy(t.Context(), m)
	if err != nil || got.EndReason != "sitting suspended" || got.Channels[0].Audio.Samples != 9600 {
		t.Errorf("%+v, %v", got, err)
	}
	if d := cmp.Diff(got, destroy(t, s)); d != "" {
		t.Error(d)
	}
}

// Close, deferred, never takes a recording back; without a Destroy before it, it leaves the session to recovery for good.
func TestSessionClose(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root, Staging: "volume"}) // an orphan must not outlive the test
	s := create(t, r, mono("floor"))
	feed(t, channel(t, s, "floor"), 0, 0, 10)
	want := destroy(t, s)
	before := tree(t, root)
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if after := tree(t, root); !slices.Equal(before, after) {
		t.Errorf("files before: %q, after: %q", before, after)
	}
	if d := cmp.Diff(want, destroy(t, s)); d != "" {
		t.Error(d)
	}

	left := create(t, r, mono("floor"))
	feed(t, channel(t, left, "floor"), 1, 0, 10)
	for range 2 {
		if err := left.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := left.Destroy(t.Context(), ""); !errors.Is(err, recorder.ErrEnded) {
		t.Errorf("%v, want ErrEnded", err)
	}
	if _, err := r.Session(left.ID()); !errors.Is(err, recorder.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
	if n := len(manifests(t, root)); n != 1 {
		t.Errorf("%d recordings, want 1", n)
	}
}

// Closing the recorder ends every session as its host would have: none is an orphan afterwards.
func TestRecorderClose(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s, empty, quiet := create(t, r, mono("floor"), mono("en")), create(t, r, mono("floor")), create(t, r, recorder.ChannelSpec{ID: "floor"})
	feed(t, channel(t, s, "floor"), 0, 0, 50)
	feed(t, channel(t, s, "en"), 1, 0, 50)
	for range 2 {
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []*recorder.Session{s, empty} {
		m := destroy(t, s)
		if m.EndReason != "recorder closed" || m.Recovery != nil || m.Outcome != "ok" {
			t.Errorf("%+v", m)
		}
		if d := cmp.Diff(m, manifests(t, root)[s.Path()]); d != "" {
			t.Error(d)
		}
	}
	for i, id := range []string{"floor", "en"} {
		if got := decode(t, filepath.Join(root, s.Path(), id+".wav")); !bytes.Equal(got, pattern(i, 0, 48000)) {
			t.Errorf("channel %s: samples differ", id)
		}
	}
	destroy(t, quiet)
	if _, err := r.Create(t.Context(), recorder.SessionCreate{Channels: []recorder.ChannelSpec{mono("floor")}}); !errors.Is(err, recorder.ErrClosed) {
		t.Errorf("%v, want ErrClosed", err)
	}
	if left := tree(t, filepath.Join(root, ".spool")); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	verified(t, root, 2)
}

// A recorder that is closed in a hurry leaves to recovery what it didn't finish; between them, each session is recorded
// once and whole.
func TestRecorderCloseGivenUp(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	const n = 5
	for i := range n {
		s := named(t, r, string(rune('a'+i)), mono("floor"))
		feed(t, channel(t, s, "floor"), i, 0, 25)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Close(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "5 sessions are left") {
		t.Errorf("%v, want context.Canceled and how many are left", err)
	}
	finished := len(manifests(t, root))
	report, err := cleanup.Recover(t.Context(), root, cleanup.Options{})
	if err != nil || report.Published != n-finished || report.Orphans != n-finished {
		t.Errorf("%s, %v; %d were finished before", report, err, finished)
	}
	recordings := manifests(t, root)
	for at, m := range recordings {
		i := int(m.SessionID[0] - 'a')
		if got := decode(t, filepath.Join(root, at, "floor.wav")); !bytes.Equal(got, pattern(i, 0, 24000)) {
			t.Errorf("session %s: samples differ", m.SessionID)
		}
	}
	if len(recordings) != n {
		t.Errorf("%d recordings, want %d", len(recordings), n)
	}
	verified(t, root, n)
}

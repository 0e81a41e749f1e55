package durable_test

import (
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ilenia-live/rec/internal/durable"
)

func TestLockExcludesAnotherHolderInThisProcess(t *testing.T) {
	dir := t.TempDir()
	first, err := openRoot(t, dir).Lock("LOCK", true)
	must(t, err)
	for _, create := range []bool{false, true} {
		if _, err := openRoot(t, dir).Lock("LOCK", create); !errors.Is(err, durable.ErrLocked) {
			t.Fatalf("second lock: %v, want ErrLocked", err)
		}
	}
	must(t, first.Release())
	again, err := openRoot(t, dir).Lock("LOCK", false)
	must(t, err, again.Release())
}

func TestLockExcludesAnotherProcess(t *testing.T) {
	dir := t.TempDir()
	other := startHelper(t, dir, "lock")
	if other.said != "ready" {
		t.Fatalf("helper: %s", other.said)
	}
	root := openRoot(t, dir)
	if _, err := root.Lock("LOCK", true); !errors.Is(err, durable.ErrLocked) {
		t.Fatalf("while the other process holds it: %v, want ErrLocked", err)
	}
	other.kill()
	mine, err := root.Lock("LOCK", false)
	if err != nil {
		t.Fatalf("after kill -9 of the holder: %v", err)
	}
	if third := startHelper(t, dir, "lock"); third.said != "locked" {
		t.Fatalf("helper, while we hold the lock: %s", third.said)
	}
	must(t, mine.Release())
}

// A child that outlives the release, ffmpeg say, must not keep a dead recorder's lock.
func TestLockIsNotInherited(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	held, err := root.Lock("LOCK", true)
	must(t, err)
	if child := startHelper(t, dir, "wait"); child.said != "ready" {
		t.Fatalf("helper: %s", child.said)
	}
	must(t, held.Release())
	again, err := root.Lock("LOCK", false)
	must(t, err, again.Release())
}

func TestLockWithoutAFile(t *testing.T) {
	root := newRoot(t)
	if _, err := root.Lock("LOCK", false); !errors.Is(err, fs.ErrNotExist) || exists(t, root, "LOCK") {
		t.Fatalf("error %v, want fs.ErrNotExist and no file", err)
	}
	if _, err := root.Lock("none/LOCK", true); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("in a directory that is gone: %v", err)
	}
}

// Whoever removes a lock file while holding it must not thereby let two others in, one through the old file, which it had
// opened in time, and one through a new file of the same name.
func TestLockOfAReplacedFile(t *testing.T) {
	dir := t.TempDir()
	root := openRoot(t, dir)
	var inside, entered atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 400 {
				l, err := root.Lock("LOCK", true)
				if err != nil {
					if !errors.Is(err, durable.ErrLocked) && !errors.Is(err, fs.ErrNotExist) {
						t.Error(err)
					}
					continue
				}
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d hold the lock at once", n)
				}
				entered.Add(1)
				inside.Add(-1)
				if err := errors.Join(root.Remove("LOCK"), l.Release()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if entered.Load() == 0 {
		t.Fatal("nobody ever got the lock")
	}
}

func TestLockNote(t *testing.T) {
	root := newRoot(t)
	l, err := root.Lock("LOCK", true)
	must(t, err, l.Note("pid 123456\n"), l.Note("pid 7\n"))
	if got := read(t, root, "LOCK"); got != "pid 7\n" {
		t.Fatalf("note %q", got)
	}
	must(t, l.Release())
	// Taking a lock must leave the note of the dead holder for whoever investigates.
	l, err = root.Lock("LOCK", true)
	must(t, err)
	if got := read(t, root, "LOCK"); got != "pid 7\n" {
		t.Fatalf("note after locking again %q", got)
	}
	must(t, l.Release())
}

package pipeline

import (
	"bytes"
	"errors"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/internal/spool"
)

// failsOnly fails the syncs of one file.
func failsOnly(broken string) func(name string) error {
	return func(name string) error {
		if name == broken {
			return syscall.EIO
		}
		return nil
	}
}

// A volume that is synced as a whole is asked less often than there are files, and no file by itself.
func TestSyncTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		var calls, latest atomic.Int64
		e, s := begin(t, d, Config{
			SyncVolume: func() error { calls.Add(1); time.Sleep(50 * time.Millisecond); return nil },
			OnSynced:   func(age time.Duration) { latest.Store(max(latest.Load(), int64(age))) }, // by the one shard that has a session
		}, "floor", "ca", "en")
		for i := range int64(500) { // ten seconds
			for k := range 3 {
				if err := s.Channel(k).Write(i*160, pattern(i*160, 160)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(20 * time.Millisecond)
		}
		if n, late := calls.Load(), time.Duration(latest.Load()); n < 10 || n > 40 || late > time.Second || late == 0 {
			t.Errorf("%d syncs of the volume in 10 s, recovery point %s", n, late)
		}
		for name, c := range d.files {
			if len(c.synced) > 0 {
				t.Errorf("%s was synced by itself", name)
			}
		}
		before := calls.Load()
		if err := s.Sync(t.Context()); err != nil || calls.Load() == before {
			t.Errorf("Sync: %v after %d syncs of the volume", err, calls.Load()-before)
		}
		if mark, _ := spool.Marks(d.files[s.chans[2].partName()].data); mark.Frames < 450*160 {
			t.Errorf("certain up to frame %d", mark.Frames)
		}
		if err := s.Seal(t.Context(), spool.End{}); err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// An error of the volume may be anybody's: the files that have none of their own are durable, and the one that has is written anew.
func TestSyncTogetherFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		var broken atomic.Bool
		e, s := begin(t, d, Config{SyncVolume: func() error {
			if broken.Load() {
				return syscall.EIO
			}
			return nil
		}}, "floor", "ca")
		floor, ca := s.Channel(0), s.Channel(1)
		live(t, floor, 0, 10)
		live(t, ca, 0, 10)
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		broken.Store(true) // of a stranger's file
		live(t, floor, 1600, 10)
		if err := s.Sync(t.Context()); err != nil {
			t.Errorf("another file's error is taken for ours: %v", err)
		}
		d.set(nil, failsOnly(floor.partName()))
		live(t, floor, 3200, 10)
		if err := s.Sync(t.Context()); !errors.Is(err, syscall.EIO) {
			t.Fatalf("sync: %v, want EIO", err)
		}
		failedAt := len(d.files[floor.partName()].synced)
		d.set(nil, nil)
		broken.Store(false)
		if err := s.Sync(t.Context()); err != nil {
			t.Fatalf("after the disk recovered: %v", err)
		}
		if after := d.files[floor.partName()].synced[failedAt:]; slices.Contains(after, 1) {
			t.Errorf("the failed descriptor was synced again: %v", after)
		}
		if err := s.Seal(t.Context(), spool.End{}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.samples(s, 0), pattern(0, 4800)) {
			t.Error("samples differ")
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// The volume tells its error once. Whoever's file it is of, and whenever that is synced next, learns of it.
func TestSyncTogetherTellsTheRightOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		var broken atomic.Bool
		e, s := begin(t, d, Config{Every: time.Minute, SyncVolume: func() error {
			time.Sleep(50 * time.Millisecond)
			if broken.Swap(false) {
				return syscall.EIO
			}
			return nil
		}}, "floor", "ca")
		floor, ca := s.Channel(0), s.Channel(1)
		live(t, floor, 0, 10)
		live(t, ca, 0, 10)
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		// The floor's samples are lost when the error is told in a round that is about the other channel only.
		live(t, ca, 1600, 10)
		broken.Store(true)
		if err := s.Sync(t.Context()); err != nil {
			t.Errorf("the other channel: %v", err)
		}
		d.set(nil, failsOnly(floor.partName()))
		live(t, floor, 1600, 10)
		if err := s.Sync(t.Context()); !errors.Is(err, syscall.EIO) {
			t.Errorf("the channel whose samples are lost: %v, want EIO", err)
		}
		d.set(nil, nil)
		if err := s.Seal(t.Context(), spool.End{}); err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

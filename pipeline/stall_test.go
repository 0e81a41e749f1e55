package pipeline

import (
	"bytes"
	"errors"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/internal/spool"
)

// live writes n frames of 20 ms as a live source does, one each 20 ms from position from, and returns those refused.
func live(t *testing.T, c *Channel, from, n int64) (refused int) {
	t.Helper()
	for i := range n {
		began := time.Now()
		err := c.Write(from+i*160, pattern(from+i*160, 160))
		switch {
		case errors.Is(err, ErrOverflow):
			refused++
		case err != nil:
			t.Fatal(err)
		}
		if took := time.Since(began); took > 0 { // virtual time: any wait at all shows
			t.Fatalf("frame at %d: the writer waited %s", from+i*160, took)
		}
		time.Sleep(20 * time.Millisecond)
	}
	return refused
}

// A disk that stalls for five seconds holds up nobody; what doesn't fit becomes a gap of exactly the frames refused, and
// the recording goes on.
func TestStallBecomesGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, s := begin(t, d, Config{})
		c := s.Channel(0)
		live(t, c, 0, 100)
		stall := make(chan struct{})
		d.set(func(string) error { <-stall; return nil }, nil)
		refused := live(t, c, 16000, 250)
		// The ring holds 51 frames, of which a round may have been about to drain up to half a second.
		if refused < 250-51 || refused > 250-51+25 {
			t.Errorf("%d frames of 250 were refused", refused)
		}
		close(stall)
		time.Sleep(time.Second)
		if n := live(t, c, 16000+250*160, 100); n > 0 {
			t.Errorf("%d frames refused after the stall", n)
		}
		if err := s.Seal(t.Context(), spool.End{}); err != nil {
			t.Fatal(err)
		}
		checkGap(t, d, s, 16000, 350*160, int64(refused)*160, "overflow", 450*160)
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A full disk likewise, but for the cause; and the disk is not asked without end.
func TestFullDiskBecomesGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		var told []error
		e, s := begin(t, d, Config{OnDisk: func(_ string, err error) { told = append(told, err) }})
		c := s.Channel(0)
		live(t, c, 0, 100)
		asked := 0
		d.set(func(string) error { asked++; return syscall.ENOSPC }, nil)
		refused := live(t, c, 16000, 250)
		d.set(nil, nil)
		time.Sleep(time.Second)
		live(t, c, 16000+250*160, 100)
		if err := s.Seal(t.Context(), spool.End{}); err != nil {
			t.Fatal(err)
		}
		checkGap(t, d, s, 16000, 350*160, int64(refused)*160, "disk", 450*160)
		if asked > 30 {
			t.Errorf("a full disk was asked %d times in 5 s", asked)
		}
		if len(told) != 2 || !errors.Is(told[0], syscall.ENOSPC) || told[1] != nil {
			t.Errorf("told of %v, want the error once and its end once", told)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// checkGap wants one gap of that length and cause between two positions, the pattern everywhere else, and total frames.
func checkGap(t *testing.T, d *disk, s *Session, after, before, length int64, cause string, total int64) {
	t.Helper()
	got := d.samples(s, 0)
	if int64(len(got)) != 2*total {
		t.Fatalf("file holds %d frames, want %d", len(got)/2, total)
	}
	var gap *spool.GapOf
	for _, r := range d.journal(t) {
		if r.Gap != nil {
			if gap != nil {
				t.Fatalf("a second gap: %+v", r.Gap)
			}
			gap = r.Gap
		}
	}
	if gap == nil || gap.Length != length || gap.Cause != cause || gap.Start < after || gap.Start+gap.Length > before {
		t.Fatalf("gap %+v, want %d frames of %s within %d to %d", gap, length, cause, after, before)
	}
	want := pattern(0, total)
	clear(want[2*gap.Start : 2*(gap.Start+gap.Length)])
	if !bytes.Equal(got, want) {
		t.Error("samples differ from what was accepted")
	}
	mark, newer := spool.Marks(d.files[s.chans[0].partName()].data)
	if len(newer) > 0 {
		mark = newer[len(newer)-1]
	}
	if mark.State != spool.StateComplete || mark.Frames != total || mark.Gaps != 1 {
		t.Errorf("last mark %+v", mark)
	}
}

// The recovery point is held with syncs that take a third of it, and every sync reports the one it achieved.
func TestRecoveryPointIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		var ages []time.Duration
		e, s := begin(t, d, Config{Writers: 1, OnSynced: func(age time.Duration) { ages = append(ages, age) }})
		d.set(nil, func(string) error { time.Sleep(300 * time.Millisecond); return nil })
		live(t, s.Channel(0), 0, 1000)
		if len(ages) < 20 {
			t.Fatalf("%d syncs in 20 s", len(ages))
		}
		for i, age := range ages {
			if age > time.Second || age < 300*time.Millisecond {
				t.Errorf("sync %d made durable what was %s old", i, age)
			}
		}
		if st := e.Stats(); st.Missed != 0 {
			t.Errorf("%d syncs were late", st.Missed)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A recovery point that can't be held is counted, and Unsynced grows while a sync hangs, though frames are accepted.
func TestMissedRecoveryPointShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, s := begin(t, d, Config{})
		live(t, s.Channel(0), 0, 50)
		hang := make(chan struct{})
		d.set(nil, func(string) error { <-hang; return nil })
		live(t, s.Channel(0), 50*160, 250)
		if st := e.Stats(); st.Unsynced < 4*time.Second || st.FramesRefused != 0 {
			t.Errorf("after a sync that hangs for 5 s: %+v", st)
		}
		close(hang)
		time.Sleep(time.Second)
		// The one that hung, and the one for what was accepted meanwhile.
		if st := e.Stats(); st.Missed != 2 {
			t.Errorf("%d syncs were late, want 2", st.Missed)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A failed sync is never asked again on its descriptor: what it was to make durable is written anew through another.
func TestFailedSyncIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, s := begin(t, d, Config{})
		c := s.Channel(0)
		live(t, c, 0, 10)
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		failures, failedAt := 0, 0
		d.set(nil, func(name string) error {
			if name == c.partName() && failures == 0 {
				failures++
				failedAt = len(d.files[name].synced)
				return syscall.EIO
			}
			return nil
		})
		live(t, c, 1600, 10)
		if err := s.Sync(t.Context()); !errors.Is(err, syscall.EIO) {
			t.Fatalf("sync: %v, want EIO", err)
		}
		if err := s.Sync(t.Context()); err != nil {
			t.Fatalf("after the disk recovered: %v", err)
		}
		after := d.files[c.partName()].synced[failedAt:]
		if len(after) == 0 || slices.Contains(after, 1) {
			t.Errorf("after it failed, synced through descriptors %v, want only others", after)
		}
		if err := s.Seal(t.Context(), spool.End{}); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.samples(s, 0), pattern(0, 3200)) {
			t.Error("samples differ")
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// When the kernel has lost what a failed sync was about, that channel goes no further; the session ends all the same, with a
// complete second channel and a first one whose last certain mark is the one before.
func TestSamplesGoneAfterFailedSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		e, s := begin(t, d, Config{}, "floor", "ca")
		floor, ca := s.Channel(0), s.Channel(1)
		live(t, floor, 0, 10)
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.set(nil, func(name string) error {
			if name != floor.partName() {
				return nil
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			clear(d.files[name].data[4096+3200:]) // dropped, and read again from a disk that never had them
			return syscall.EIO
		})
		live(t, floor, 1600, 10)
		if err := s.Sync(t.Context()); !errors.Is(err, syscall.EIO) {
			t.Fatalf("sync: %v, want EIO", err)
		}
		d.set(nil, nil)
		if n := live(t, ca, 0, 200); n > 0 {
			t.Errorf("%d frames of the other channel were refused", n)
		}
		if mark, _ := spool.Marks(d.files[ca.partName()].data); mark.Frames < 100*160 {
			t.Errorf("of 200 frames of the other channel, %d samples are known to be durable", mark.Frames)
		}
		if got := d.files[floor.partName()].synced; got[len(got)-1] != 1 || len(got) > 3 {
			t.Errorf("the lost channel was synced through descriptors %v after it failed", got)
		}
		if err := s.Seal(t.Context(), spool.End{Reason: "done"}); err != nil {
			t.Fatal(err)
		}
		records := d.journal(t)
		if len(records) == 0 || records[len(records)-1].End == nil {
			t.Error("the end is not in the journal")
		}
		if mark, newer := spool.Marks(d.files[ca.partName()].data); len(newer) == 0 || newer[len(newer)-1].State != spool.StateComplete {
			t.Errorf("the other channel's marks: %+v %+v", mark, newer)
		}
		if mark, _ := spool.Marks(d.files[floor.partName()].data); mark.Frames != 1600 {
			t.Errorf("certain up to frame %d, want 1600", mark.Frames)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

package finalize_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/crashfs"
	"github.com/ilenia-live/rec/internal/durable/faultfs"
	"github.com/ilenia-live/rec/internal/spool"
)

// faults are what a disk says when it refuses.
var faults = []error{syscall.EIO, syscall.ENOSPC, syscall.EDQUOT, syscall.EINTR, syscall.EROFS}

// a call that is made to fail.
type failing struct {
	site faultfs.Site
	nth  int
	mode faultfs.Mode
	err  error
}

func (f failing) String() string {
	return fmt.Sprintf("%s %s, number %d: %v, %s", f.site.Op, f.site.Subject, f.nth, f.err, f.mode)
}

// eachCall lists every call of every site with every error. The modes take turns: each call fails in all of them that mean something
// to it, though not with each error.
func eachCall(sites []faultfs.Site) (all []failing) {
	for _, site := range sites {
		modes := []faultfs.Mode{faultfs.Before, faultfs.After}
		if site.Op == "WriteAt" {
			modes = faultfs.Modes
		}
		for nth := 1; nth <= site.Calls; nth++ {
			for i, err := range faults {
				all = append(all, failing{site, nth, modes[(i+nth)%len(modes)], err})
			}
		}
	}
	return all
}

// live records a second and finishes, as a host does that asks again when something fails. It returns what was called.
func (k *take) live(disk *faultfs.FS) *take {
	synctest.Test(k.t, func(t *testing.T) {
		k.t = t
		k.fsys = disk
		k.open()
		k.again("create", func() error {
			err := k.create()
			if k.refused = errors.Is(err, fs.ErrExist); k.refused {
				return nil
			}
			return err
		})
		if k.refused || k.hopeless != nil {
			// The disk refused to take the name back. Recovery makes an empty recording of it.
			k.must(k.engine.Close())
			return
		}
		k.note("create")
		k.record(55)
		end := spool.End{At: time.Now(), LengthNs: int64(time.Since(k.start)), Reason: "done"}
		env := finalize.Env{FS: disk}
		k.again("seal", func() error {
			err := k.sess.Seal(context.Background(), end)
			env.Rewrite = env.Rewrite || err != nil
			return err
		})
		p := promised{what: "destroy", upTo: k.ends, cues: k.cues}
		k.again("publish", func() error {
			result, err := finalize.Publish(context.Background(), env, k.meta.Dir())
			env.Rewrite = true
			p.path = result.Path
			return err
		})
		if k.hopeless == nil {
			k.disk.Note(p)
			k.hopeless = k.recovered(k.disk) // of what could not be removed
		}
		k.must(k.engine.Close())
	})
	return k
}

// again does what a host does: it asks, and asks again later, until it loses hope.
func (k *take) again(what string, do func() error) {
	if k.hopeless != nil {
		return
	}
	for range 5 {
		err := do()
		if err == nil {
			k.hopeless = nil
			return
		}
		k.hopeless = fmt.Errorf("%s: %w", what, err)
		time.Sleep(300 * time.Millisecond)
	}
}

// whole asks that everything accepted is in the recording, now and after a loss of power at some moments of it.
func (k *take) whole(seed uint64) (problems []string) {
	if k.hopeless != nil {
		return []string{k.hopeless.Error()}
	}
	end := k.disk.Len()
	j := k.judge(end)
	j.nothingIsLost()
	if k.refused {
		return k.lost(k.disk.Cut(end, crashfs.Keep{Names: crashfs.All, Bytes: crashfs.All}), end)
	}
	j.check(k.disk.Cut(end, crashfs.Keep{Names: crashfs.All, Bytes: crashfs.All}))
	if j.outcome != finalize.OutcomeOK && j.outcome != finalize.OutcomeDegraded {
		j.problem("outcome %s", j.outcome)
	}
	problems = j.problems
	moments := changes(k.disk)
	rng := rand.New(rand.NewPCG(seed, 7))
	for range 4 {
		at := moments[rng.IntN(len(moments))]
		keep := crashfs.Keep{Names: crashfs.Part(rng.IntN(3)), Bytes: crashfs.Part(rng.IntN(3)), Seed: rng.Uint64()}
		for _, p := range k.lost(k.disk.Cut(at, keep), at) {
			problems = append(problems, fmt.Sprintf("power lost at %d, %s: %s", at, keep, p))
		}
	}
	return problems
}

// Every call of a recording fails once, with each error that a disk has. The host asks again, and nothing that was accepted is missing;
// nor is anything that was promised, when the power goes on top of it.
func TestEveryCallOfARecordingFailsOnce(t *testing.T) {
	clean := newTake(t)
	disk := faultfs.New(clean.disk)
	clean.live(disk)
	all := eachCall(disk.Sites())
	if len(all) < 400 {
		t.Fatalf("only %d", len(all))
	}
	var failed atomic.Int64
	inParallel(t, len(all), func(t *testing.T, i int) {
		f := all[i]
		k := newTake(t)
		k.slack = every // the disk refused: what it refused is durable one round later
		disk := faultfs.New(k.disk)
		disk.FailSite(f.site.Op, f.site.Subject, f.nth, f.mode, f.err)
		k.live(disk)
		if disk.Failed() {
			failed.Add(1)
		}
		if problems := k.whole(uint64(i)); len(problems) > 0 {
			t.Errorf("%s:\n  %s\n%s", f, strings.Join(problems, "\n  "), strings.Join(disk.Log(), "\n"))
		}
	})
	// The last calls of a site may not come when an earlier one failed, or come at another time.
	if n := failed.Load(); int(n) < len(all)*95/100 {
		t.Errorf("of %d calls %d failed", len(all), n)
	}
}

// Every call of a recovery after a loss of power fails once; the next one finishes it.
func TestEveryCallOfARecoveryFailsOnce(t *testing.T) {
	k := newTake(t).run()
	moments := changes(k.disk)
	for n := range 5 {
		at := moments[len(moments)*(2*n+1)/10]
		keep := crashfs.Keep{Names: crashfs.All, Bytes: crashfs.Part(n % 3), Seed: uint64(n)}
		disk := faultfs.New(k.disk.Cut(at, keep))
		if err := k.recovered(disk); err != nil {
			t.Fatal(err)
		}
		for _, f := range eachCall(disk.Sites()) {
			before := k.disk.Cut(at, keep)
			j := k.judge(at)
			j.partsOf(before)
			j.visible(before)
			disk := faultfs.New(before)
			disk.FailSite(f.site.Op, f.site.Subject, f.nth, f.mode, f.err)
			// Its error says that it is not done; that it isn't quarantined shows below.
			_ = k.recovered(disk)
			after := before.Cut(before.Len(), crashfs.Keep{Names: crashfs.All, Bytes: crashfs.Part(f.nth % 3), Seed: uint64(f.nth)})
			j.visible(after)
			if err := k.recovered(after); err != nil {
				j.problem("second recovery: %v", err)
			}
			if j.check(after); len(j.problems) > 0 {
				t.Fatalf("power lost at %d, %s; then %s:\n  %s\n%s", at, keep, f, strings.Join(j.problems, "\n  "), strings.Join(disk.Log(), "\n"))
			}
		}
	}
}

// The disk refuses everything for a second, from any call on, and then is well again.
func TestDiskRefusesForASecond(t *testing.T) {
	clean := newTake(t)
	disk := faultfs.New(clean.disk)
	clean.live(disk)
	calls := disk.Calls()
	inParallel(t, calls, func(t *testing.T, i int) {
		k := newTake(t)
		k.slack = 3 * every
		disk := faultfs.New(k.disk)
		var mu sync.Mutex
		var since time.Time
		disk.Plan(func(c faultfs.Call) *faultfs.Fault {
			mu.Lock()
			defer mu.Unlock()
			if c.N < i+1 || !since.IsZero() && time.Since(since) > time.Second {
				return nil
			}
			if since.IsZero() {
				since = time.Now()
			}
			return &faultfs.Fault{Mode: faultfs.Before, Err: faults[i%len(faults)]}
		})
		k.live(disk)
		if problems := k.whole(uint64(i)); len(problems) > 0 {
			t.Errorf("from call %d on:\n  %s\n%s", i+1, strings.Join(problems, "\n  "), strings.Join(disk.Log(), "\n"))
		}
	})
}

// inParallel does n things, a few at a time.
func inParallel(t *testing.T, n int, do func(t *testing.T, i int)) {
	const lanes = 4
	t.Run("all", func(t *testing.T) {
		for lane := range lanes {
			t.Run(fmt.Sprint(lane), func(t *testing.T) {
				t.Parallel()
				for i := lane; i < n && !t.Failed(); i += lanes {
					do(t, i)
				}
			})
		}
	})
}

// deaf takes no notice of errors.
type deaf struct{ durable.File }

func (f deaf) WriteAt(p []byte, off int64) (int, error) {
	_, _ = f.File.WriteAt(p, off)
	return len(p), nil
}

func (f deaf) Sync() error {
	_ = f.File.Sync()
	return nil
}

// A recorder that took no notice of an error would be noticed.
func TestEveryCallSeesAnErrorThatIsIgnored(t *testing.T) {
	for _, row := range []struct {
		op, suffix string
		mode       faultfs.Mode
	}{
		{"WriteAt", ".wav.part", faultfs.Before}, {"WriteAt", ".wav.part", faultfs.Torn}, {"WriteAt", ".wav.part", faultfs.Scattered},
		{"WriteAt", "/journal", faultfs.Before}, {"WriteAt", "manifest.json.tmp", faultfs.Torn}, {"WriteAt", ".srt", faultfs.Before},
		{"Sync", ".wav.part", faultfs.Before}, {"Sync", "/journal", faultfs.Before}, {"Sync", "manifest.json.tmp", faultfs.Before},
	} {
		t.Run(fmt.Sprintf("%s %s %s", row.op, row.suffix, row.mode), func(t *testing.T) {
			k := newTake(t)
			faults := faultfs.New(k.disk)
			faults.Plan(func(c faultfs.Call) *faultfs.Fault {
				if c.Op == row.op && strings.HasSuffix(c.Subject, row.suffix) {
					return &faultfs.Fault{Mode: row.mode, Err: syscall.EIO}
				}
				return nil
			})
			disk := faultfs.New(wrapped{faults, func(_ string, f durable.File) durable.File { return deaf{f} }})
			k.live(disk)
			for seed := range uint64(50) {
				if len(k.whole(seed)) > 0 {
					return
				}
			}
			t.Error("nothing was noticed")
		})
	}
}

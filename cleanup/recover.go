package cleanup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/staging"
)

// Options tune Recover. The zero value works.
type Options struct {
	// Parallel is the number of sessions recovered at once. If zero, 32: their syncs share the commits of the file system.
	Parallel int
	// DryRun only looks.
	DryRun bool
	// Log gets a line for each orphan. If nil, nothing is logged.
	Log *zap.Logger
	// Progress, if not nil, is called after each orphan, never by two goroutines at once.
	Progress func(done, total int)
}

// Recover finishes every orphan below root. It may run while other processes record there, or recover, and a call that
// was itself killed is finished by the next.
//
// The error is about the root as a whole; what became of each session is in the Report. A root that doesn't exist holds
// nothing to recover.
func Recover(ctx context.Context, root string, opts Options) (Report, error) {
	if opts.Parallel <= 0 {
		opts.Parallel = 32
	}
	if opts.Log == nil {
		opts.Log = zap.NewNop()
	}
	r, err := durable.OpenRoot(root)
	if errors.Is(err, fs.ErrNotExist) {
		return Report{}, nil // nobody ever recorded here; recorder.Open will make it
	}
	if err != nil {
		return Report{}, fmt.Errorf("recover: %w", err)
	}
	rv := &recovery{opts: opts, root: r, env: finalize.Env{FS: r, OpenStages: staging.OpenFS, Rewrite: true}, locks: map[string]*held{}}
	err = rv.run(ctx)
	slices.SortFunc(rv.report.Sessions, func(a, b Verdict) int {
		return cmp.Or(strings.Compare(a.Session, b.Session), strings.Compare(a.Instance, b.Instance))
	})
	return rv.report, errors.Join(err, r.Close())
}

// recovery is one Recover on its way.
type recovery struct {
	opts Options
	root *durable.Root
	env  finalize.Env

	locks map[string]*held // of the dead instances, by id

	mu     sync.Mutex
	report Report
	total  int
}

// held is a dead instance whose lock we hold.
type held struct {
	id       string
	lock     *durable.Lock
	sessions []string // names below its directory
}

func (rv *recovery) run(ctx context.Context) error {
	entries, err := rv.root.ReadDir(layout.SpoolDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nobody ever recorded here
	}
	if err != nil {
		return fmt.Errorf("recover: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if err := rv.take(e); err != nil {
			errs = append(errs, fmt.Errorf("recover instance %s: %w", e.Name(), err))
		}
	}
	rv.each(ctx)
	for _, h := range rv.locks {
		if err := rv.release(h); err != nil {
			errs = append(errs, fmt.Errorf("recover instance %s: %w", h.id, err))
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// take locks an instance whose process is dead and lists its sessions.
func (rv *recovery) take(e fs.DirEntry) error {
	if !e.IsDir() {
		// Not ours, and no reason to leave the others unrecovered.
		rv.opts.Log.Warn("not an instance", zap.String("name", e.Name()))
		return nil
	}
	if strings.HasPrefix(e.Name(), layout.BirthPrefix) {
		return rv.stillborn(e)
	}
	dir := layout.Instance(e.Name())
	name := path.Join(dir, layout.LockFile)
	lock, err := rv.root.Lock(name, false)
	if errors.Is(err, fs.ErrNotExist) {
		// Gone a moment ago, or an instance whose lock file was lost together with its process: a living one is locked
		// before it gets its name, and keeps its lock file as long as it has it.
		if rv.opts.DryRun {
			lock, err = nil, nil // looking leaves no trace
		} else if lock, err = rv.root.Lock(name, true); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	if errors.Is(err, durable.ErrLocked) {
		sessions, err := rv.list(dir)
		rv.report.Live += len(sessions)
		return err
	}
	if err != nil {
		return err
	}
	sessions, err := rv.list(dir)
	if err != nil {
		return errors.Join(err, release(lock))
	}
	rv.locks[e.Name()] = &held{id: e.Name(), lock: lock, sessions: sessions}
	rv.total += len(sessions)
	return nil
}

// list returns what is in an instance's directory beside its lock; nothing if the directory is gone.
func (rv *recovery) list(dir string) ([]string, error) {
	entries, err := rv.root.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.Name() != layout.LockFile {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// stillbornAge is how long a process may take from making its directory to giving it its name.
const stillbornAge = time.Hour

// stillborn removes the directory of a process that died before it could record anything.
func (rv *recovery) stillborn(e fs.DirEntry) error {
	info, err := e.Info()
	if err != nil || time.Since(info.ModTime()) < stillbornAge || rv.opts.DryRun {
		return err
	}
	dir := layout.Instance(e.Name())
	lock, err := rv.root.Lock(path.Join(dir, layout.LockFile), true)
	if errors.Is(err, durable.ErrLocked) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(rv.root.Remove(path.Join(dir, layout.LockFile)), rv.root.Remove(dir), lock.Release())
}

// each recovers the sessions of all dead instances, some at once.
func (rv *recovery) each(ctx context.Context) {
	type job struct {
		h    *held
		name string
	}
	jobs := make(chan job)
	var wg sync.WaitGroup
	for range min(rv.opts.Parallel, max(rv.total, 1)) {
		wg.Go(func() {
			for j := range jobs {
				rv.judged(rv.one(ctx, j.h.id, j.name))
			}
		})
	}
	for _, h := range rv.locks {
		for _, name := range h.sessions {
			jobs <- job{h, name}
		}
	}
	close(jobs)
	wg.Wait()
}

func (rv *recovery) judged(v Verdict) {
	log := rv.opts.Log.Info
	if v.Verdict == Failed || v.Verdict == Quarantined {
		log = rv.opts.Log.Error
	}
	log("orphan", zap.String("session", v.Session), zap.String("verdict", string(v.Verdict)), zap.String("path", v.Path),
		zap.String("outcome", v.Outcome), zap.String("reason", v.Reason), zap.String("error", v.Error))
	rv.mu.Lock()
	defer rv.mu.Unlock()
	rv.report.add(v)
	if rv.opts.Progress != nil {
		rv.opts.Progress(rv.report.Orphans, rv.total)
	}
}

// release removes an instance of which nothing is left, and gives its lock up.
func (rv *recovery) release(h *held) error {
	var err error
	if !rv.opts.DryRun {
		err = spool.Retire(rv.root, h.id)
	}
	return errors.Join(err, release(h.lock))
}

// release gives up a lock, if it is one.
func release(l *durable.Lock) error {
	if l == nil {
		return nil
	}
	return l.Release()
}

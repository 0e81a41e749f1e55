package recorder

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/staging"
	"github.com/ilenia-live/rec/pipeline"
)

// Manifest describes a finished recording.
type Manifest = finalize.Manifest

// Recorder records the sessions of one process below one root. Its methods may be called by any goroutine.
type Recorder struct {
	cfg      Config
	root     *durable.Root
	files    durable.FS // the root once more, as sessions see it
	stageDir string     // "" for the volume
	instance *instance
	engine   *pipeline.Engine
	events   *events // nil when nobody listens
	env      finalize.Env
	finishes chan struct{} // bounds the sessions that are being finished at once

	mu       sync.Mutex
	closed   bool
	sessions map[string]*Session // nil for one that is being created
	recorded int                 // those of them that record anything
	low      time.Time           // since when there has been little room; zero when there is enough

	stop    chan struct{} // closed to end tend
	done    sync.WaitGroup
	closing chan struct{} // closed when no further finish may begin
}

// finishesAtOnce bounds how many sessions are finished at the same time: enough for their syncs to share the journal
// commits of the file system, not so many that threads pile up when thousands end together.
const finishesAtOnce = 48

// Open begins recording below cfg.Root. It leaves what earlier processes left to cleanup.Recover.
//
// ctx limits Open itself, not the recorder.
func Open(ctx context.Context, cfg Config) (*Recorder, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &Recorder{
		cfg: cfg, sessions: map[string]*Session{}, stop: make(chan struct{}), closing: make(chan struct{}), finishes: make(chan struct{}, finishesAtOnce),
	}
	if r.stageDir, err = staging.Choose(cfg.Staging); err != nil {
		return nil, fmt.Errorf("open recorder: %w", err)
	}
	if r.root, err = durable.MakeRoot(cfg.Root); err != nil {
		return nil, fmt.Errorf("open recorder: %w", err)
	}
	if r.instance, err = newInstance(r.root); err != nil {
		return nil, errors.Join(fmt.Errorf("open recorder on %s: %w", cfg.Root, err), r.root.Close())
	}
	r.files = r.root
	if cfg.disk != nil {
		r.files = cfg.disk(r.root)
	}
	r.env = finalize.Env{FS: r.files, OpenStages: staging.OpenFS}
	engine := pipeline.Config{
		Every: cfg.Sync.Every, PerAudio: cfg.Sync.PerAudio, Writers: cfg.Writers, Cached: cfg.Cached, OnSynced: cfg.OnSynced, OnDisk: r.onDisk,
		Alarms: cfg.Alarms.sources(), OnAlarm: r.onAlarm,
	}
	if cfg.Sync.Volume {
		engine.SyncVolume = r.root.SyncVolume
	}
	r.events = newEvents(cfg.OnEvent)
	r.engine = pipeline.Start(engine)
	r.done.Go(r.tend)
	if r.events != nil {
		r.done.Go(r.tellHealth)
	}
	cfg.Log.Info("recorder open", zap.String("root", cfg.Root), zap.String("instance", r.instance.id),
		zap.Duration("recoveryPoint", cfg.Sync.Every), zap.String("staging", r.stagingName()))
	return r, nil
}

func (r *Recorder) stagingName() string {
	if r.stageDir == "" {
		return staging.Volume
	}
	return r.stageDir
}

// Session returns the open session with this id, or ErrNotFound.
func (r *Recorder) Session(id string) (*Session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[id]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("session %s: %w", quote(id), ErrNotFound)
}

// Destroy ends the session that m names; see Session.Destroy.
func (r *Recorder) Destroy(ctx context.Context, m SessionDestroy) (Manifest, error) {
	if err := m.check(); err != nil {
		return Manifest{}, err
	}
	s, err := r.Session(m.SessionID)
	if err != nil {
		return Manifest{}, err
	}
	return s.Destroy(ctx, m.Reason)
}

// Stats counts since Open; Sessions, Channels and Unsynced are now.
type Stats struct {
	Sessions, Channels            int
	BytesWritten                  int64 // samples that reached a file
	FramesAccepted, FramesRefused int64 // calls of WritePCM
	Gaps                          int64
	SyncsMissed                   int64         // syncs of a session that came later than Config.Sync.Every
	Unsynced                      time.Duration // age of the oldest accepted audio that is not yet on stable storage
}

// Stats returns the counts so far.
func (r *Recorder) Stats() Stats {
	e := r.engine.Stats()
	st := Stats{
		BytesWritten: e.BytesWritten, FramesAccepted: e.FramesAccepted, FramesRefused: e.FramesRefused, Gaps: e.Gaps,
		SyncsMissed: e.Missed, Unsynced: e.Unsynced,
	}
	for _, s := range r.open() {
		st.Sessions++
		st.Channels += len(s.meta.Channels)
	}
	return st
}

// open returns the sessions that are open, without those that record nothing.
func (r *Recorder) open() []*Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]*Session, 0, len(r.sessions))
	for _, s := range r.sessions {
		if s != nil && s.pipe != nil {
			list = append(list, s)
		}
	}
	return list
}

func (r *Recorder) forget(s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sessions[s.id] == s {
		r.dropLocked(s.id, s.pipe != nil)
	}
}

func (r *Recorder) dropLocked(id string, records bool) {
	delete(r.sessions, id)
	if records {
		r.recorded--
	}
}

// forgetUnrecorded lets go of sessions that record nothing and that their host has forgotten: there is nothing to finish.
func (r *Recorder) forgetUnrecorded(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.sessions {
		if s != nil && s.pipe == nil && now.Sub(s.start) > unrecordedAge {
			r.dropLocked(id, false)
		}
	}
}

// unrecordedAge is longer than any session lasts.
const unrecordedAge = 48 * time.Hour

// Close destroys the sessions that are open, each of which then is a finished recording, and ends the recorder. When ctx
// ends first, the sessions that are left become orphans for the next recovery; nothing accepted is lost, and the error
// says how many.
func (r *Recorder) Close(ctx context.Context) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	r.mu.Unlock()
	close(r.stop)
	r.done.Wait()

	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for _, s := range r.open() {
		wg.Go(func() {
			if _, err := s.Destroy(ctx, "recorder closed"); err != nil {
				mu.Lock()
				errs = append(errs, fmt.Errorf("session %s: %w", s.id, err))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	var err error
	if n := len(errs); n > 0 {
		err = fmt.Errorf("close recorder: %d sessions are left for recovery: %w", n, errors.Join(errs...))
	}
	close(r.closing)
	closed := make(chan error, 1)
	go func() { closed <- r.release() }()
	select {
	case e := <-closed:
		err = errors.Join(err, e)
	case <-r.patience(ctx):
		err = errors.Join(err, fmt.Errorf("close recorder: the disk does not return: %w", context.Cause(ctx)))
	}
	r.cfg.Log.Info("recorder closed", zap.Error(err))
	return err
}

// closeGrace is what a healthy disk needs to close some thousand files, when ctx has ended before.
const closeGrace = 5 * time.Second

// patience returns a channel that is closed a little after ctx has ended.
func (r *Recorder) patience(ctx context.Context) <-chan struct{} {
	over := make(chan struct{})
	context.AfterFunc(ctx, func() { time.AfterFunc(closeGrace, func() { close(over) }) })
	return over
}

// release ends the goroutines and gives everything back, when the finishes that still run have ended.
func (r *Recorder) release() error {
	for range finishesAtOnce {
		r.finishes <- struct{}{}
	}
	err := errors.Join(r.engine.Close(), r.instance.close(), r.root.Close())
	r.events.close()
	return err
}

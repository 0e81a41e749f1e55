package pipeline

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ilenia-live/rec/internal/durable"
)

// Config tunes an Engine. Its zero value works.
type Config struct {
	// Every is the recovery point: how long after its acceptance a sample may be lost with the power. If zero, 1 s.
	Every time.Duration
	// PerAudio counts Every also in audio time: each channel is synced after every stretch of that length, and writes
	// run no further ahead. For sources faster than real time.
	PerAudio bool
	// Cached writes through the kernel's page cache also where the file system can do without.
	Cached bool
	// Writers is the number of goroutines that write to files. If zero, 4.
	Writers int
	// Syncers is the number of goroutines that sync files, each as many at once as wait. If zero, 4.
	Syncers int
	// SyncVolume, if not nil, makes all files of the sessions durable at once, in place of a sync for each. One call at a time.
	SyncVolume func() error
	// Wait is how long a packet waits for those before it. If zero, 550 ms, but not more than 55 % of Every: what waits must
	// be on stable storage in time.
	Wait time.Duration
	// OnSynced is called after each sync of a session with the age of the oldest sample that it made durable, that is the
	// recovery point achieved. It must not block. If nil, nobody is told.
	OnSynced func(age time.Duration)
	// OnDisk is called with the error when a session's files refuse writes or syncs, and with nil when they take them
	// again. It must not block. If nil, nobody is told.
	OnDisk func(session string, err error)
	// Alarms say what of a channel's source OnAlarm is told, when it is raised and when it is over. It must not block. If nil, nobody
	// is told.
	Alarms  Alarms
	OnAlarm func(session, channel string, alarm Alarm, raised bool)
}

func (c Config) withDefaults() Config {
	if c.Every == 0 {
		c.Every = time.Second
	}
	if c.Writers == 0 {
		c.Writers = 4
	}
	if c.Syncers == 0 {
		c.Syncers = 4
	}
	if c.Wait == 0 {
		c.Wait = min(550*time.Millisecond, c.Every*55/100)
	}
	if c.OnSynced == nil {
		c.OnSynced = func(time.Duration) {}
	}
	if c.OnAlarm == nil {
		c.OnAlarm = func(string, string, Alarm, bool) {}
	}
	if c.OnDisk == nil {
		c.OnDisk = func(string, error) {}
	}
	return c
}

// Engine runs the goroutines behind all sessions of a recorder.
type Engine struct {
	cfg     Config
	all     []*shard
	syncs   *syncQueue
	shards  sync.WaitGroup
	syncers sync.WaitGroup
	turn    atomic.Uint64
	free    func() // gives back the memory of the shards' outboxes

	bytesWritten, missed atomic.Int64

	mu       sync.Mutex
	closing  bool
	sessions map[*Session]struct{}
	past     Stats // of sessions that ended
}

// Stats are counted since the engine started, but for Unsynced, which is now.
type Stats struct {
	BytesWritten                  int64 // samples, into files
	FramesAccepted, FramesRefused int64 // writes
	Gaps                          int64
	Missed                        int64         // syncs that came later than Config.Every
	Unsynced                      time.Duration // age of the oldest accepted audio that is not yet durable
}

// Start makes an engine and its goroutines. Close ends them.
func Start(cfg Config) *Engine {
	cfg = cfg.withDefaults()
	e := &Engine{cfg: cfg, syncs: newSyncQueue(), sessions: map[*Session]struct{}{}}
	if cfg.SyncVolume != nil {
		e.syncers.Add(1)
		go e.syncs.runTogether(&e.syncers, cfg.SyncVolume)
		cfg.Syncers = 0
	}
	for range cfg.Syncers {
		e.syncers.Add(1)
		go e.syncs.run(&e.syncers)
	}
	var mem []byte
	mem, e.free = durable.Memory(cfg.Writers * outboxBytes)
	for i := range cfg.Writers {
		sh := &shard{engine: e, out: newOutbox(mem[i*outboxBytes:][:outboxBytes]), wake: make(chan struct{}, 1), sessions: map[*Session]struct{}{}, syncTime: cfg.Every / 8}
		e.all = append(e.all, sh)
		e.shards.Add(1)
		go sh.run()
	}
	return e
}

// Add begins a session.
func (e *Engine) Add(ctx context.Context, spec Spec) (*Session, error) {
	s := &Session{
		meta: spec.Meta, fs: spec.FS, start: spec.Start, stage: spec.Stage, release: spec.Release,
		shard: e.all[e.turn.Add(1)%uint64(len(e.all))],
	}
	s.disk.journal = spec.Files.Journal
	for i, m := range spec.Meta.Channels {
		c := newChannel(s, m, spec.Stage.Areas[i])
		c.out.open(spec.Files.Parts[i], m, e.cfg.Cached)
		c.out.header = spec.Meta.Header(m)
		c.out.dirty = true // the header
		s.chans = append(s.chans, c)
	}
	s.beginWatch()
	e.mu.Lock()
	if e.closing {
		e.mu.Unlock()
		return nil, ErrClosed
	}
	// Before the shard has it, so that Close can't miss it.
	e.sessions[s] = struct{}{}
	e.mu.Unlock()
	// The shard answers at once; giving up between would leave it with a session that its maker doesn't know.
	return s, s.shard.ask(context.WithoutCancel(ctx), request{session: s, kind: askAdd})
}

// retire keeps the counts of a session that ended.
func (e *Engine) retire(s *Session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sessions, s)
	s.count(&e.past)
}

func (s *Session) count(st *Stats) {
	for _, c := range s.chans {
		st.FramesAccepted += c.accepted.Load()
		st.FramesRefused += c.refused.Load()
		st.Gaps += int64(c.gapsFreed.Load())
	}
}

// Stats returns the counts so far.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	st := e.past
	for s := range e.sessions {
		s.count(&st)
	}
	e.mu.Unlock()
	st.BytesWritten, st.Missed = e.bytesWritten.Load(), e.missed.Load()
	for _, sh := range e.all {
		st.Unsynced = max(st.Unsynced, time.Duration(sh.unsynced.Load()))
	}
	return st
}

// Close abandons the sessions that are left and waits for all goroutines to end.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closing = true
	var left []*Session
	for s := range e.sessions {
		left = append(left, s)
	}
	e.mu.Unlock()
	var err error
	for _, s := range left {
		err = errors.Join(err, s.Abandon())
	}
	for _, sh := range e.all {
		sh.mu.Lock()
		sh.stopping = true
		sh.mu.Unlock()
		sh.nudge()
	}
	e.shards.Wait()
	e.syncs.close()
	e.syncers.Wait()
	e.free()
	return err
}

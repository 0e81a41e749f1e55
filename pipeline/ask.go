package pipeline

import (
	"context"
	"time"

	"github.com/ilenia-live/rec/internal/spool"
)

type askKind int

const (
	askAdd askKind = iota
	askSync
	askSeal
	askAbandon
	askWrite // empty the rings, without a sync and without an answer
)

type request struct {
	kind    askKind
	session *Session
	end     spool.End
	reply   chan error
}

type syncResult struct {
	session *Session
	channel int
	err     error
}

// ask hands a request to the shard and waits for its answer, or for ctx.
func (sh *shard) ask(ctx context.Context, r request) error {
	r.reply = make(chan error, 1)
	if !sh.post(r) {
		return ErrClosed
	}
	select {
	case err := <-r.reply:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// post hands a request to the shard, unless that is ending.
func (sh *shard) post(r request) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.stopping {
		return false
	}
	sh.requests = append(sh.requests, r)
	sh.nudge()
	return true
}

func (sh *shard) result(r syncResult) {
	sh.mu.Lock()
	sh.results = append(sh.results, r)
	sh.mu.Unlock()
	sh.nudge()
}

// serve acts on requests and results, and reports whether the shard is to end.
func (sh *shard) serve() bool {
	sh.mu.Lock()
	requests, results, stopping := sh.requests, sh.results, sh.stopping
	sh.requests, sh.results = nil, nil
	sh.mu.Unlock()
	now := time.Now()
	for _, r := range results {
		r.session.synced(now, r)
	}
	for _, r := range requests {
		sh.handle(now, r)
	}
	return stopping && len(sh.sessions) == 0
}

func (sh *shard) handle(now time.Time, r request) {
	s := r.session
	d := &s.disk
	if r.kind == askWrite {
		s.flush.Store(false)
		if d.ready() {
			sh.flush(s, now)
		}
		return
	}
	if d.gone && d.sealed && r.kind == askSeal {
		r.reply <- nil // the error of the call before was about giving back the files, which are as they should be
		return
	}
	if d.gone || d.ending != nil {
		r.reply <- ErrClosed
		return
	}
	switch r.kind {
	case askAdd:
		d.began = now
		s.reached(now)
		d.turn = len(sh.sessions) % turns
		sh.sessions[s] = struct{}{}
		r.reply <- nil
	case askSync:
		if d.syncs > 0 {
			d.queued = append(d.queued, r)
			return
		}
		d.waiting = append(d.waiting, r)
		sh.want(s)
	case askSeal:
		if err := s.seal(r.end); err != nil {
			s.failed(now, err)
			r.reply <- err
			return
		}
		sh.end(s, r)
	case askAbandon:
		sh.end(s, r)
	}
}

func (sh *shard) end(s *Session, r request) {
	s.disk.ending = &r
	if s.disk.syncs == 0 {
		s.finishEnding()
	}
}

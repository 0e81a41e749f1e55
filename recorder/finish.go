package recorder

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
)

// finish is one attempt to turn a session into a recording. done is closed when the rest is final.
type finish struct {
	done     chan struct{}
	manifest Manifest
	err      error
}

// Destroy ends the session and returns when its recording is published and on stable storage. The recording appears whole
// or not at all.
//
// When ctx ends first, finishing goes on without its caller; ask again for the result. After a *StepError, a full disk say,
// nothing is lost: Destroy may be called again, the recorder itself tries again from time to time, and so does recovery
// after a restart. A session that was destroyed returns the same manifest again.
//
// reason is the host's, up to 1 KiB; it is passed through to the manifest.
func (s *Session) Destroy(ctx context.Context, reason string) (Manifest, error) {
	if err := checkText("reason", reason, limits.ReasonBytes); err != nil {
		return Manifest{}, err
	}
	return s.endSession(ctx, spool.End{Reason: reason})
}

func (s *Session) endSession(ctx context.Context, end spool.End) (Manifest, error) {
	if s.pipe == nil {
		s.rec.forget(s)
		return Manifest{SessionID: s.id}, nil
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return Manifest{}, ErrEnded
	}
	f := s.finish
	if f == nil || f.failed() {
		f = &finish{done: make(chan struct{})}
		s.finish = f
		if s.end == nil {
			s.end = s.endNow(end)
		}
		go s.run(f)
	}
	s.mu.Unlock()
	select {
	case <-f.done:
		return f.manifest, f.err
	case <-ctx.Done():
		return Manifest{}, ctx.Err()
	}
}

func (f *finish) failed() bool {
	select {
	case <-f.done:
		return f.err != nil
	default:
		return false
	}
}

// endNow says how long the session was: by the wall clock where sources were placed by it or never came, else by the
// longest source, which has a timeline of its own.
func (s *Session) endNow(end spool.End) *spool.End {
	length, elapsed := s.pipe.Length(), time.Since(s.start)
	if s.pipe.Live() || length == 0 {
		length = max(length, elapsed)
	}
	// Counted from the start: a wall clock that was set meanwhile doesn't make the session longer.
	end.At, end.LengthNs = s.start.Add(elapsed).UTC().Round(0), int64(length)
	return &end
}

// run finishes the session. It is on nobody's time but the disk's.
func (s *Session) run(f *finish) {
	defer close(f.done)
	select {
	case s.rec.finishes <- struct{}{}:
		defer func() { <-s.rec.finishes }()
	case <-s.rec.closing:
		f.err = ErrClosed // left for recovery
		return
	}
	ctx := context.Background()
	if !s.sealed {
		if f.err = s.pipe.Seal(ctx, *s.end); f.err != nil {
			s.tried = true // what the error leaves in doubt is written anew
			f.err = &StepError{Step: "drain", Path: s.meta.Dir(), Err: f.err}
			s.notFinished(f.err)
			return
		}
		s.sealed = true
	}
	env := s.rec.env
	env.Rewrite = s.tried
	s.tried = true
	var result finalize.Result
	if result, f.err = finalize.Publish(ctx, env, s.meta.Dir()); f.err != nil {
		s.notFinished(f.err)
		return
	}
	f.manifest = result.Manifest
	s.mu.Lock()
	s.path = result.Path
	s.mu.Unlock()
	s.rec.forget(s)
	s.rec.cfg.Log.Info("recording finished", zap.String("session", s.id), zap.String("path", result.Path),
		zap.String("outcome", string(result.Manifest.Outcome)), zap.NamedError("leftover", result.Leftover))
	s.rec.events.put(Event{Kind: SessionFinalized, Session: s.id, Path: result.Path, Outcome: result.Manifest.Outcome})
}

func (s *Session) notFinished(err error) {
	s.rec.cfg.Log.Error("session not finished", zap.String("session", s.id), zap.Error(err))
	s.mu.Lock()
	if s.unfinished == nil {
		s.unfinishedSince = time.Now()
	}
	s.unfinished = err
	s.mu.Unlock()
	s.rec.events.put(Event{Kind: SessionUnfinished, Session: s.id, Err: err})
}

// Close is safe to defer. After Destroy it does nothing; before, it ends the session as a crash would: what was accepted
// stays in the spool, and the next recovery finishes it.
func (s *Session) Close() error {
	s.mu.Lock()
	if s.closed || s.finish != nil {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.rec.forget(s)
	return s.abandon()
}

func (s *Session) abandon() error {
	if s.pipe == nil {
		return nil
	}
	return s.pipe.Abandon()
}

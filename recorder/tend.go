package recorder

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/ilenia-live/rec/internal/spool"
)

// tendEvery is how often sessions are looked after, at most.
const tendEvery = 30 * time.Second

// tend looks after sessions that nobody does: forgotten ones are finished, and failed finishes are tried again.
func (r *Recorder) tend() {
	every := tendEvery
	if r.cfg.Idle > 0 {
		every = min(every, max(r.cfg.Idle/4, time.Millisecond))
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	var missed int64
	for {
		select {
		case <-r.stop:
			return
		case now := <-ticker.C:
			if st := r.Stats(); st.SyncsMissed > missed {
				r.cfg.Log.Warn("recovery point missed", zap.Duration("promised", r.cfg.Sync.Every),
					zap.Int64("syncs", st.SyncsMissed-missed), zap.Duration("unsynced", st.Unsynced))
				missed = st.SyncsMissed
			}
			r.forgetUnrecorded(now)
			for _, s := range r.open() {
				s.tend(now)
			}
		}
	}
}

func (s *Session) tend(now time.Time) {
	s.mu.Lock()
	end := spool.End{}
	if s.end != nil {
		end = *s.end
	}
	again := s.finish != nil && s.finish.failed()
	idle := false
	if s.finish == nil && !s.closed && s.rec.cfg.Idle > 0 {
		if active := s.pipe.Activity(); active != s.active || s.touched.IsZero() {
			s.active, s.touched = active, now
		}
		idle = now.Sub(s.touched) >= s.rec.cfg.Idle
	}
	s.mu.Unlock()
	if idle {
		s.rec.cfg.Log.Warn("session abandoned by its host", zap.String("session", s.id), zap.Duration("idle", s.rec.cfg.Idle))
		end = spool.End{Reason: "abandoned", Abandoned: true}
	}
	if idle || again {
		// Begin it and don't wait: one that hangs must not keep us from the others. It logs its own result.
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, _ = s.endSession(ctx, end)
	}
}

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/spool"
)

// Session is a session in progress: its channels, its journal, and the files behind them.
type Session struct {
	meta  spool.Meta
	fs    durable.FS
	shard *shard
	start time.Time // with its monotonic reading: what the wall clock does later is of no interest
	chans []*Channel

	// Callers of Append.
	mu     sync.Mutex
	closed bool
	seq    uint64 // of the last record accepted
	asked  uint64 // calls of Append
	rec    []byte
	flush  atomic.Bool // the shard was asked to empty the ring of records before its next round

	stage   *spool.Stage
	release func() error // gives the stage's memory back

	disk    sessionDisk // the shard's
	watched watched
}

// Spec is what a session needs to begin. The session owns all of it from then on.
type Spec struct {
	FS    durable.FS
	Meta  spool.Meta
	Start time.Time // moment of sample 0
	Files *spool.Files
	Stage *spool.Stage
	// Release gives the stage's memory back; it is called once, when nobody touches the stage any longer.
	Release func() error
}

// ID returns the session's id.
func (s *Session) ID() string { return s.meta.SessionID }

// Channel returns channel number i of the session's Meta.
func (s *Session) Channel(i int) *Channel { return s.chans[i] }

// Append accepts a cue for the journal. It never waits for the disk; ErrOverflow says that the ring is full.
func (s *Session) Append(cue spool.Cue) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.asked++
	rec, err := spool.AppendRecord(s.rec[:0], spool.Record{Seq: s.seq + 1, Cue: &cue})
	if err != nil {
		return fmt.Errorf("cue %q: %w", cue.ID, err)
	}
	s.rec = rec
	ok := s.stage.Journal.Put(rec)
	if ok {
		s.seq++
	}
	if s.stage.Journal.Half() && !s.flush.Swap(true) {
		s.shard.post(request{session: s, kind: askWrite})
	}
	if !ok {
		return ErrOverflow
	}
	return nil
}

// Activity grows with everything that the host sends, accepted or not.
func (s *Session) Activity() uint64 {
	s.mu.Lock()
	n := s.asked
	s.mu.Unlock()
	for _, c := range s.chans {
		n += c.activity()
	}
	return n
}

// Length returns the longest channel, as time on the session's timeline.
func (s *Session) Length() time.Duration {
	var longest time.Duration
	for i, c := range s.chans {
		longest = max(longest, s.meta.Channels[i].Time(c.Frames()))
	}
	return longest
}

// Live reports whether a channel was placed by the time of arrival: then the wall clock says how long the session is.
func (s *Session) Live() bool {
	for _, c := range s.chans {
		c.packets.mu.Lock()
		live := c.packets.live
		c.packets.mu.Unlock()
		c.mu.Lock()
		live = live || c.clock.started
		c.mu.Unlock()
		if live {
			return true
		}
	}
	return false
}

// Sync returns nil when everything accepted before the call is on stable storage. Packets that wait for others may hold it
// up by Config.Wait, on however many channels.
func (s *Session) Sync(ctx context.Context) error {
	if err := s.settlePackets(ctx); err != nil {
		return err
	}
	return s.shard.ask(ctx, request{session: s, kind: askSync})
}

// settlePackets returns when all packets that wait now have been played: live ones when those before them have had their time
// to come, others at once. All channels wait together. Where a channel's packets wait for several that are missing, that is done
// again for the next one; the packet that came last, and so each of them, waits Config.Wait at most.
func (s *Session) settlePackets(ctx context.Context) error {
	asked := time.Since(s.start)
	last := asked + s.shard.engine.cfg.Wait
	for before := time.Duration(0); ; {
		var until time.Duration
		for _, c := range s.chans {
			until = max(until, c.waitsUntil(asked))
		}
		if until = min(until, last); until <= before {
			return nil // nothing waits, or nothing that time can help
		}
		before = until
		timer := time.NewTimer(until - time.Since(s.start))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		for _, c := range s.chans {
			c.playOverdue(time.Since(s.start))
		}
	}
}

// Seal ends the session: nothing is accepted any longer, what was accepted is written to the files with a final mark, and
// the files are closed. It doesn't sync; finalize does. After an error Seal may be called again.
func (s *Session) Seal(ctx context.Context, end spool.End) error {
	for _, c := range s.chans {
		c.closePackets(true)
	}
	s.close()
	return s.shard.ask(ctx, request{session: s, kind: askSeal, end: end})
}

// Abandon closes the session as a crash would: what is in its files and its stage is left for recovery.
func (s *Session) Abandon() error {
	s.close()
	err := s.shard.ask(context.Background(), request{session: s, kind: askAbandon})
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return err
}

func (s *Session) close() {
	for _, c := range s.chans {
		c.closePackets(false)
		c.close()
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
}

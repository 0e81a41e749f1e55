package pipeline

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// shard is a goroutine that owns the files of some of the sessions.
type shard struct {
	engine *Engine

	// Rings to drain: a list that writers push to without a lock, taken whole by the shard.
	drains atomic.Pointer[Channel]
	wake   chan struct{}

	// What others want, collected under mu and acted on by the shard.
	mu       sync.Mutex
	requests []request
	results  []syncResult
	stopping bool

	// The shard's own.
	sessions map[*Session]struct{}
	scratch  [wavfile.HeaderSize]byte
	out      *outbox
	drained  []*Channel    // what drainAll is about
	due      []*Session    // have a round before the shard waits again
	jobs     []syncJob     // of the rounds that begin
	syncTime time.Duration // how long a round takes, the recent worst

	unsynced atomic.Int64 // age of the oldest audio not yet durable, at the last look
}

// wantDrain puts the channel on the list of rings to drain, unless it is there.
func (sh *shard) wantDrain(c *Channel) {
	if c.queued.Swap(true) {
		return
	}
	for {
		head := sh.drains.Load()
		c.next = head
		if sh.drains.CompareAndSwap(head, c) {
			if head == nil {
				sh.nudge()
			}
			return
		}
	}
}

// nudge wakes the shard. It never blocks.
func (sh *shard) nudge() {
	select {
	case sh.wake <- struct{}{}:
	default:
	}
}

func (sh *shard) run() {
	defer sh.engine.shards.Done()
	defer sh.out.queue.Close()
	timer := time.NewTimer(sh.period() / turns)
	defer timer.Stop()
	for turn := 0; ; {
		select {
		case <-sh.wake:
			sh.drainAll()
			over := sh.serve()
			sh.rounds(time.Now())
			if over {
				return
			}
		case <-timer.C:
			now := time.Now()
			next := sh.period() / turns
			for s := range sh.sessions {
				waiting := s.playOverdue(now)
				if s.disk.turn == turn && s.disk.open() {
					s.watch(now)
				}
				if s.disk.turn == turn || waiting && (s.disk.turn-turn)%(turns/3) == 0 || s.disk.lastErr != nil {
					sh.tick(s, now)
				}
				if s.disk.lastErr != nil {
					next = min(next, diskBackoff)
				}
			}
			sh.rounds(now)
			if turn = (turn + 1) % turns; turn == 0 {
				sh.measure(time.Now())
			}
			timer.Reset(next)
		}
	}
}

// turns is the number of parts into which a period is cut; each session has its round in one of them. All at once would
// leave the host's goroutines no processor for a while, and none at all together would leave each sync a commit of the file
// system's journal to itself.
const turns = 9

// playOverdue plays the packets that have waited long enough, and reports whether any wait, or did since the last round. Such a
// session has a round three times in a period: of the time in which its samples are to be durable, they have spent a part waiting.
func (s *Session) playOverdue(now time.Time) (waiting bool) {
	for _, c := range s.chans {
		if c.packets.deadline.Load() != 0 {
			waiting = true
			c.playOverdue(now.Sub(s.start))
		}
		waiting = waiting || c.packets.arrived.Load() != 0
	}
	return waiting
}

// tick begins a session's round, unless the disk refused a moment ago: trying again at once helps nobody.
func (sh *shard) tick(s *Session, now time.Time) {
	d := &s.disk
	if d.ending != nil || d.lastErr != nil && now.Sub(d.failedAt) < diskBackoff {
		return
	}
	sh.want(s)
}

// diskBackoff is the pause after a failed write. It is less than the shortest buffer (limits.BufferMin), so that a disk that
// refuses once costs nothing.
const diskBackoff = 200 * time.Millisecond

// period is the time between rounds: Every less twice what a round takes, so that one that takes longer than the last
// still ends in time; between a quarter and two thirds of Every. Syncs are what recording costs, and each that is not made is
// saved; a promise needs slack all the same.
func (sh *shard) period() time.Duration {
	every := sh.engine.cfg.Every
	return min(max(every-2*sh.syncTime, every/4), every*2/3)
}

// achieved takes note of the recovery point that a round achieved and of how long it took.
func (sh *shard) achieved(age, took time.Duration) {
	// The worst fades by an eighth a round, so one slow sync is remembered for a while, not for ever.
	sh.syncTime = max(took, sh.syncTime-sh.syncTime/8)
	if age > sh.engine.cfg.Every {
		sh.engine.missed.Add(1)
	}
	sh.engine.cfg.OnSynced(age)
}

// drainAll empties the rings that fill up, between rounds.
func (sh *shard) drainAll() {
	c := sh.drains.Swap(nil)
	if c == nil {
		return
	}
	sh.drained = sh.drained[:0]
	for c != nil {
		next := c.next
		// Before the drain: a writer that finds too much behind after it queues the channel anew.
		c.queued.Store(false)
		if sh.drainOne(c) {
			sh.drained = append(sh.drained, c)
		}
		c = next
	}
	sh.out.land()
	now := time.Now()
	for _, c := range sh.drained {
		s := c.session
		if err := c.out.takeErr(); err != nil {
			c.failing.Store(true)
			s.failed(now, err)
		} else if c.out.drained.Gaps-c.gapsFreed.Load() >= spool.GapRing/2 {
			sh.flush(s, now)
		}
	}
	clear(sh.drained)
}

// drainOne begins to empty one ring, if that is to be done between rounds.
func (sh *shard) drainOne(c *Channel) bool {
	s := c.session
	if !s.disk.ready() || c.out.poisoned != nil {
		return false // the next round tries
	}
	if sh.engine.cfg.PerAudio && c.area.Read().Frames-c.out.mark.Frames >= c.meta.Frames(sh.engine.cfg.Every) {
		sh.want(s) // a stretch of Every of audio is synced before more follows
		return false
	}
	c.drain()
	return true
}

// flush writes journal and marks between rounds, because a ring of gaps or records fills up. The sync comes with the next
// round.
func (sh *shard) flush(s *Session, now time.Time) {
	if err := s.write(spool.StateOpen, nil); err != nil {
		s.failed(now, err)
	}
}

// open reports whether the session's files are there to be written to, and ready whether they are between rounds.
func (d *sessionDisk) open() bool  { return !d.gone && d.ending == nil }
func (d *sessionDisk) ready() bool { return d.open() && d.lastErr == nil }

func (sh *shard) remove(s *Session) {
	delete(sh.sessions, s)
	sh.engine.retire(s)
}

// measure looks how old the oldest audio is that is not on stable storage.
func (sh *shard) measure(now time.Time) {
	var oldest time.Duration
	for s := range sh.sessions {
		unsynced := false
		for _, c := range s.chans {
			unsynced = unsynced || c.out.durable.Frames < c.area.Read().Frames
			c.calmDown()
		}
		if unsynced {
			oldest = max(oldest, now.Sub(s.disk.prev))
		}
	}
	sh.unsynced.Store(int64(oldest))
}

package pipeline

import (
	"errors"
	"time"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/spool"
)

// sessionDisk is the disk side of a session. Only its shard touches it.
type sessionDisk struct {
	journal        durable.File
	journalEnd     int64 // written
	journalSyncing int64 // of that, what the sync under way is about
	journalSynced  int64 // and what is on stable storage

	journalEpoch    uint64 // the syncer's, see syncJob
	journalPoisoned error  // a sync failed: the descriptor can't be trusted
	buf             []byte

	// A round: drain, journal, marks, syncs. prev is when the one before began to drain: what was accepted just after it
	// is the oldest that the present round makes durable.
	prev, began time.Time
	oldest      time.Time // prev, or when the oldest packet came that had waited since
	turn        int       // in which part of the period it begins
	syncs       int       // under way
	roundErr    error     // what went wrong in it
	again       bool      // somebody asked for another round as soon as this one ends
	waiting     []request // for the present round
	queued      []request // for the next
	due         bool      // on the shard's list of sessions that have a round

	failedAt time.Time // of the last failed attempt to write
	lastErr  error     // logged once, until it goes away
	ending   *request  // a seal or abandon that waits for the syncs to come back
	sealed   bool      // everything is in the files, with a final mark
	gone     bool
}

// want asks for a round of a session before the shard waits again.
func (sh *shard) want(s *Session) {
	switch d := &s.disk; {
	case d.syncs > 0:
		d.again = true
	case !d.due:
		d.due = true
		sh.due = append(sh.due, s)
	}
}

// rounds drains and marks the sessions that are due, together, and starts the syncs of what is dirty.
func (sh *shard) rounds(now time.Time) {
	for _, s := range sh.due {
		if s.disk.open() { // it may have ended since
			s.beginRound(now)
		}
	}
	sh.out.land()
	sh.jobs = sh.jobs[:0]
	for _, s := range sh.due {
		s.disk.due = false
		if s.disk.open() {
			s.endGathering(now)
		}
	}
	clear(sh.due)
	sh.due = sh.due[:0]
	sh.engine.syncs.push(sh.jobs)
}

func (s *Session) beginRound(now time.Time) {
	d := &s.disk
	d.again = false
	d.began = now
	d.oldest = s.oldestSince(d.prev)
	s.drain()
}

// endGathering goes on with a round when what was drained is in the files.
func (s *Session) endGathering(now time.Time) {
	d := &s.disk
	d.roundErr = s.vouch(spool.StateOpen, nil)
	if d.roundErr != nil {
		s.failed(now, d.roundErr)
	} else {
		s.recovered()
	}
	// Also after an error: what the others wrote is as dear as ever.
	s.startSyncs()
	if d.syncs > 0 {
		return
	}
	if d.roundErr == nil {
		s.reached(d.began)
	}
	s.answer(d.roundErr)
}

// oldestSince is when the oldest of what the round that begins will make durable was accepted: after prev, unless it is a
// packet that waited for others.
func (s *Session) oldestSince(prev time.Time) time.Time {
	for _, c := range s.chans {
		if at := c.packets.arrived.Swap(0); at != 0 {
			if t := s.start.Add(time.Duration(at)); t.Before(prev) {
				prev = t
			}
		}
	}
	return prev
}

// write brings everything accepted into the files: samples first, then the journal with the gaps among them, then the
// marks that vouch for both.
//
// A channel that fails doesn't keep the others from it.
func (s *Session) write(state spool.MarkState, end *spool.End) error {
	s.drain()
	s.shard.out.land()
	return s.vouch(state, end)
}

func (s *Session) drain() {
	for _, c := range s.chans {
		c.drain()
	}
}

// vouch writes journal and marks for what was drained and has landed.
func (s *Session) vouch(state spool.MarkState, end *spool.End) error {
	var errs []error
	for _, c := range s.chans {
		err := c.out.takeErr()
		if err == nil && c.out.poisoned != nil {
			err = c.rescue()
		}
		c.failing.Store(err != nil)
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 && !onlyGone(errors.Join(errs...)) {
		end = nil // something will come before it yet
	}
	if err := s.writeJournal(end); err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, c := range s.chans {
		if c.failing.Load() {
			continue
		}
		if err := c.writeMark(state, s.disk.journalEnd, &s.shard.scratch); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// writeJournal appends the cues from the ring, the gaps of all channels, and the end if there is one.
func (s *Session) writeJournal(end *spool.End) (err error) {
	d := &s.disk
	if d.journalPoisoned != nil {
		if err := s.reopenJournal(); err != nil {
			return err
		}
	}
	var upTo uint64
	d.buf, upTo = s.stage.Journal.Pending(d.buf[:0])
	for i, c := range s.chans {
		for _, g := range c.out.newGaps {
			if d.buf, err = spool.AppendRecord(d.buf, spool.GapRecord(i, g)); err != nil {
				return err
			}
		}
	}
	if end != nil {
		if d.buf, err = spool.AppendRecord(d.buf, spool.Record{End: end}); err != nil {
			return err
		}
	}
	if len(d.buf) == 0 {
		return nil
	}
	if _, err := d.journal.WriteAt(d.buf, d.journalEnd); err != nil {
		return err
	}
	d.journalEnd += int64(len(d.buf))
	s.stage.Journal.Release(upTo)
	for _, c := range s.chans {
		c.out.newGaps = c.out.newGaps[:0]
	}
	return nil
}

func (s *Session) startSyncs() {
	d := &s.disk
	sh := s.shard
	if d.journalSyncing = d.journalEnd; d.journalSyncing > d.journalSynced && d.journalPoisoned == nil {
		d.syncs++
		sh.jobs = append(sh.jobs, syncJob{session: s, channel: -1, file: d.journal, epoch: &d.journalEpoch})
	}
	for i, c := range s.chans {
		o := &c.out
		if !o.dirty || o.poisoned != nil {
			continue
		}
		o.dirty, o.syncMark = false, o.mark
		d.syncs++
		sh.jobs = append(sh.jobs, syncJob{session: s, channel: i, file: o.file, epoch: &o.epoch})
	}
}

// synced takes the result of one sync.
func (s *Session) synced(now time.Time, r syncResult) {
	d := &s.disk
	d.syncs--
	switch {
	case r.err != nil:
		// What the failed call was to make durable may never become so on this descriptor, whatever later calls say
		// (https://wiki.postgresql.org/wiki/Fsync_Errors): it is not asked again.
		d.roundErr = errors.Join(d.roundErr, r.err)
		if r.channel >= 0 {
			c := s.chans[r.channel]
			c.out.poisoned, c.out.dirty = r.err, true
		} else {
			d.journalPoisoned = r.err
		}
	case r.channel < 0:
		d.journalSynced = d.journalSyncing
	}
	if d.syncs > 0 {
		return
	}
	s.roundEnded(now)
}

func (s *Session) roundEnded(now time.Time) {
	d := &s.disk
	s.confirm()
	if d.roundErr != nil {
		s.failed(now, d.roundErr)
	} else {
		s.shard.achieved(now.Sub(d.oldest), now.Sub(d.began))
		s.reached(d.began)
	}
	s.answer(d.roundErr)
	if d.ending != nil {
		s.finishEnding()
		return
	}
	if d.again || len(d.queued) > 0 {
		d.waiting, d.queued = d.queued, d.waiting[:0]
		s.shard.want(s)
	}
}

// confirm takes the marks of the round that ended for durable, where their samples are. A mark needs its journal, so without
// that none is.
func (s *Session) confirm() {
	if s.disk.journalPoisoned != nil {
		return
	}
	for _, c := range s.chans {
		if o := &c.out; o.poisoned == nil && o.syncMark.Seq > o.durable.Seq {
			o.durable = o.syncMark
		}
	}
}

// answer tells everyone who waits for the present round how it went.
func (s *Session) answer(err error) {
	for _, r := range s.disk.waiting {
		r.reply <- err
	}
	s.disk.waiting = s.disk.waiting[:0]
}

// failed notes that the disk refused. It is logged once, when it begins.
func (s *Session) failed(now time.Time, err error) {
	d := &s.disk
	d.failedAt = now
	if d.lastErr == nil {
		s.shard.engine.cfg.OnDisk(s.meta.SessionID, err)
	}
	d.lastErr = err
	s.watched.noteDisk(now, err)
}

func (s *Session) recovered() {
	if d := &s.disk; d.lastErr != nil {
		d.lastErr = nil
		s.watched.noteDisk(time.Time{}, nil)
		s.shard.engine.cfg.OnDisk(s.meta.SessionID, nil)
	}
}

package pipeline

import (
	"errors"
	"fmt"
	"time"

	"github.com/ilenia-live/rec/internal/spool"
)

// seal writes the last of everything. What was still pending as silence becomes a gap.
func (s *Session) seal(end spool.End) error {
	if err := s.write(spool.StateOpen, nil); err != nil && !onlyGone(err) {
		return err
	}
	for _, c := range s.chans {
		c.mu.Lock()
		c.sealMasksLocked(c.meta.Frames(time.Duration(end.LengthNs)))
		// The round above made room for it.
		if c.pending > 0 && c.gapRoomLocked() {
			c.publishGapLocked()
		}
		c.mu.Unlock()
	}
	if err := s.write(spool.StateComplete, &end); err != nil && !onlyGone(err) {
		return fmt.Errorf("seal session %s: %w", s.meta.SessionID, err)
	}
	return nil
}

// onlyGone reports whether all that failed is channels whose samples are gone for good: no reason to try again.
func onlyGone(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if !errors.Is(e, errGone) {
				return false
			}
		}
		return true
	}
	return errors.Is(err, errGone)
}

// settle writes anew what a sync under way at the seal failed to make durable. A channel whose samples are gone from the
// kernel is left as it is: finalize will cut it at its last certain mark, and say so.
func (s *Session) settle() error {
	for _, c := range s.chans {
		if c.out.poisoned == nil {
			continue
		}
		if err := c.rescue(); err != nil && !errors.Is(err, errGone) {
			return err
		}
	}
	if s.disk.journalPoisoned != nil {
		return s.reopenJournal()
	}
	return nil
}

// finishEnding closes the session's files when no sync uses them any longer.
func (s *Session) finishEnding() {
	d := &s.disk
	r := d.ending
	d.ending = nil
	if r.kind == askSeal {
		// Finalize syncs through descriptors of its own, which would not be told of what failed on ours.
		if err := s.settle(); err != nil {
			s.failed(time.Now(), err)
			r.reply <- err
			return
		}
		d.sealed = true
	}
	d.gone = true
	s.shard.remove(s)
	files := spool.Files{Journal: d.journal}
	for _, c := range s.chans {
		files.Parts = append(files.Parts, c.out.file)
	}
	err := errors.Join(files.Close(), s.release())
	for _, w := range append(d.waiting, d.queued...) {
		w.reply <- ErrClosed
	}
	d.waiting, d.queued = nil, nil
	r.reply <- err
}

package pipeline

import (
	"errors"
	"fmt"
	"path"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// rescue goes on after a failed sync, without asking the same descriptor again: what was not durable is read back from
// the kernel's memory, compared with the checksum it had when it was accepted, and written once more through a new
// descriptor, which makes its pages dirty again.
//
// When the comparison fails, the samples are gone from the kernel: errGone.
func (c *Channel) rescue() error {
	o := &c.out
	fsys := c.session.fs
	fresh, err := fsys.Open(c.partName())
	if err != nil {
		return fmt.Errorf("reopen after a failed sync: %w", err)
	}
	begin, end := o.durable.Frames*c.align, o.drained.Frames*c.align
	buf := make([]byte, min(end-begin, 64<<10))
	for _, write := range []bool{false, true} {
		crc := o.durable.CRC
		for at := begin; at < end; {
			p := buf[:min(int64(len(buf)), end-at)]
			if _, err := o.file.ReadAt(p, wavfile.HeaderSize+at); err != nil {
				return errors.Join(fmt.Errorf("read back after a failed sync: %w", err), fresh.Close())
			}
			crc = checksum.Update(crc, p)
			if write && !durable.IsZero(p) { // a hole stays one
				if _, err := fresh.WriteAt(p, wavfile.HeaderSize+at); err != nil {
					return errors.Join(err, fresh.Close())
				}
			}
			at += int64(len(p))
		}
		if crc != o.drained.CRC {
			// Not joined with the Close of a descriptor through which nothing was written.
			_ = fresh.Close()
			return fmt.Errorf("channel %q: %w: the frames %d to %d read back with checksum %s, accepted with %s",
				c.meta.ID, errGone, o.durable.Frames, o.drained.Frames, checksum.Hex(crc), checksum.Hex(o.drained.CRC))
		}
	}
	// The old descriptor's last word was the failed sync; its Close has nothing to add.
	_ = o.file.Close()
	o.file, o.poisoned, o.dirty = fresh, nil, true
	return nil
}

// errGone: after a failed sync the kernel no longer has what was written.
var errGone = errors.New("samples are gone after a failed sync")

// reopenJournal does the same for the journal, whose contents are rewritten as a whole: it is small.
func (s *Session) reopenJournal() error {
	d := &s.disk
	fresh, err := s.fs.Open(path.Join(s.meta.Dir(), layout.JournalFile))
	if err != nil {
		return fmt.Errorf("reopen journal after a failed sync: %w", err)
	}
	p := make([]byte, d.journalEnd)
	if _, err := d.journal.ReadAt(p, 0); err != nil {
		return errors.Join(fmt.Errorf("read journal back after a failed sync: %w", err), fresh.Close())
	}
	if _, err := fresh.WriteAt(p, 0); err != nil {
		return errors.Join(err, fresh.Close())
	}
	_ = d.journal.Close() // as in rescue
	d.journal, d.journalSynced, d.journalPoisoned = fresh, 0, nil
	return nil
}

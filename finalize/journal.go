package finalize

import (
	"errors"
	"io/fs"
	"path"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
)

// syncJournal makes the journal durable: the marks that are about to be sealed speak of it.
func (p *publication) syncJournal() error {
	f, err := p.fs.Open(path.Join(p.dir, layout.JournalFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// rewriteJournal makes the journal hold what was found in the stage, so that the stage isn't needed by the next call.
func (p *publication) rewriteJournal() error {
	var text []byte
	var err error
	for _, r := range p.journal.Records {
		if text, err = spool.AppendRecord(text, r); err != nil {
			return err
		}
	}
	p.journal.Bytes = int64(len(text))
	return durable.WriteFile(p.fs, path.Join(p.dir, layout.JournalFile), text)
}

// stagedCues takes the cues that were accepted and not yet written to the journal. It reports whether there were any.
func (p *publication) stagedCues(stage *lazyStage) (found bool, err error) {
	s, err := stage.get()
	if s == nil || err != nil {
		return false, err
	}
	rest, _ := s.Journal.Pending(nil)
	for {
		r, next, ok := spool.SplitRecord(rest)
		if !ok {
			return found, nil
		}
		rest = next
		if r.Seq > 0 && p.journal.Add(r) {
			found = true
		}
	}
}

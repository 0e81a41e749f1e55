package finalize

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// channelState is what is known of one channel while it is being finished.
type channelState struct {
	meta spool.ChannelMeta
	name string // where the file is: in the spool directory, or already in pub/
	mark spool.Mark
	// proven are the marks in the file's header, newer than the durable one, whose samples are there.
	proven []spool.Mark
	gaps   []spool.Gap
	fresh  []spool.Gap // those that the stage knew and the journal did not
	// collected is set when an earlier call sealed the file, synced it and moved it to pub/.
	collected bool
	// short is set when the journal has lost what was once on stable storage: cues may be missing.
	short  bool
	header [wavfile.HeaderSize]byte

	transcripts []Transcript
}

// incomplete reports whether something that had been accepted may be missing.
func (st *channelState) incomplete() bool {
	return st.mark.State == spool.StateSealedCut || st.short
}

// drain finds out, for every channel, what is certain, and brings it into the file.
func (p *publication) drain() error {
	if p.described {
		return nil
	}
	journal, err := spool.ReadJournal(p.fs, p.dir)
	if err != nil {
		return err
	}
	p.journal = journal
	stage := &lazyStage{read: p.readStage}
	known := journal.Bytes
	grew := false
	for i, c := range p.meta.Channels {
		state, err := p.drainChannel(i, c, known, stage)
		if err != nil {
			return fmt.Errorf("channel %q: %w", c.ID, err)
		}
		p.channels = append(p.channels, state)
		for _, g := range state.fresh {
			p.journal.Add(spool.GapRecord(i, g))
			grew = true
		}
	}
	for _, r := range p.journal.Records {
		if r.End != nil {
			p.end = r.End
		}
	}
	if p.end == nil {
		// Nobody ended the session, so the stage may hold cues that the journal lacks.
		more, err := p.stagedCues(stage)
		if err != nil {
			return err
		}
		grew = grew || more
	}
	if grew || p.env.Rewrite {
		return p.rewriteJournal()
	}
	return p.syncJournal()
}

// lazyStage reads the stage when it is first needed: at the regular end of a session it never is.
type lazyStage struct {
	read  func() (*spool.Stage, error)
	done  bool
	stage *spool.Stage
	err   error
}

func (l *lazyStage) get() (*spool.Stage, error) {
	if !l.done {
		l.done = true
		l.stage, l.err = l.read()
	}
	return l.stage, l.err
}

// drainChannel establishes one channel: from the last mark that is certain, over every later mark whose checksum matches
// the file, to what the stage vouches for.
func (p *publication) drainChannel(i int, c spool.ChannelMeta, journal int64, stage *lazyStage) (channelState, error) {
	st := channelState{meta: c, name: path.Join(p.dir, layout.Part(c.ID))}
	f, err := p.fs.Open(st.name)
	if errors.Is(err, fs.ErrNotExist) {
		st.name, st.collected = path.Join(p.pub, layout.WAV(c.ID)), true
		f, err = p.fs.OpenRead(st.name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return st, fmt.Errorf("%w: its file is missing: %w", ErrUnexplained, err)
	}
	if err != nil {
		return st, err
	}
	err = p.establish(&st, f, i, journal, stage)
	return st, errors.Join(err, f.Close())
}

func (p *publication) establish(st *channelState, f durable.File, i int, journal int64, stage *lazyStage) error {
	if _, err := f.ReadAt(st.header[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	w := &walker{file: f, align: int64(st.meta.Format().BlockAlign()), gaps: p.journalGaps(i)}
	base, newer := spool.Marks(st.header[:])
	for _, m := range newer {
		if m.Journal > journal {
			continue // it speaks of gaps that were lost
		}
		whole, err := w.vouches(base, m)
		if err != nil {
			return err
		}
		if !whole {
			continue // the mark reached the disk and its samples did not; a call before this one may have made another since
		}
		base, st.proven = m, append(st.proven, m)
	}
	st.mark, st.short = base, base.Journal > journal
	if st.collected && !base.State.Sealed() {
		return fmt.Errorf("%w: it was collected and is not sealed", ErrUnexplained)
	}
	if base.State == spool.StateOpen {
		s, err := stage.get()
		if err != nil {
			return err
		}
		st.mark.State = spool.StateSealedCut
		if s != nil {
			m, ok, err := w.replay(base, s.Areas[i])
			if err != nil {
				return err
			}
			if ok {
				if m, err = w.playHeld(st, m, s.Areas[i]); err != nil {
					return err
				}
				m.State = spool.StateSealedRepaired
				if boot := spool.BootID(); p.meta.BootID != boot && p.meta.BootID != "" && boot != "" {
					// After a restart of the machine the stage came from a disk. What it holds is true, but it may not be
					// the last that was accepted.
					m.State = spool.StateSealedCut
				}
				st.mark, st.fresh = m, w.fresh
			}
		}
	}
	for n := range st.mark.Gaps {
		g, ok := w.gaps[n]
		if !ok {
			return fmt.Errorf("%w: gap %d of %d is nowhere", ErrUnexplained, n, st.mark.Gaps)
		}
		st.gaps = append(st.gaps, g)
	}
	return nil
}

// journalGaps returns the gaps of channel i by number.
func (p *publication) journalGaps(i int) map[uint64]spool.Gap {
	gaps := map[uint64]spool.Gap{}
	for _, r := range p.journal.Records {
		if r.Gap != nil && r.Gap.Channel == i {
			if g, err := r.Gap.Gap(); err == nil {
				gaps[g.N] = g
			}
		}
	}
	return gaps
}

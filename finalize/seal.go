package finalize

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/level"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

const (
	// endSlack is how much earlier than its session a channel may end: a frame of 20 ms, contract C5.
	endSlack = 20 * time.Millisecond
	// crashSlack is the same where a crash ended the session. Sources deliver at different moments, so a process that dies
	// cuts its channels a little differently; silence is added only where a channel had ended before.
	crashSlack = 250 * time.Millisecond
)

// seal makes every channel as long as its session, patches the final header in place, and syncs the audio.
func (p *publication) seal() error {
	if p.described {
		return nil
	}
	length, slack := p.length()
	for i := range p.channels {
		st := &p.channels[i]
		if st.collected {
			continue
		}
		if err := p.sealChannel(st, length, slack); err != nil {
			return fmt.Errorf("channel %q: %w", st.meta.ID, err)
		}
	}
	return nil
}

// length is how long the session lasted: its longest channel, or what its end says if that is longer.
func (p *publication) length() (length, slack time.Duration) {
	slack = crashSlack
	if p.end != nil {
		length, slack = time.Duration(p.end.LengthNs), endSlack
	}
	for _, st := range p.channels {
		length = max(length, st.meta.Time(st.mark.Frames))
	}
	return length, slack
}

func (p *publication) sealChannel(st *channelState, length, slack time.Duration) error {
	f, err := p.fs.Open(st.name)
	if err != nil {
		return err
	}
	if err := p.sealFile(st, f, length, slack); err != nil {
		return errors.Join(err, f.Close())
	}
	// Before the rename to come: a name must never be more durable than what it names.
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

func (p *publication) sealFile(st *channelState, f durable.File, length, slack time.Duration) error {
	align := int64(st.meta.Format().BlockAlign())
	size, err := f.Size()
	if err != nil {
		return err
	}
	m := st.mark
	base, newer := spool.Marks(st.header[:])
	// An earlier call may have got as far as a mark that speaks of padding, and not as far as cutting the file before it.
	certain := wavfile.HeaderSize + (m.Frames-m.Padding)*align
	if size > certain {
		if err := p.keepTail(st.meta, f, certain, size); err != nil {
			return err
		}
		// At once: what silence is added below must not find it there.
		if err := f.Truncate(certain); err != nil {
			return err
		}
		size = certain
	}
	if m.Padding == 0 { // not padded by an earlier call
		if want := st.meta.Frames(length); want-m.Frames > st.meta.Frames(slack) {
			meter := level.FromState(m.Level)
			meter.AddZeros((want - m.Frames) * int64(st.meta.Channels))
			m.CRC = checksum.Zeros(m.CRC, (want-m.Frames)*align)
			m.Padding, m.Frames, m.Level = want-m.Frames, want, meter.State()
		}
	}
	if p.env.Rewrite {
		if err := rewrite(f, wavfile.HeaderSize+base.Frames*align, certain); err != nil {
			return err
		}
	}
	if size != wavfile.HeaderSize+m.Frames*align {
		if err := f.Truncate(wavfile.HeaderSize + m.Frames*align); err != nil {
			return err
		}
	}
	if !m.State.Sealed() {
		m.State = spool.StateSealed
	}
	m.Seq = base.Seq + 1
	for _, old := range newer {
		m.Seq = old.Seq + 1
	}
	// The marks stay where they are, but for those whose samples did not reach the disk: the header's length is that of the longest.
	var recent [spool.RecentMarks]spool.Mark
	for _, old := range append([]spool.Mark{base}, st.proven...) {
		if !old.State.Sealed() && old.Seq > 0 {
			recent[old.Seq%spool.RecentMarks] = old
		}
	}
	m.Journal, m.At = p.journal.Bytes, time.Now()
	st.mark = m
	if err := spool.EncodeHeader(&st.header, p.meta.Header(st.meta), base, &recent, m); err != nil {
		return err
	}
	_, err = f.WriteAt(st.header[:], 0)
	return err
}

// rewrite makes the pages of a range dirty again, so that the sync to come writes them. Holes stay holes.
func rewrite(f durable.File, from, to int64) error {
	buf := make([]byte, min(walkBytes, max(to-from, 0)))
	for at := from; at < to; {
		n, err := f.ReadAt(buf[:min(int64(len(buf)), to-at)], at)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n == 0 {
			return nil
		}
		if p := buf[:n]; !durable.IsZero(p) {
			if _, err := f.WriteAt(p, at); err != nil {
				return err
			}
		}
		at += int64(n)
	}
	return nil
}

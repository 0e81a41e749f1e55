package pipeline

import (
	"fmt"
	"path"
	"time"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/level"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// output is the disk side of a channel. Only the session's shard touches it.
type output struct {
	file    durable.File
	header  wavfile.Header
	drained spool.Slot // the newest slot whose samples are all in the file

	// How far the file got on the way to the next slot, when a write failed in the middle.
	payload uint64
	frames  int64
	gaps    uint64

	meter    level.Meter
	newGaps  []spool.Gap // in the file and not yet in the journal
	mark     spool.Mark  // the newest written
	durable  spool.Mark  // the newest known to be on stable storage
	recent   [spool.RecentMarks]spool.Mark
	dirty    bool // something was written since the last successful sync began
	syncMark spool.Mark
	epoch    uint64 // the syncer's, see syncJob
	poisoned error  // a sync failed: the descriptor can't be trusted
}

// drain copies what was accepted from the ring into the file.
func (c *Channel) drain() error {
	o := &c.out
	s := c.area.Read()
	if s.Seq <= o.drained.Seq {
		return nil
	}
	before := o.payload
	for o.gaps < s.Gaps {
		g, ok := c.area.Gap(o.gaps)
		if !ok {
			// Can't happen while the writer keeps to the ring's size; without the gap the timeline would shift.
			return fmt.Errorf("drain channel %q: gap %d is missing from the stage", c.meta.ID, o.gaps)
		}
		if err := c.writePayload(g.At, s.Origin); err != nil {
			return err
		}
		if g.Silence() > 0 && s.Payload == g.At {
			// Nothing follows yet that would make the file long enough.
			if err := o.file.Truncate(wavfile.HeaderSize + g.End()*c.align); err != nil {
				return err
			}
		}
		o.frames = g.End()
		o.gaps++
		o.meter.AddZeros(g.Silence() * int64(c.meta.Channels))
		o.newGaps = append(o.newGaps, g)
		o.dirty = true
	}
	if err := c.writePayload(s.Payload, s.Origin); err != nil {
		return err
	}
	o.drained = s
	c.session.shard.engine.bytesWritten.Add(int64(o.payload - before))
	return nil
}

// writePayload writes ring bytes up to a payload position at the file's present end and frees their room. The ring begins with
// payload byte origin.
func (c *Channel) writePayload(upTo, origin uint64) error {
	o := &c.out
	first, second := c.area.Payload(o.payload, upTo, origin)
	at := wavfile.HeaderSize + o.frames*c.align
	// The ring's end may fall inside a frame of an odd number of channels: both pieces count, or neither.
	for _, piece := range [2][]byte{first, second} {
		if len(piece) == 0 {
			continue
		}
		if _, err := o.file.WriteAt(piece, at); err != nil {
			return err
		}
		at += int64(len(piece))
		o.dirty = true
	}
	o.meter.Add(first)
	o.meter.Add(second)
	o.frames += int64(upTo-o.payload) / c.align
	o.payload = upTo
	c.freed.Store(upTo)
	c.wakeWaiter()
	return nil
}

// writeMark vouches, in the file's header, for everything drained so far. The gaps among it must be in the journal.
func (c *Channel) writeMark(state spool.MarkState, journal int64, scratch *[wavfile.HeaderSize]byte) error {
	o := &c.out
	if !o.dirty && state == o.mark.State {
		return nil
	}
	m := spool.Mark{
		Seq: o.mark.Seq + 1, Frames: o.drained.Frames, Payload: o.drained.Payload, CRC: o.drained.CRC,
		Journal: journal, Gaps: o.drained.Gaps, Level: o.meter.State(), State: state, At: time.Now(),
		Source: c.area.ReadSource(),
	}
	recent := o.recent
	recent[m.Seq%spool.RecentMarks] = m
	if err := spool.EncodeHeader(scratch, o.header, o.durable, &recent); err != nil {
		return err
	}
	if _, err := o.file.WriteAt(scratch[:], 0); err != nil {
		return err
	}
	o.mark, o.recent, o.dirty = m, recent, true
	c.gapsFreed.Store(m.Gaps)
	c.wakeWaiter()
	return nil
}

func (c *Channel) partName() string { return path.Join(c.session.meta.Dir(), layout.Part(c.meta.ID)) }

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

	position // what of the way to the next slot is in the file

	sectorBytes int    // what a write past the page cache is a multiple of, 0 for a file that is written through it
	sector      []byte // what the file's last sector holds, if that isn't full
	reserved    int64  // file offset up to which room is allocated
	ahead       int64  // bytes to allocate beyond a write
	calm        int    // periods for which a ring that grew was short
	sent        bool   // a block is in the shard's outbox
	err         error  // why the last drain did not reach the file

	meter    level.Meter
	watch    watch
	newGaps  []spool.Gap // in the file and not yet in the journal
	mark     spool.Mark  // the newest written
	durable  spool.Mark  // the newest known to be on stable storage
	recent   [spool.RecentMarks]spool.Mark
	dirty    bool // something was written since the last successful sync began
	syncMark spool.Mark
	epoch    uint64 // the syncer's, see syncJob
	poisoned error  // a sync failed: the descriptor can't be trusted
}

// position is how far a channel's file got.
type position struct {
	payload uint64 // bytes of the ring
	frames  int64  // length of the timeline
	gaps    uint64
}

// open gives the output its file.
func (o *output) open(f durable.File, m spool.ChannelMeta, cached bool) {
	o.file, o.sectorBytes = f, 0
	if !cached {
		o.sectorBytes = f.Direct()
	}
	o.sector = make([]byte, 0, o.sectorBytes)
	o.ahead = m.Frames(reserveTime) * int64(m.Format().BlockAlign())
}

// takeErr returns why the last drain failed, and forgets it.
func (o *output) takeErr() error {
	err := o.err
	o.err = nil
	return err
}

// drain brings what was accepted from the ring on its way to the file: it is there, or the output has an error, when the shard's outbox
// has landed.
func (c *Channel) drain() {
	x := c.session.shard.out
	if c.out.sent {
		x.land()
	}
	s := c.area.Read()
	if s.Seq <= c.out.drained.Seq || c.out.err != nil {
		return
	}
	g := gathering{Channel: c, box: x, slot: s, pos: c.out.position, block: x.block(c)}
	if err := g.all(); err != nil {
		c.out.err = err
	}
}

// gathering is a drain under way.
type gathering struct {
	*Channel
	box   *outbox
	block *block
	pos   position // behind what is in the block
	slot  spool.Slot
}

func (g *gathering) all() error {
	for g.pos.gaps < g.slot.Gaps {
		gap, ok := g.area.Gap(g.pos.gaps)
		if !ok {
			// Can't happen while the writer keeps to the ring's size; without the gap the timeline would shift.
			return fmt.Errorf("drain channel %q: gap %d is missing from the stage", g.meta.ID, g.pos.gaps)
		}
		if err := g.samples(gap.At); err != nil {
			return err
		}
		if err := g.silence(gap); err != nil {
			return err
		}
		g.pos.gaps++
		g.out.newGaps = append(g.out.newGaps, gap)
	}
	if err := g.samples(g.slot.Payload); err != nil {
		return err
	}
	g.box.send(parcel{channel: g.Channel, pos: g.pos, slot: g.slot})
	return nil
}

// samples takes the ring's bytes up to a payload position.
func (g *gathering) samples(upTo uint64) error {
	first, second := g.area.Payload(g.pos.payload, upTo, g.slot.Origin)
	for _, piece := range [2][]byte{first, second} {
		for {
			rest := g.block.add(piece)
			g.pos.payload += uint64(len(piece) - len(rest))
			if piece = rest; len(piece) == 0 {
				break
			}
			if err := g.turn(); err != nil {
				return err
			}
		}
	}
	return nil
}

// silence takes the silence of a gap, or what of it isn't in the file already.
func (g *gathering) silence(gap spool.Gap) error {
	if gap.Silence() == 0 {
		return nil
	}
	n := (gap.End() - g.block.end(g.Channel)) * g.align
	if n >= holeBytes {
		if err := g.turn(); err != nil {
			return err
		}
		if err := g.hole(gap.End(), g.slot.Payload > gap.At); err != nil {
			return err
		}
		g.block.start(g.Channel)
		return nil
	}
	for n = g.block.addZeros(n); n > 0; n = g.block.addZeros(n) {
		if err := g.turn(); err != nil {
			return err
		}
	}
	return nil
}

// turn writes what is in the block and begins it anew.
func (g *gathering) turn() error {
	g.box.send(parcel{channel: g.Channel, pos: g.pos})
	g.box.land()
	if err := g.out.err; err != nil {
		return err
	}
	g.block = g.box.block(g.Channel)
	return nil
}

// writeMark vouches, in the file's header, for everything drained so far. The gaps among it must be in the journal.
func (c *Channel) writeMark(state spool.MarkState, journal int64, scratch *[wavfile.HeaderSize]byte) error {
	o := &c.out
	if !o.dirty && state == o.mark.State {
		return nil
	}
	m := spool.Mark{
		Seq: spool.NextSeq(o.mark.Seq, o.durable.Seq, o.syncMark.Seq), Frames: o.drained.Frames, Payload: o.drained.Payload, CRC: o.drained.CRC,
		Journal: journal, Gaps: o.drained.Gaps, Level: o.meter.State(), State: state, At: time.Now(),
		Source: c.area.ReadSource(),
	}
	recent := o.recent
	recent[m.Seq%spool.RecentMarks] = m
	if err := spool.EncodeHeader(scratch, o.header, o.durable, &recent, spool.Mark{}); err != nil {
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

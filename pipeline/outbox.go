package pipeline

import (
	"slices"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// outboxBlocks is the number of writes that a shard has under way at once. A few shards with as many each keep a disk busy.
const outboxBlocks = 8

// outbox is what a shard is about to write: blocks of different channels, which go to the disk together.
type outbox struct {
	queue  *durable.Queue
	blocks []block
	sent   []parcel // sent[i] is in blocks[i]
	ops    []durable.Op
	which  []int // ops[i] writes sent[which[i]]
}

// parcel is a block on its way, and what is true of its channel's file once it is there.
type parcel struct {
	channel *Channel
	pos     position
	slot    spool.Slot // the newest of which everything is in the file then
	err     error
}

// outboxBytes is the memory of an outbox.
const outboxBytes = outboxBlocks * blockBytes

func newOutbox(mem []byte) *outbox {
	x := &outbox{queue: durable.NewQueue(outboxBlocks), blocks: make([]block, outboxBlocks)}
	for i := range x.blocks {
		x.blocks[i].mem = mem[i*blockBytes : (i+1)*blockBytes]
	}
	return x
}

// block returns an empty block for a channel. When all are on their way they are landed first.
func (x *outbox) block(c *Channel) *block {
	if len(x.sent) == len(x.blocks) || c.out.sent {
		x.land()
	}
	b := &x.blocks[len(x.sent)]
	b.start(c)
	return b
}

// send takes the block that block returned.
func (x *outbox) send(p parcel) {
	p.channel.out.sent = true
	x.sent = append(x.sent, p)
}

// land writes all that was sent and notes in each channel's output how it went.
func (x *outbox) land() {
	x.ops, x.which = x.ops[:0], x.which[:0]
	for i := range x.sent {
		p, b := &x.sent[i], &x.blocks[i]
		o := &p.channel.out
		switch {
		case b.used == b.from: // nothing but a new position
		case o.sectorBytes == 0:
			_, p.err = o.file.WriteAt(b.mem[b.from:b.used], b.begin+int64(b.from))
		default:
			whole := b.pad(o.sectorBytes)
			o.reserve(b.begin, b.begin+int64(len(whole)))
			x.ops, x.which = append(x.ops, durable.Op{File: o.file, P: whole, Off: b.begin}), append(x.which, i)
		}
	}
	x.queue.Do(x.ops, func(i int, err error) { x.sent[x.which[i]].err = err })
	for i := range x.sent {
		x.sent[i].landed(&x.blocks[i])
	}
	clear(x.sent)
	clear(x.ops)
	x.sent = x.sent[:0]
}

// landed takes note of what became of a block. What failed is gathered anew by the next drain.
func (p *parcel) landed(b *block) {
	c := p.channel
	o := &c.out
	o.sent = false
	if p.err != nil {
		o.err = p.err
		o.newGaps = slices.DeleteFunc(o.newGaps, func(g spool.Gap) bool { return g.N >= o.gaps })
		return
	}
	if b.used > b.from {
		o.dirty = true
		o.meter.Add(b.mem[b.from:b.used])
		if o.sectorBytes > 0 {
			o.sector = append(o.sector[:0], b.mem[b.used/o.sectorBytes*o.sectorBytes:b.used]...)
		}
	}
	c.session.shard.engine.bytesWritten.Add(int64(p.pos.payload - o.payload))
	o.position = p.pos
	o.frames = b.end(c)
	if p.slot.Seq > 0 {
		o.drained = p.slot
	}
	c.freed.Store(o.payload)
	c.wakeWaiter()
}

// hole lets the channel's file go on behind silence that takes no room, from its end up to a frame. Unless samples follow, it is made
// that long.
func (c *Channel) hole(frame int64, follows bool) error {
	o := &c.out
	end, next := wavfile.HeaderSize+o.frames*c.align, wavfile.HeaderSize+frame*c.align
	if o.reserved > 0 { // behind the end, where the hole will be
		if err := o.file.Truncate(end); err != nil {
			return err
		}
		o.reserved = 0
	}
	if !follows {
		if err := o.file.Truncate(next); err != nil {
			return err
		}
		o.dirty = true
	}
	o.meter.AddZeros((next - end) / 2)
	o.frames = frame
	if o.sectorBytes > 0 {
		o.sector = o.sector[:next%int64(o.sectorBytes)]
		clear(o.sector)
	}
	return nil
}

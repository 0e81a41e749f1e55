package pipeline

import (
	"time"

	"github.com/ilenia-live/rec/internal/wavfile"
)

const (
	// blockBytes is the most that one write carries: more than a second of 48 kHz mono, so that such a channel is written once a round.
	// What a write costs, it costs by the piece.
	blockBytes = 128 << 10
	// holeBytes is the silence from which on a gap is a hole in the file. What is shorter is written as zeros with what lies around it,
	// since a second write costs more than the room.
	holeBytes = 64 << 10
)

// block is where a shard gathers what goes to one file in one write: what the file's last sector holds already, samples, short
// silence. Writes past the page cache want whole sectors at aligned addresses, that nobody changes meanwhile.
type block struct {
	mem   []byte
	begin int64 // where mem[0] lies in the file
	from  int   // mem[:from] is in the file
	used  int
	limit int // used grows up to it: mem[from:limit] are whole frames
}

// start makes the block go on at the end of a channel's file.
func (b *block) start(c *Channel) {
	o := &c.out
	b.from = copy(b.mem, o.sector)
	b.begin, b.used = wavfile.HeaderSize+o.frames*c.align-int64(b.from), b.from
	b.limit = b.from + (len(b.mem)-b.from)/int(c.align)*int(c.align)
}

// end is where the file will end, in frames.
func (b *block) end(c *Channel) int64 {
	return (b.begin + int64(b.used) - wavfile.HeaderSize) / c.align
}

// add takes samples. What it has no room for it returns.
func (b *block) add(p []byte) (rest []byte) {
	n := copy(b.mem[b.used:b.limit], p)
	b.used += n
	return p[n:]
}

// addZeros takes n bytes of silence likewise.
func (b *block) addZeros(n int64) (rest int64) {
	taken := min(n, int64(b.limit-b.used))
	clear(b.mem[b.used : b.used+int(taken)])
	b.used += int(taken)
	return n - taken
}

// pad returns the whole sectors that hold what is in the block. Behind its end they are zeros: the mark says where that is, and finalize
// cuts the file there.
func (b *block) pad(sector int) []byte {
	whole := (b.used + sector - 1) / sector * sector
	clear(b.mem[b.used:whole])
	return b.mem[:whole]
}

const (
	// reserveTime is how much of a file is allocated ahead. A file system that has to find room at every write, and to note where and
	// the file's new length, takes half as much processor time again for it.
	reserveTime = 8 * time.Second
	reserveUnit = 64 << 10 // bytes; what is reserved are multiples of it
)

// reserve makes room for a write. That there is none the write itself will tell.
func (o *output) reserve(from, to int64) {
	if to <= o.reserved {
		return
	}
	from = max(from, o.reserved)
	n := (to - from + o.ahead + reserveUnit - 1) / reserveUnit * reserveUnit
	// Also where it failed, for some of it may be reserved: what is there is given back, and nobody asks again at each write.
	_ = o.file.Reserve(from, n)
	o.reserved = from + n
}

package media

import (
	"hash/crc32"
	"iter"
	"slices"
	"time"

	"github.com/ilenia-live/rec/internal/rtpwire"
	"github.com/ilenia-live/rec/internal/spool"
)

// order is the stage that puts packets in order.
//
// Each packet gets a number: its sequence number, unwrapped. A sender that begins anew, with another SSRC or with sequence
// numbers that have nothing to do with those before, begins a run, whose numbers lie far above those of the run before it; so
// stragglers of the old run still find their place.
type order struct {
	hold *spool.Hold
	wait time.Duration
	// recent is how far back in its timestamps a packet may be that is called late for certain.
	recent int64

	started   bool
	cur, prev run
	prevUntil time.Duration // how long stragglers of prev may come
	next      uint64        // number of the packet to be played next
	queue     []uint16      // blocks of the packets that wait, by number
	seen      [seenPackets]seen
	cand      candidate

	// acquiring is set while the first packets of a run, or those after a jump, are collected: when they were sent is best
	// told from the one that was delayed least.
	acquiring bool
	until     time.Duration
	fresh     bool   // and nothing of the channel was played before
	settled   uint64 // packets before this number are placed as the last settling found
	source    uint64 // number of the first packet of the present source, until it is settled
}

// run is what is known of a stream of packets that count on.
type run struct {
	ssrc    uint32
	seq     uint16 // of the newest packet
	ts      uint32
	highest uint64 // its number
	ticks   int64  // its timestamp, unwrapped
	first   uint64 // number of its first packet
}

// seen is a packet that came: the lower part of its number, and of its hash. With the same number as another it is taken for a
// copy of it by mistake once in 65,536 times.
type seen struct{ number, hash uint16 }

const (
	// seenPackets is how many are remembered: 10 s of packets of 20 ms, 1.3 s of the shortest. It divides 65,536.
	seenPackets = 512
	// runGap lies between the numbers of one run and the next. No loss within a run reaches it. It isn't a multiple of 65,536, so
	// that no packet of a new run has the number of one remembered.
	runGap = 1<<20 + 1<<15
	// nearBy is how far from the newest packet's a sequence number may lie to be of the same run without a question.
	nearBy = 3
	// recentTime is how much later than its time a packet may come and be known for a late one, in seconds: what comes later, and
	// five at a time, is a sender that begins anew.
	recentTime = 15
	// firstNumber leaves room below it for packets that come after a later one did.
	firstNumber = 1 << 32
	// acquireTime is how long packets are collected before the first of them is placed: at 20 ms a packet, the least delayed
	// of 25 is late by a twenty-fifth of the jitter.
	acquireTime = 500 * time.Millisecond
)

// anotherRun reports whether packet number belongs to a run that began after packet before: how many lie between them nobody knows.
func anotherRun(before, number uint64) bool { return number-before >= runGap/2 }

// maxQueue is the number of packets that can wait: each takes a block at least.
const maxQueue = spool.HoldBytes / 128

func (o *order) init(h *spool.Hold, wait time.Duration, clockRate int) {
	o.hold, o.wait, o.recent = h, wait, recentTime*int64(clockRate)
	o.queue = make([]uint16, 0, maxQueue)
}

// verdict is what a packet is, seen from the runs that are known.
type verdict int

const (
	fits      verdict = iota
	duplicate         // the same packet has come before
	late              // its time was given up, or it has nothing to do here
	missed            // its time was given up, for certain
	stranger          // of a run that is not known, if it is one
	newcomer          // of a source that is not known: a run for certain
)

func (o *order) begin(p *rtpwire.Packet, now time.Duration) {
	o.started, o.fresh = true, true
	o.cur = run{ssrc: p.SSRC, seq: p.Seq, ts: p.Timestamp, highest: firstNumber, first: firstNumber}
	o.next = firstNumber
	o.acquire(now)
}

// acquire begins the collecting with a packet that arrived then. Nobody waits for longer than he would have to otherwise.
func (o *order) acquire(arrival time.Duration) {
	o.acquiring, o.until = true, arrival+min(acquireTime, o.wait)
	if at, ok := o.oldestQueued(); ok {
		o.until = min(o.until, at+o.wait)
	}
}

// restart makes p the first packet of a new run and returns its number.
func (o *order) restart(p *rtpwire.Packet, now time.Duration) uint64 {
	o.prev, o.prevUntil = o.cur, now+o.wait
	o.cur = run{ssrc: p.SSRC, seq: p.Seq, ts: p.Timestamp, highest: o.cur.highest + runGap, ticks: o.unwrap(p.Timestamp), first: o.cur.highest + runGap}
	return o.cur.highest
}

// unwrap extends a timestamp to 64 bits: of all that it may be, what lies nearest to the newest packet's.
func (o *order) unwrap(ts uint32) int64 { return o.cur.unwrap(ts) }

func (r *run) unwrap(ts uint32) int64 { return r.ticks + int64(int32(ts-r.ts)) }

// number extends a sequence number likewise.
func (r *run) number(seq uint16) uint64 { return r.highest + uint64(int64(int16(seq-r.seq))) }

func abs(d int16) int { return max(int(d), -int(d)) }

// packetHash is the same for copies, and never 0, which is a place that is free.
func packetHash(p *rtpwire.Packet) uint16 {
	h := crc32.Checksum(p.Payload, castagnoli) ^ p.Timestamp*0x9E3779B1 ^ p.SSRC
	return max(uint16(h^h>>16), 1)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// place finds out what a packet is. hash is packetHash, span how much of the timestamps it takes.
func (o *order) place(p *rtpwire.Packet, hash uint16, span int64, now time.Duration) (number uint64, ticks int64, v verdict) {
	if p.SSRC != o.cur.ssrc {
		if p.SSRC != o.prev.ssrc {
			return 0, 0, newcomer
		}
		return o.placeOld(p, hash, now)
	}
	if d := abs(int16(p.Seq - o.cur.seq)); d > nearBy && abs(int16(p.Seq-o.prev.seq)) < d {
		if number, ticks, v := o.placeOld(p, hash, now); v != stranger {
			return number, ticks, v
		}
	}
	number, ticks = o.cur.number(p.Seq), o.cur.unwrap(p.Timestamp)
	known := o.knows(number)
	switch {
	case o.isCopy(number, hash):
		return number, ticks, duplicate
	case !known && number >= o.next:
		return number, ticks, fits
	case !known && o.fresh && o.acquiring && o.next-number < seenPackets:
		o.cur.first = min(o.cur.first, number)
		o.next = number // the stream began before the first packet that came
		return number, ticks, fits
	}
	// Behind what was played. It is late if it looks as the packet of that number would have; for certain where it is known that
	// the packet of that number was sent, a while ago, and has not come.
	if behind := int64(o.cur.highest - number); !known && behind > 0 && ticks < o.cur.ticks {
		off := o.cur.ticks - ticks - behind*span // 0 without pauses and changes of length
		if behind < seenPackets && number >= o.cur.first && o.cur.ticks-ticks < o.recent && 2*max(off, -off) <= behind*span {
			return number, ticks, missed
		}
		return number, ticks, late
	}
	return number, ticks, stranger
}

// placeOld places a straggler of the run before.
func (o *order) placeOld(p *rtpwire.Packet, hash uint16, now time.Duration) (number uint64, ticks int64, v verdict) {
	if p.SSRC != o.prev.ssrc || o.prev.highest == 0 || now >= o.prevUntil {
		return 0, 0, stranger
	}
	number, ticks = o.prev.number(p.Seq), o.prev.unwrap(p.Timestamp)
	switch {
	case o.isCopy(number, hash):
		return number, ticks, duplicate
	case number > o.prev.highest+seenPackets || number+seenPackets < o.prev.highest:
		return 0, 0, stranger
	case number < o.next || o.knows(number):
		return number, ticks, late
	}
	return number, ticks, fits
}

func (o *order) knows(number uint64) bool {
	k := o.seen[number%seenPackets]
	return k.number == uint16(number) && k.hash != 0
}

// isCopy reports whether the same packet has come before.
func (o *order) isCopy(number uint64, hash uint16) bool {
	return o.knows(number) && o.seen[number%seenPackets].hash == hash
}

// note remembers a packet, so that its copy is known, and what is newest.
func (o *order) note(p *rtpwire.Packet, number uint64, ticks int64, hash uint16) {
	o.seen[number%seenPackets] = seen{number: uint16(number), hash: hash}
	if p.SSRC == o.cur.ssrc && number > o.cur.highest && !anotherRun(o.cur.highest, number) {
		o.cur.seq, o.cur.highest = p.Seq, number
		if len(p.Payload) > 0 { // padding has the timestamp of any packet
			o.cur.ts, o.cur.ticks = p.Timestamp, ticks
		}
	}
}

// keep puts a packet into the queue. There must be room for it. It returns false if one of that number waits already.
func (o *order) keep(e spool.Held, payload []byte) bool {
	if i := o.find(e.Number); i > 0 && o.hold.Peek(int(o.queue[i-1])).Number == e.Number {
		return false
	}
	o.insert(uint16(o.hold.Put(e, payload)))
	return true
}

// insert puts a packet that the hold has into the queue.
func (o *order) insert(block uint16) {
	o.queue = slices.Insert(o.queue, o.find(o.hold.Peek(int(block)).Number), block)
}

// find returns the place in the queue after all packets up to that number.
func (o *order) find(number uint64) int {
	i := len(o.queue)
	for i > 0 && o.hold.Peek(int(o.queue[i-1])).Number > number {
		i--
	}
	return i
}

// room reports whether a packet of n bytes can wait.
func (o *order) room(n int) bool { return len(o.queue) < maxQueue && o.hold.Room(n) }

// withAudio goes over the packets that wait, but for padding, which has the timestamp of any packet: each with its place in the queue.
func (o *order) withAudio() iter.Seq2[int, spool.Held] {
	return func(yield func(int, spool.Held) bool) {
		for i, b := range o.queue {
			if h := o.hold.Peek(int(b)); h.Bytes > 0 && !yield(i, h) {
				return
			}
		}
	}
}

// head is the packet that waits with the lowest number. There must be one.
func (o *order) head() spool.Held { return o.hold.Peek(int(o.queue[0])) }

func (o *order) pop() {
	o.hold.Drop(int(o.queue[0]))
	o.queue = slices.Delete(o.queue, 0, 1)
}

// oldestQueued is the earliest arrival in the queue.
func (o *order) oldestQueued() (at time.Duration, ok bool) {
	for _, b := range o.queue {
		if a := time.Duration(o.hold.Peek(int(b)).Arrival); !ok || a < at {
			at, ok = a, true
		}
	}
	return at, ok
}

// oldest is the earliest arrival among all that wait.
func (o *order) oldest() (at time.Duration, ok bool) {
	at, ok = o.oldestQueued()
	if o.cand.count > 0 && (!ok || o.cand.since < at) {
		at, ok = o.cand.since, true
	}
	return at, ok
}

// deadline is when something that waits is to be played even if nothing comes.
func (o *order) deadline() (at time.Duration, ok bool) {
	at, ok = o.oldestQueued()
	if at += o.wait; o.acquiring {
		at = min(at, o.until)
	}
	if o.cand.count > 0 && (!ok || o.cand.since+o.wait < at) {
		at, ok = o.cand.since+o.wait, true
	}
	return at, ok
}

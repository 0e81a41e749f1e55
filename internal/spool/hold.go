package spool

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// Hold is the part of an Area where packets wait that can't be decoded yet, because one before them is missing. They have
// been accepted, so they must outlive the process: recovery finds them with All.
//
// It is an array of blocks of 128 bytes; a packet takes a chain of them. The first block of a packet:
//
//	 0 check, stored last; 0 is free     8 number     16 ticks     24 at     32 arrival
//	40 length u16, span u16, next block u24, state u8     48 the first 80 bytes
//
// and those after it: 0 next block u32, 8 the next 120 bytes.
//
// One goroutine at a time may use it.
type Hold struct {
	mem  []byte
	seed uint64
	free []uint16 // blocks; the last is taken first, so that few pages are touched
}

// Held is a packet that waits, without its payload.
type Held struct {
	Number  uint64 // its order among the channel's packets
	Ticks   int64  // RTP timestamp, unwrapped
	Span    int64  // how much of it the packet takes, at most a second
	At      int64  // where it would lie on the timeline, as far as was known when it came, in sample frames
	Arrival int64  // nanoseconds after the session's start
	Cause   Cause  // why it is not to be heard; CauseNone if it is
	// Doubtful is set for what looks like a late packet or an old copy, and will be dropped if nothing follows.
	Doubtful bool
	Bytes    int // of payload
}

const (
	// HoldBytes is the size of a Hold. With the other memory of a channel's packets it is less than 64 KiB; at 64 kbit/s it
	// holds more than two seconds of Opus, half a second of L16 at 48 kHz.
	HoldBytes = 14 * pageBytes

	blockBytes = 128
	holdHead   = 48
	holdTail   = 8
	firstBytes = blockBytes - holdHead
	laterBytes = blockBytes - holdTail
)

func newHold(mem []byte, seed uint64) *Hold {
	h := &Hold{mem: mem, seed: mix(seed, HoldBytes)}
	for i := len(mem)/blockBytes - 1; i >= 0; i-- {
		h.free = append(h.free, uint16(i))
	}
	return h
}

func blocksFor(n int) int {
	return 1 + max(0, n-firstBytes+laterBytes-1)/laterBytes
}

// Room reports whether a payload of n bytes finds room.
func (h *Hold) Room(n int) bool { return blocksFor(n) <= len(h.free) }

// Put keeps a packet and returns the block to find it by. There must be room for it.
func (h *Hold) Put(e Held, payload []byte) (block int) {
	e.Bytes = len(payload)
	le := binary.LittleEndian
	n := blocksFor(len(payload))
	chain := h.free[len(h.free)-n:]
	first := h.mem[int(chain[n-1])*blockBytes:][:blockBytes]
	rest := payload[copy(first[holdHead:], payload):]
	link := first[44:]
	for i := n - 2; i >= 0; i-- {
		b := h.mem[int(chain[i])*blockBytes:][:blockBytes]
		rest = rest[copy(b[holdTail:], rest):]
		le.PutUint32(link, uint32(chain[i]))
		link = b
	}
	le.PutUint64(first[8:], e.Number)
	le.PutUint64(first[16:], uint64(e.Ticks))
	le.PutUint64(first[24:], uint64(e.At))
	le.PutUint64(first[32:], uint64(e.Arrival))
	le.PutUint16(first[40:], uint16(len(payload)))
	le.PutUint16(first[42:], uint16(e.Span))
	first[47] = e.state() // whatever was there is no number of a block: there are few
	block = int(chain[n-1])
	// From here on it is accepted, whatever happens to this process.
	word(h.mem, block*blockBytes).Store(h.check(e, payload))
	h.free = h.free[:len(h.free)-n]
	return block
}

// state is the cause, and a bit for doubt.
func (e Held) state() byte {
	if e.Doubtful {
		return byte(e.Cause) | doubtful
	}
	return byte(e.Cause)
}

const doubtful = 0x80

// Restate changes Cause and Doubtful of the packet in that block to those of e, which is what Peek said of it otherwise. buf is
// room for its payload. Should the process die in the middle of it, the packet is lost: rather that than heard.
func (h *Hold) Restate(block int, e Held, buf []byte) {
	payload, ok := h.Payload(buf, block)
	if !ok {
		return // can't be: it is our own chain of blocks
	}
	h.mem[block*blockBytes+47] = e.state()
	word(h.mem, block*blockBytes).Store(h.check(e, payload))
}

func (h *Hold) check(e Held, payload []byte) uint64 {
	c := fold(fold(fold(fold(h.seed, e.Number), uint64(e.Ticks)), uint64(e.At)), uint64(e.Arrival))
	c = fold(fold(fold(c, uint64(e.Bytes)), uint64(e.Span)), uint64(e.state()))
	return fold(c, uint64(crc32.Checksum(payload, castagnoli))) | 1
}

// Peek returns what is known of the packet in that block.
func (h *Hold) Peek(block int) Held {
	le := binary.LittleEndian
	b := h.mem[block*blockBytes:][:blockBytes]
	return Held{
		Number: le.Uint64(b[8:]), Ticks: int64(le.Uint64(b[16:])), At: int64(le.Uint64(b[24:])), Arrival: int64(le.Uint64(b[32:])),
		Bytes: int(le.Uint16(b[40:])), Span: int64(le.Uint16(b[42:])), Cause: Cause(b[47] &^ doubtful), Doubtful: b[47]&doubtful != 0,
	}
}

// Payload appends to dst the payload of the packet in that block. It returns false where the chain of blocks leads nowhere,
// which happens only in memory that we didn't write.
func (h *Hold) Payload(dst []byte, block int) ([]byte, bool) {
	le := binary.LittleEndian
	b := h.mem[block*blockBytes:][:blockBytes]
	left, next, data := int(le.Uint16(b[40:])), second(b), b[holdHead:]
	for {
		n := min(left, len(data))
		dst = append(dst, data[:n]...)
		if left -= n; left == 0 {
			return dst, true
		}
		if next >= len(h.mem)/blockBytes {
			return dst, false
		}
		b = h.mem[next*blockBytes:][:blockBytes]
		next, data = int(le.Uint32(b)), b[holdTail:]
	}
}

// second is the block after a packet's first.
func second(first []byte) int { return int(binary.LittleEndian.Uint32(first[44:]) & 0xFFFFFF) }

// Drop gives the packet's blocks back. It is called when its samples are accepted, or known not to be needed.
func (h *Hold) Drop(block int) {
	le := binary.LittleEndian
	word(h.mem, block*blockBytes).Store(0)
	b := h.mem[block*blockBytes:][:blockBytes]
	n, next := blocksFor(int(le.Uint16(b[40:]))), second(b)
	h.free = append(h.free, uint16(block))
	for range n - 1 {
		h.free = append(h.free, uint16(next))
		next = int(le.Uint32(h.mem[next*blockBytes:]))
	}
}

// A HeldPacket is what All finds.
type HeldPacket struct {
	Held
	Payload []byte
}

// All returns the packets that a process left behind, in the order of their numbers: the one in which they would have been
// played. At was a guess when a packet came, so it says nothing about their order. All reads only what it can prove to be whole.
func (h *Hold) All() []HeldPacket {
	var all []HeldPacket
	for block := range len(h.mem) / blockBytes {
		check := word(h.mem, block*blockBytes).Load()
		e := h.Peek(block)
		if check == 0 {
			continue
		}
		if p, ok := h.Payload(nil, block); ok && h.check(e, p) == check {
			all = append(all, HeldPacket{Held: e, Payload: p})
		}
	}
	slices.SortStableFunc(all, func(a, b HeldPacket) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

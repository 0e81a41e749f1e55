package spool

import "sync/atomic"

// Area is one channel's part of a Stage: its ring of samples, the two slots that say what counts, and its ring of gaps.
//
// One goroutine at a time may Publish and PutGap; any number may Read and Gap meanwhile.
type Area struct {
	Ring []byte
	Hold *Hold  // nil for a channel without one
	ctl  []byte // the page before the ring
	seed uint64

	// The ring's memory may be there only up to backed. Who may publish may grow it.
	lazy   Memory // nil when all of it is there
	at     int64  // of the ring, in lazy
	first  uint64 // what was backed at first
	backed atomic.Uint64
}

// Backed is how much of the ring may be used, from its beginning.
func (a *Area) Backed() uint64 { return a.backed.Load() }

// Grow backs the ring up to a length, or all of it.
func (a *Area) Grow(to uint64) error {
	have := a.backed.Load()
	if to = min(to, uint64(len(a.Ring))); to <= have {
		return nil
	}
	if err := a.lazy.Back(a.at+int64(have), int64(to-have)); err != nil {
		return err
	}
	a.backed.Store(to)
	return nil
}

// Grown reports whether Grow did anything that Shrink has not undone.
func (a *Area) Grown() bool { return a.backed.Load() > a.first }

// Shrink gives back what Grow took, if s, which is the newest slot, has nothing there. Nobody may publish meanwhile.
func (a *Area) Shrink(s Slot) error {
	have := a.backed.Load()
	if have <= a.first || s.Payload-s.Origin > a.first {
		return nil
	}
	a.backed.Store(a.first)
	return a.lazy.Drop(a.at+int64(a.first), int64(have-a.first))
}

// Slot is what a channel had accepted at one moment. Two lie side by side and are written in turn, so that a process
// killed while it writes one leaves the other: the newest valid one holds everything whose write returned.
type Slot struct {
	Seq     uint64 // counts the publications from 1; 0 is an empty channel
	Payload uint64 // bytes of samples accepted; byte n is Ring[(n-Origin) % len(Ring)]
	Frames  int64  // end of the timeline
	Gaps    uint64 // gaps begun
	CRC     uint64 // CRC-64/NVME of all samples up to Frames, silence as zeros
	Packet  uint64 // number of the last packet whose samples are among them, see Held
	// Origin is the payload byte that lies first in the ring. It moves up to Payload when everything is in the file, so that a ring
	// uses no more of its memory than had to wait at once.
	Origin uint64
}

const (
	slotBytes = 64 // sequence, payload, frames, gaps, crc, packet, origin, check; each slot in a cache line of its own
	slotWords = slotBytes / 8
	gapBytes  = 32 // number, kind and cause, payload before, start, length

	kindShift = 6 // of a gap's first word: six bits of cause, two of kind, the rest its number
)

func newArea(mem []byte, ring int64, seed uint64) *Area {
	a := &Area{Ring: mem[areaOverhead : areaOverhead+ring], ctl: mem[:areaOverhead], seed: seed, first: uint64(ring)}
	a.backed.Store(uint64(ring))
	if hold := mem[areaOverhead+ring:]; len(hold) > 0 {
		a.Hold = newHold(hold, seed)
	}
	return a
}

func (a *Area) slot(i uint64, w int) *atomic.Uint64 {
	return word(a.ctl, slotsOffset+int(i)*slotBytes+w*8)
}

func (a *Area) gap(n uint64, w int) *atomic.Uint64 {
	return word(a.ctl, gapsOffset+int(n%GapRing)*gapBytes+w*8)
}

// WillPublish says that a Publish comes soon. With thousands of channels its memory is in no cache, and to fetch it takes as long as all
// the rest of a write: it had better begin early.
func (a *Area) WillPublish() { willStore(&a.ctl[slotsOffset], 2*slotBytes) }

// WillStore says likewise that p is about to be stored to. The first lines do: the processor finds out about the others.
func WillStore(p []byte) {
	if len(p) > 0 {
		willStore(&p[0], min(len(p), 4*slotBytes))
	}
}

// Publish makes s the newest slot. s.Seq must be one more than that of the slot before.
func (a *Area) Publish(s Slot) {
	words := [slotWords]uint64{s.Seq, s.Payload, uint64(s.Frames), s.Gaps, s.CRC, s.Packet, s.Origin}
	words[slotWords-1] = a.check(&words)
	storeWords(a.slot(s.Seq&1, 0), &words)
}

// check is over all words but the last, which it becomes.
func (a *Area) check(words *[slotWords]uint64) uint64 {
	h := a.seed
	for _, w := range words[:slotWords-1] {
		h = fold(h, w)
	}
	return h
}

// Read returns the newest valid slot, or the zero Slot of an empty channel. It is never older than a slot whose Publish had
// returned when Read began.
//
// The slots are looked at in turn, and one counts only when the other was looked at before it: a slot found torn is being
// replaced, so the other one, looked at next, holds what was published until then. Looking at each once is not enough: a
// writer that publishes twice between the two looks leaves an old one and a torn one.
func (a *Area) Read() Slot {
	var newest Slot
	for look := range uint64(2 * readLooks) {
		i := look & 1
		var words [slotWords]uint64
		for w := range words {
			words[w] = a.slot(i, w).Load()
		}
		s := Slot{
			Seq: words[0], Payload: words[1], Frames: int64(words[2]), Gaps: words[3], CRC: words[4], Packet: words[5], Origin: words[6],
		}
		valid := words[slotWords-1] == a.check(&words) && s.Seq > 0 && s.Frames >= 0 && s.Origin <= s.Payload
		if valid && s.Seq > newest.Seq {
			newest = s
		}
		if valid && look > 0 || look > 0 && a.slot(0, 0).Load() == 0 && a.slot(1, 0).Load() == 0 {
			break
		}
	}
	return newest
}

// readLooks bounds the looks at memory in which neither slot is valid, which no living writer leaves.
const readLooks = 100

// PutGap stores g in the gap ring. It counts once a Slot with Gaps > g.N is published.
func (a *Area) PutGap(g Gap) {
	a.gap(g.N, 0).Store((g.N+1)<<8 | uint64(g.Kind)<<kindShift | uint64(g.Cause))
	a.gap(g.N, 1).Store(g.At)
	a.gap(g.N, 2).Store(uint64(g.Start))
	a.gap(g.N, 3).Store(uint64(g.Length))
}

// Gap returns gap number n, if the ring still holds it.
func (a *Area) Gap(n uint64) (Gap, bool) {
	first := a.gap(n, 0).Load()
	g := Gap{
		N: n, At: a.gap(n, 1).Load(), Start: int64(a.gap(n, 2).Load()), Length: int64(a.gap(n, 3).Load()),
		Cause: Cause(first & (1<<kindShift - 1)), Kind: GapKind(first & 255 >> kindShift),
	}
	return g, first>>8 == n+1 && g.valid()
}

// Payload returns the bytes [from, to) of the ring as at most two pieces: the ring's memory itself, not a copy. They must not lie
// before origin, which is the slot's that vouches for them.
func (a *Area) Payload(from, to, origin uint64) (first, second []byte) {
	size := uint64(len(a.Ring))
	i, n := (from-origin)%size, to-from
	if i+n <= size {
		return a.Ring[i : i+n], nil
	}
	return a.Ring[i:], a.Ring[:i+n-size]
}

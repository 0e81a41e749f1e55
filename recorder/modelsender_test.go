package recorder_test

import (
	"encoding/binary"
	"slices"
	"time"
)

// packetTime is what a modelled sender puts into a packet.
const packetTime = 20 * time.Millisecond

// sender is one that counts its time in slots of 20 ms since the session's start, so that slot k is the frames from k × 20 ms on.
// In some it speaks, and packets may be lost, doubled or late; in others it pauses.
type sender struct {
	packets     map[int]*modelPacket // by slot; nil until there is one
	last        int                  // slot
	seq         uint16
	sent, twice int64
}

type modelPacket struct {
	pcm       []byte
	wire      []byte
	came      bool
	mayBeLost bool // the disk didn't work at the time
	at        time.Time
}

// speak makes the packet of a slot.
func (c *modelChannel) speak(slot int, pcm []byte) *modelPacket {
	if c.packets == nil {
		c.packets, c.seq = map[int]*modelPacket{}, 65530
	}
	wire := make([]byte, 12, 12+len(pcm))
	wire[0], wire[1] = 0x80, 96
	binary.BigEndian.PutUint16(wire[2:], c.seq)
	binary.BigEndian.PutUint32(wire[4:], uint32(int64(slot)*c.frames(packetTime))-5000)
	binary.BigEndian.PutUint32(wire[8:], 7)
	for i := 0; i < len(pcm); i += 2 {
		wire = append(wire, pcm[i+1], pcm[i]) // L16 is big-endian
	}
	c.seq++
	p := &modelPacket{pcm: pcm, wire: wire}
	c.packets[slot] = p
	c.last = slot
	return p
}

// sent is the timeline that the packets make.
func (c *modelChannel) sent() (line []stretch) {
	each := c.frames(packetTime)
	slots := []int{}
	for slot, p := range c.packets {
		if p.came {
			slots = append(slots, slot)
		}
	}
	slices.Sort(slots)
	next := 0
	for _, slot := range slots {
		if slot > next {
			causes := "loss|dtx|disconnect"
			if next == 0 {
				causes = "late_join"
			}
			for k := next; k < slot && next > 0; k++ {
				if c.packets[k] == nil {
					break
				}
				if k == slot-1 {
					causes = "loss" // nothing but packets that were sent
				}
			}
			line = append(line, stretch{frames: int64(slot-next) * each, causes: causes})
		}
		s := stretch{frames: each, pcm: c.packets[slot].pcm}
		if c.packets[slot].mayBeLost {
			s.causes = refused
		}
		line, next = append(line, s), slot+1
	}
	return line
}

// lost counts the packets that didn't come before one that did.
func (c *modelChannel) lost() (n int64) {
	newest := 0
	for slot, p := range c.packets {
		if p.came {
			newest = max(newest, slot)
		}
	}
	for slot, p := range c.packets {
		if !p.came && slot < newest {
			n++
		}
	}
	return n
}

// unsure marks the packets that came since a time as ones that the disk may have refused.
func (c *modelChannel) unsure(since time.Time) {
	for _, p := range c.packets {
		if p.came && !p.at.Before(since) {
			p.mayBeLost = true
		}
	}
}

package recorder_test

import (
	"errors"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// now runs a call that must not wait for anything: contract C6, in virtual time.
func (h *host) now(call func() error) error {
	began := time.Now()
	err := call()
	h.must(time.Since(began) == 0, "it waited for %s", time.Since(began))
	return err
}

// took takes the answer to a frame into the model.
func (h *host) took(s *modelSession, c *modelChannel, pcm []byte, err error) {
	sure := s.proc.sound() && c.room(int64(len(pcm)))
	h.must(err == nil || errors.Is(err, recorder.ErrOverflow) && !sure, "%s/%s: %d bytes: %v; at most %d of %d wait", s.id, c.spec.ID, len(pcm), err, c.behind, c.ring)
	s.touched = time.Now()
	if h.seen["frames accepted"]++; err != nil {
		h.seen["frames accepted"]--
		h.seen["frames refused"]++
	}
	if err != nil && h.spoil.forgetsRefused {
		return
	}
	c.write(pcm, err == nil, time.Now())
}

// write sends frames to positions: at the channel's end, after it, before it.
func (h *host) write(st step, s *modelSession, c *modelChannel, to *recorder.Channel) {
	n := c.frames(time.Duration([]int{20, 20, 5, 1, 60, 20}[st.a%6]) * time.Millisecond)
	for range 1 + st.c%6 {
		pos := c.end
		switch st.b % 10 {
		case 5:
			pos += 1 + int64(st.c)
		case 6:
			pos -= n/2 + 1
		case 7:
			pos -= n
		case 8:
			pos += c.frames(time.Duration(st.c) * 40 * time.Millisecond)
		}
		if pos < 0 || c.packets != nil {
			return
		}
		if !s.proc.sound() && c.straddles(pos-c.end+n) {
			return // which part would be refused nobody could say
		}
		pcm := h.samples(n, c.align)
		err := h.now(func() error { return to.WritePCMAt(pos, pcm) })
		switch end := c.end; {
		case pos+n <= end:
			h.must(errors.Is(err, recorder.ErrLate), "%s/%s: %d frames at %d, before %d: %v", s.id, c.spec.ID, n, pos, end, err)
			s.touched = time.Now()
			h.seen["frames late"]++
		default:
			if pos > end {
				causes := "loss"
				if h.spoil.callsLossDTX {
					causes = "dtx"
				}
				c.silence(pos-end, causes)
			}
			h.took(s, c, pcm[max(end-pos, 0)*c.align:], err)
		}
		h.must(to.Frames() == c.end, "%s/%s: ends at %d, want %d", s.id, c.spec.ID, to.Frames(), c.end)
		h.settle()
	}
}

// arrive sends frames now. They lie after those before, and where the source had paused for long enough, at their time.
func (h *host) arrive(st step, s *modelSession, c *modelChannel, to *recorder.Channel) {
	frame := time.Duration([]int{20, 10, 60}[st.a%3]) * time.Millisecond
	n := c.frames(frame)
	if st.b%4 == 0 {
		h.pass(time.Duration(st.c) * 30 * time.Millisecond)
	}
	for range 1 + st.c%8 {
		if st.b%3 != 0 {
			h.pass(frame)
		}
		now := c.frames(time.Since(s.start))
		if s.state != recording || c.packets != nil || !s.proc.sound() && c.straddles(max(now-c.end, 0)+n) {
			return
		}
		pcm := h.samples(n, c.align)
		err := h.now(func() error { return to.WritePCM(pcm) })
		end, least := to.Frames(), c.end+n
		h.must(end >= least && end <= max(least, now), "%s/%s: ends at %d, want %d to %d", s.id, c.spec.ID, end, least, now)
		if lag := now - least; lag >= c.frames(time.Second) || !c.live && lag > c.frames(endSlack) {
			h.must(end == now, "%s/%s: ends at %d, and now is %d", s.id, c.spec.ID, end, now)
		}
		c.silence(end-least, "disconnect")
		h.took(s, c, pcm, err)
		c.live = true
		h.settle()
	}
}

// bad sends frames that make no sense: nothing of them is accepted.
func (h *host) bad(st step, s *modelSession, c *modelChannel, to *recorder.Channel) {
	frame := h.samples(c.frames(packetTime), c.align)
	var err error
	switch st.a % 6 {
	case 0:
		err = to.WritePCM(nil)
	case 1:
		err = to.WritePCM(frame[:len(frame)-1])
	case 2:
		err = to.WritePCMAt(-1, frame)
	case 3:
		err = to.WritePCMAt(to.Frames()+c.frames(24*time.Hour)+1, frame)
	case 4:
		err = to.WritePCMAt(c.frames(30*24*time.Hour)+1, frame)
	case 5:
		err = to.WritePCM(h.samples(c.frames(2*time.Second), c.align))
	}
	var bad *recorder.FrameError
	h.must(errors.As(err, &bad), "%s/%s: bad frame %d: %v", s.id, c.spec.ID, st.a%6, err)
	if err := s.rec.Cue(recorder.Cue{Channel: "nobody", End: time.Second, Text: "x"}); !errors.Is(err, recorder.ErrNotFound) {
		h.must(false, "%s: cue for nobody: %v", s.id, err)
	}
}

// send lets the channel's sender speak for a while, over a network that loses, doubles and delays.
func (h *host) send(st step, s *modelSession, c *modelChannel, to *recorder.Channel) {
	if c.spec.Codec != "l16" || c.line != nil || len(c.masks) > 0 {
		return
	}
	type late struct {
		p    *modelPacket
		slot int
	}
	rng, delayed := st.rng(), map[int]late{}
	slots := 1 + st.c%15
	for k := 0; k < slots || len(delayed) > 0; k++ {
		slot := int(time.Since(s.start)/packetTime) + 1
		h.pass(time.Duration(slot)*packetTime - time.Since(s.start))
		if s.state != recording {
			return
		}
		if slot = int(time.Since(s.start)/packetTime) - 1; k < slots && (c.packets == nil || slot > c.last) {
			p := c.speak(slot, h.samples(c.frames(packetTime), c.align))
			switch fate := rng.IntN(10); {
			case len(c.packets) == 1 || fate > 3:
				h.deliver(s, c, to, p, slot)
			case fate > 1: // lost
			case fate == 1:
				h.deliver(s, c, to, p, slot)
				h.must(errors.Is(h.now(func() error { return to.WriteRTP(p.wire) }), nil), "%s: a copy", s.id)
				c.twice, c.sender.sent = c.twice+1, c.sender.sent+1
			default:
				delayed[k+1+rng.IntN(3)] = late{p, slot}
			}
		}
		if l, ok := delayed[k]; ok {
			delete(delayed, k)
			h.deliver(s, c, to, l.p, l.slot)
		}
		h.settle()
	}
}

func (h *host) deliver(s *modelSession, c *modelChannel, to *recorder.Channel, p *modelPacket, slot int) {
	err := h.now(func() error { return to.WriteRTP(p.wire) })
	h.must(err == nil || errors.Is(err, recorder.ErrOverflow) && !s.proc.sound(), "%s/%s: packet %d: %v", s.id, c.spec.ID, slot, err)
	h.seen["packets"]++
	p.came, p.at, p.mayBeLost = true, time.Now(), !s.proc.sound()
	c.live, c.sender.sent, s.touched = true, c.sender.sent+1, time.Now()
	end := max(c.safe(time.Now()), int64(slot+1)*c.frames(packetTime))
	c.accepted = append(c.accepted, moment{time.Now(), end})
}

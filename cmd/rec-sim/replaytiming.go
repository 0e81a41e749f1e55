package main

import (
	"time"

	"github.com/ilenia-live/rec/cmd/rec-sim/dump"
	"github.com/ilenia-live/rec/internal/rtpwire"
)

// timing says when the packets of a file arrived, since the first of them. It is asked about every packet of the file in order;
// what it says never runs backward.
type timing struct {
	maxGap  time.Duration
	rate    int64 // of timestamps, ticks a second
	span    func(payload []byte) int64
	newest  time.Duration
	senders map[dump.Key]*senderClock
	anew    int64 // senders that began anew, and times at which the capturing machine's clock was set

	started bool
	shift   time.Duration // between the capture's times and these
}

// backMost is how far times of arrival may run backward: the queues of one network card may differ by so much. What runs back
// further was set.
const backMost = time.Second

// packet is when an RTP packet arrived; h is what rtpwire.Parse made of it.
func (t *timing) packet(p dump.Packet, h rtpwire.Packet) time.Duration {
	if p.Arrival != dump.Unknown {
		return t.control(p)
	}
	k := dump.KeyOf(p, h)
	s := t.senders[k]
	if s == nil {
		if len(t.senders) == dump.StreamsMost {
			return t.newest
		}
		s = &senderClock{base: t.newest, seq: h.Seq, ts: h.Timestamp, span: t.span(h.Payload)}
		t.senders[k] = s
	} else if len(h.Payload) > 0 && !s.next(h, t.span(h.Payload), t.ticks(t.maxGap)) {
		if h.Timestamp != s.ts { // which telephone events repeat
			t.anew++
		}
		*s = senderClock{base: s.base + t.duration(s.ticks+s.span), seq: h.Seq, ts: h.Timestamp, span: t.span(h.Payload)}
	}
	t.newest = max(t.newest, s.base+t.duration(s.ticks+s.span))
	return t.newest
}

// control is when an RTCP packet arrived, or any other whose timestamp says nothing.
func (t *timing) control(p dump.Packet) time.Duration {
	if p.Arrival == dump.Unknown {
		return t.newest
	}
	if !t.started {
		t.started, t.shift = true, t.newest-p.Arrival
	}
	d := p.Arrival + t.shift - t.newest
	if d > t.maxGap || d < -backMost {
		t.anew++
		t.shift -= d
		d = 0
	}
	t.newest += max(d, 0)
	return t.newest
}

func (t *timing) duration(ticks int64) time.Duration {
	return time.Duration(ticks/t.rate)*time.Second + time.Duration(ticks%t.rate)*time.Second/time.Duration(t.rate)
}

func (t *timing) ticks(d time.Duration) int64 {
	return int64(d/time.Second)*t.rate + int64(d%time.Second)*t.rate/int64(time.Second)
}

// senderClock takes a packet for sent, and arrived, when its last sample was spoken.
type senderClock struct {
	base  time.Duration // when the first sample of the first packet was
	ticks int64         // from there to the newest packet
	span  int64         // its length
	seq   uint16
	ts    uint32
}

// misorder is how far behind the newest a packet may be to be a late one of the same run (RFC 3550, A.1: MAX_MISORDER).
const misorder = 100

// next advances to a packet. It returns false if the timestamps don't go on.
func (s *senderClock) next(h rtpwire.Packet, span, maxGap int64) bool {
	seq, ticks := int16(h.Seq-s.seq), int64(int32(h.Timestamp-s.ts))
	switch {
	case ticks > 0 && ticks <= maxGap:
		s.ticks += ticks
		s.seq, s.ts, s.span = h.Seq, h.Timestamp, span
		return true
	case ticks <= 0 && seq <= 0 && seq >= -misorder:
		return true // late, or a copy
	}
	return false
}

// onset finds the moment at which the first sample of a stream was spoken, from the packet that was delayed least among
// the first.
type onset struct {
	first time.Duration // arrival of the first packet
	ts    uint32        // its timestamp
	least time.Duration // when a sample of that timestamp was spoken, by the packet delayed least
	low   int64         // the lowest timestamp, from the first
}

// onsetTime is how long packets count, which is how long the recorder collects them for the same purpose; onsetReach is how far a
// timestamp may be from the first one's, or it jumped.
const (
	onsetTime  = 500 * time.Millisecond
	onsetReach = 2 * time.Second
)

func newOnset(t *timing, arrival time.Duration, ts uint32, span int64) *onset {
	return &onset{first: arrival, ts: ts, least: arrival - t.duration(span)}
}

func (s *onset) add(t *timing, arrival time.Duration, ts uint32, span int64) {
	d := int64(int32(ts - s.ts))
	if arrival-s.first > onsetTime || d > t.ticks(onsetReach) || d < -t.ticks(onsetReach) {
		return
	}
	s.least = min(s.least, arrival-t.duration(d+span))
	s.low = min(s.low, d)
}

// at is the moment.
func (s *onset) at(t *timing) time.Duration { return s.least + t.duration(s.low) }

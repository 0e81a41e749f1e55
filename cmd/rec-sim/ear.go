package main

import (
	"encoding/binary"
	"errors"
	"sync/atomic"
	"time"

	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/recorder"
)

// An ear is where a channel's packets reach the recorder. It counts them, and how long after their intended moment the recorder
// had them: when they were due to be sent, and what the network delayed them by, which is not the recorder's.
type ear struct {
	line     atomic.Pointer[line] // set before the first packet is sent
	firstSeq uint16
	took     *latency.Shared

	// When packets are due, by their sequence numbers; 0 when they have come, or nothing is known of them.
	due [dueSlots]atomic.Int64

	counts // of packets

	// The receiver's own.
	newest int64    // number of a packet: its sequence number, unwrapped, from the first one sent
	seen   []uint64 // a bit for each packet
	came   int64    // different ones
}

// line is where what an ear hears goes, and the moment that due times count from.
type line struct {
	channel *recorder.Channel
	start   time.Time
}

// dueSlots is many seconds of packets.
const dueSlots = 2048

func newEar(took *latency.Shared, packets int64) *ear {
	return &ear{took: took, seen: make([]uint64, packets/64+1)}
}

// intend is told by the sender when a packet is due, expect by the network what it does to it.
func (e *ear) intend(seq uint16, at time.Duration) { e.due[seq%dueSlots].Store(int64(at)) }

func (e *ear) expect(p []byte, after time.Duration) {
	if after > 0 {
		e.due[binary.BigEndian.Uint16(p[2:])%dueSlots].Add(int64(after))
	}
}

// WriteRTP hands a packet to the recorder.
func (e *ear) WriteRTP(p []byte) error {
	l := e.line.Load()
	err := l.channel.WriteRTP(p)
	seq := binary.BigEndian.Uint16(p[2:])
	if errors.Is(err, recorder.ErrEnded) {
		return err // it came after the end: nobody waited for it
	}
	e.note(seq)
	if err != nil {
		e.refuse(refusal(err))
		return err
	}
	e.accepted.Add(1)
	if due := e.due[seq%dueSlots].Swap(0); due != 0 {
		d := time.Since(l.start) - time.Duration(due)
		e.took.Record(d)
		if d > packetTime {
			e.late.Add(1)
		}
	}
	return nil
}

// note counts a packet, if its like has not come before.
func (e *ear) note(seq uint16) {
	n := e.newest + int64(int16(seq-e.firstSeq-uint16(e.newest)))
	if n < 0 || n >= int64(len(e.seen))*64 {
		return
	}
	e.newest = max(e.newest, n)
	if bit := uint64(1) << (n % 64); e.seen[n/64]&bit == 0 {
		e.seen[n/64] |= bit
		e.came++
	}
}

// WriteRTCP hands a report to the recorder.
func (e *ear) WriteRTCP(p []byte) error { return e.line.Load().channel.WriteRTCP(p) }

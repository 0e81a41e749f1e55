package main

import (
	"errors"
	"time"

	"github.com/ilenia-live/rec/internal/latency"
)

// A sink takes the frames of one channel: a channel of the recorder, or a test's.
type sink interface {
	// writeAt offers the frame at position pos of the timeline. A nil error means accepted.
	writeAt(pos int64, p []byte) error
}

// errRefused is what a sink returns for a frame that it had no room for: lost, and the recording goes on.
var errRefused = errors.New("no room")

// A lane is one channel on its way from its source to the recorder. One feeder owns it.
type lane struct {
	sink     sink
	source   source
	ack      *uint64 // nil without --acks
	accepted int64   // sample frames
	session  *fedSession
	last     bool // of its session: when it has had a frame, all channels have
	hopeless bool // waited for room in vain, see patience
}

// writer sends frames and keeps the counts of one feeder.
type writer struct {
	counts
	latency *latency.Histogram // read when the feeder has ended
	frame   time.Duration
	buf     []byte
}

func newWriter(p *plan, frame time.Duration) *writer {
	return &writer{latency: latency.New(), frame: frame, buf: make([]byte, p.frame*p.align)}
}

// send writes n sample frames at pos.
func (w *writer) send(l *lane, pos, n int64) {
	err := l.sink.writeAt(pos, l.source.pcm(w.buf, pos, n))
	if err != nil {
		w.refuse(err)
		return
	}
	w.accepted.Add(1)
	l.accepted += n
	l.hopeless = false
	if l.ack != nil {
		// After the nil, never before: the judge takes this number for a promise.
		storeAck(l.ack, l.accepted)
	}
}

// took records how long after its intended moment a frame was taken.
func (w *writer) took(d time.Duration) {
	w.latency.Record(d)
	if d > w.frame {
		w.late.Add(1)
	}
}

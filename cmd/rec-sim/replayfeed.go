package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ilenia-live/rec/cmd/rec-sim/dump"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/rtpwire"
	"github.com/ilenia-live/rec/recorder"
)

// A replayer brings the packets of a file to the channels of a session.
type replayer struct {
	o        *replayOptions
	survey   *survey
	timing   *timing
	lanes    []*replayLane
	recorder *recorder.Recorder
	session  *recorder.Session
}

// A replayLane is a stream on its way to its channel.
type replayLane struct {
	id      string
	stream  *dump.Stream
	channel *recorder.Channel
	room    *lane // what patience waits on
	chain   string

	written  int64         // RTP packets
	last     time.Duration // arrival of the newest of them
	controls int64         // RTCP packets
	refused  int64         // of either
	first    error         // why, of the first
}

// label is what the channel is called in the manifest.
func (l *replayLane) label() string {
	if !l.stream.From.IsValid() {
		return fmt.Sprintf("SSRC 0x%08x", l.stream.SSRC)
	}
	return fmt.Sprintf("SSRC 0x%08x from %s to %s", l.stream.SSRC, l.stream.From, l.stream.To)
}

// feed goes through the file a second time. Its error is for a file that breaks off, or that goes on for too long.
func (p *replayer) feed(ctx context.Context, live io.Writer) error {
	f, size, err := openDump(p.o.file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	r, err := dump.NewReader(f, dump.Format(p.o.format))
	if err != nil {
		return exit.Envf("%s: %w", p.o.file, err)
	}
	progress := showReplay(live, "record", size)
	defer progress.end()
	lanes := map[dump.Key]*replayLane{}
	for _, l := range p.lanes {
		lanes[l.stream.Key] = l
	}
	patient := newPatience(ctx)
	defer patient.end()
	for k, err := range r.Packets() {
		if err != nil {
			return exit.Envf("%s: %w", p.o.file, err)
		}
		if ctx.Err() != nil {
			return nil
		}
		progress.at.Store(r.Offset())
		if k.RTCP {
			p.control(k, patient)
			continue
		}
		h, err := rtpwire.Parse(k.Data)
		if err != nil {
			continue // can't be: the reader took it for RTP because it could
		}
		at := p.timing.packet(k, h) - p.survey.start
		if at > limits.Timeline {
			return exit.Wrongf("%s: the packet at byte %d came %s after the first, want at most %s", p.o.file, k.Offset, at, limits.Timeline)
		}
		if l := lanes[dump.KeyOf(k, h)]; l != nil {
			l.await(patient, p.o)
			l.written, l.last = l.written+1, at
			l.note(l.channel.WriteRTPAt(at, k.Data))
			continue
		}
		p.inPassing(k, h, at)
	}
	return nil
}

// inPassing deals with a packet that is left out. If its sender also sends one of our streams, on the same sequence numbers,
// the channel is told that it came, without what it carried: telephone events and comfort noise are no losses. In a file without
// times it came with the audio before it.
func (p *replayer) inPassing(k dump.Packet, h rtpwire.Packet, at time.Duration) {
	for _, l := range p.lanes {
		if s := l.stream; l.written > 0 && s.SSRC == h.SSRC && s.From == k.From && s.To == k.To {
			empty := append([]byte{0x80}, k.Data[1:12]...)
			if k.Arrival == dump.Unknown {
				at = l.last
			}
			l.note(l.channel.WriteRTPAt(at, empty))
		}
	}
}

// control brings an RTCP packet to the channels whose sender made a report in it.
func (p *replayer) control(k dump.Packet, patient *patience) {
	at := max(p.timing.control(k)-p.survey.start, 0)
	if at > limits.Timeline {
		return
	}
	for _, l := range p.lanes {
		for report := range rtpwire.Reports(k.Data) {
			s := l.stream
			// RTCP has the same port or the next one. Between other machines the same SSRC is another's.
			if report.SSRC == s.SSRC && s.From.Addr() == k.From.Addr() && s.To.Addr() == k.To.Addr() {
				l.await(patient, p.o)
				l.controls++
				if k.Arrival == dump.Unknown {
					at = l.last
				}
				l.note(l.channel.WriteRTCPAt(at, k.Data))
				break
			}
		}
	}
}

// await waits until the channel has room.
func (l *replayLane) await(patient *patience, o *replayOptions) {
	patient.await(l.room, o.room())
	patient.renew(time.Now())
}

func (l *replayLane) note(err error) {
	if err == nil {
		l.room.hopeless = false
		return
	}
	l.refused++
	if l.first == nil || errors.Is(l.first, recorder.ErrOverflow) {
		l.first = err // whatever else is wrong says more than a lack of room
	}
}

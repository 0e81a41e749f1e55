package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/ilenia-live/rec/cmd/rec-sim/listen"
	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/wavfile"
)

const (
	// listenedTo is how many channels are listened to: it takes a few milliseconds for each second.
	listenedTo = 16
	// offMost is what the timeline promises: one frame.
	offMost = packetTime
	// settling is how long the least delayed packet is looked for where packets are delayed by much; until it is found, the
	// first of them may be as late as a part of the jitter.
	settling     = 30 * time.Second
	settlingPart = 8
	// edge is how many packets in a row may be lost at the beginning or the end, of which nobody can know.
	edge = 20
	// With more lost than this, too little is heard to ask for a part of it. Nor is it in the first seconds, in which a clock
	// that was found wrong may be corrected: waveforms that slide past each other correlate badly.
	heardLoss  = 0.25
	heardPart  = 0.6
	heardLeast = 20 // seconds of speech
)

// check compares the recordings with what was sent.
func (c *calls) check(dir string, live []*liveSession) *networkReport {
	m := c.o.network
	r := &networkReport{
		Transport: c.o.transport, Loss: m.Loss, JitterMs: milliseconds(m.Jitter), Reorder: m.Reorder, Dup: m.Dup, DriftPPM: c.o.driftPPM, Seed: m.Seed,
		Channels: []networkChannel{},
	}
	for i, l := range live {
		if l.err != nil {
			continue // which is said elsewhere
		}
		for j, k := range l.manifest.Channels {
			s := c.senders[i*len(c.plan.channels)+j]
			v := c.checkChannel(s, l.session.ID(), l, k)
			if len(r.Channels) < listenedTo && v.Came > 0 {
				c.listen(s, l, k, filepath.Join(dir, l.path, k.Audio.File), &v)
			}
			r.Channels = append(r.Channels, v)
		}
	}
	return r
}

// checkChannel holds a channel's manifest against what its sender and its ear know.
func (c *calls) checkChannel(s *sender, session string, l *liveSession, k finalize.Channel) networkChannel {
	stats := s.peer.Link().Stats()
	length := time.Duration(float64(k.Audio.Samples) / float64(k.Audio.SampleRate) * float64(time.Second))
	v := networkChannel{
		Session: session, Channel: k.ID, Sent: stats.Sent, Lost: stats.Lost, Came: s.ear.came, ClockPPM: s.ppm, Problems: []string{},
		LengthOffMs: milliseconds(length - l.ended.Sub(l.created)),
	}
	if off := length - l.ended.Sub(l.created); off > offMost || off < -offMost {
		v.problem("the file has %s, the session had %s", length, l.ended.Sub(l.created))
	}
	silent := int64(0)
	for _, g := range k.Gaps {
		silent += g.Length
	}
	src := k.Source.Stream
	if src == nil {
		if s.ear.accepted.Load() > 0 {
			v.problem("the manifest knows of no packet")
		}
		return v
	}
	v.Missing, v.MeasuredPPM, v.Decoder = src.Lost, src.ClockPPM, src.Decoder
	if silent+src.Received != k.Audio.Samples {
		v.problem("%d frames of silence and %d received make %d, the file has %d", silent, src.Received, silent+src.Received, k.Audio.Samples)
	}
	if got := s.ear.accepted.Load(); src.Packets != got {
		v.problem("%d packets were accepted, the manifest counts %d", got, src.Packets)
	}
	// What is lost at an edge nobody knows of. Who comes too late was called lost before.
	if gone := s.sent.Load() - s.ear.came; src.Lost < gone-edge || src.Lost > gone+src.Late {
		v.problem("%d packets never came, the manifest counts %d lost and %d late", gone, src.Lost, src.Late)
	}
	if src.Damaged > 0 {
		v.problem("%d packets could not be decoded", src.Damaged)
	}
	return v
}

func (v *networkChannel) problem(format string, args ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
}

// listen hears whether what was spoken is where it belongs.
func (c *calls) listen(s *sender, l *liveSession, k finalize.Channel, name string, v *networkChannel) {
	f, err := os.Open(name)
	if err != nil {
		v.problem("%v", err)
		return
	}
	defer func() { _ = f.Close() }() // only read
	where := listen.Placement{First: l.fed.first, Speed: 1 + s.ppm*1e-6}
	where.Until = where.First + time.Duration(float64(s.sent.Load())*float64(packetTime)/where.Speed)
	r, err := s.turn.source.Compare(io.NewSectionReader(f, wavfile.HeaderSize, k.Audio.Bytes-wavfile.HeaderSize), k.Audio.SampleRate, where)
	if err != nil {
		v.problem("%v", err)
		return
	}
	median, worst, _ := r.Lags()
	v.Spoken, v.Heard, v.Correlation = r.Spoken, len(r.Heard), float64(int(r.Correlation()*1000))/1000
	v.LagMs = lag{P50: milliseconds(median), Max: milliseconds(worst)}
	for _, p := range r.Heard {
		most := offMost
		if p.At < where.First+settling {
			most += c.o.network.Jitter / settlingPart
		}
		if p.Lag > most || p.Lag < -most {
			v.problem("what was spoken at %s is off by %s, want at most %s", p.At, p.Lag, most)
		}
	}
	if r.Spoken >= heardLeast && c.o.network.Loss <= heardLoss && float64(len(r.Heard)) < heardPart*float64(r.Spoken) {
		v.problem("of %d s in which somebody spoke, %d were found", r.Spoken, len(r.Heard))
	}
}

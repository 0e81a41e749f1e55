package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ilenia-live/rec/cmd/rec-sim/dump"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/rtpwire"
)

// A survey is what a first look through a file found.
type survey struct {
	format   dump.Format
	bytes    int64
	catalog  dump.Catalog
	controls int64 // RTCP packets
	skipped  []dump.Skip
	broken   error // why the file can't be read to its end
	streams  []*surveyed
	chosen   []*surveyed
	start    time.Duration // when the first sample of those chosen was spoken
	anew     int64
}

// surveyed is a stream and what is to become of it.
type surveyed struct {
	*dump.Stream
	onset   *onset // nil while there was no audio
	last    time.Duration
	leftOut string // why; empty if it is recorded
}

// surveyFile goes through the file once and chooses what is to be recorded.
func surveyFile(ctx context.Context, o *replayOptions, live io.Writer) (*survey, error) {
	f, size, err := openDump(o.file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	s := &survey{bytes: size}
	r, err := dump.NewReader(f, dump.Format(o.format))
	if err != nil {
		return nil, exit.Envf("%s: %w", o.file, err)
	}
	s.format = r.Format()
	progress := showReplay(live, "look", size)
	defer progress.end()
	t, byStream := o.newTiming(), map[*dump.Stream]*surveyed{}
	for p, err := range r.Packets() {
		if err != nil {
			s.broken = exit.Envf("%s: %w", o.file, err)
			break
		}
		if ctx.Err() != nil {
			return nil, exit.Wrongf("%s: interrupted before anything was recorded", o.file)
		}
		progress.at.Store(r.Offset())
		s.add(t, p, byStream)
	}
	s.skipped, s.anew = r.Skipped(), t.anew
	s.choose(o, t)
	return s, nil
}

// openDump opens a file that can be read twice.
func openDump(name string) (*os.File, int64, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, exit.Envf("%w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file, and is read twice", name)
	}
	if err != nil {
		return nil, 0, errors.Join(exit.Envf("%w", err), f.Close())
	}
	return f, info.Size(), nil
}

func (s *survey) add(t *timing, p dump.Packet, byStream map[*dump.Stream]*surveyed) {
	if p.RTCP {
		s.controls++
		t.control(p)
		return
	}
	h, err := rtpwire.Parse(p.Data)
	if err != nil {
		return // can't be: the reader took it for RTP because it could
	}
	arrival := t.packet(p, h)
	stream := s.catalog.Add(p, h)
	if stream == nil {
		return
	}
	k := byStream[stream]
	if k == nil {
		k = &surveyed{Stream: stream}
		byStream[stream] = k
		s.streams = append(s.streams, k)
	}
	k.last = arrival
	switch span := t.span(h.Payload); {
	case len(h.Payload) == 0:
	case k.onset == nil:
		k.onset = newOnset(t, arrival, h.Timestamp, span)
	default:
		k.onset.add(t, arrival, h.Timestamp, span)
	}
}

// choose says what is to be recorded, and of everything else why it isn't.
func (s *survey) choose(o *replayOptions, t *timing) {
	packets := map[int]int64{} // by payload type
	for _, k := range s.streams {
		if o.wanted == nil || o.wanted[k.SSRC] {
			packets[int(k.PayloadType)] += k.Packets
		}
	}
	taken := o.payloadType
	for payloadType, n := range packets {
		if o.payloadType < 0 && (taken < 0 || n > packets[taken] || n == packets[taken] && payloadType < taken) {
			taken = payloadType
		}
	}
	for _, k := range s.streams {
		switch {
		case o.wanted != nil && !o.wanted[k.SSRC]:
			k.leftOut = "not the SSRC asked for"
		case int(k.PayloadType) != taken && o.payloadType < 0:
			k.leftOut = fmt.Sprintf("payload type %d has more packets", taken)
		case int(k.PayloadType) != taken:
			k.leftOut = "not the payload type asked for"
		case k.onset == nil:
			k.leftOut = "no payload in any packet"
		default:
			s.chosen = append(s.chosen, k)
		}
	}
	if len(s.chosen) > limits.Channels {
		// The longest are likelier to be what somebody wants to hear, and less likely to be something else that looks like RTP.
		byPackets := slices.Clone(s.chosen)
		slices.SortStableFunc(byPackets, func(a, b *surveyed) int { return cmp.Compare(b.Packets, a.Packets) })
		for _, k := range byPackets[limits.Channels:] {
			k.leftOut = fmt.Sprintf("%d streams with more packets fill a session", limits.Channels)
		}
		s.chosen = slices.DeleteFunc(s.chosen, func(k *surveyed) bool { return k.leftOut != "" })
	}
	for i, k := range s.chosen {
		if at := k.onset.at(t); i == 0 || at < s.start {
			s.start = at
		}
	}
}

// nothing says why there is nothing to record.
func (s *survey) nothing(o *replayOptions) error {
	if len(s.streams) > 0 {
		var there []string
		for _, k := range s.streams[:min(len(s.streams), 8)] {
			there = append(there, fmt.Sprintf("0x%08x with payload type %d", k.SSRC, k.PayloadType))
		}
		return errors.Join(exit.Usagef("%s: no stream to record; there are %s (see --dry-run)", o.file, strings.Join(there, ", ")), s.broken)
	}
	why := ""
	if skipped := skippedInWords(s.skipped); skipped != "" {
		why = ": " + skipped
	}
	return errors.Join(exit.Envf("%s: no RTP packet%s", o.file, why), s.broken)
}

// skippedInWords is empty if nothing was skipped.
func skippedInWords(list []dump.Skip) string {
	var words []string
	for _, k := range list {
		words = append(words, fmt.Sprintf("%d %s", k.Packets, k.Reason))
	}
	return strings.Join(words, ", ")
}

// newLanes gives each stream that was chosen a channel, named after its SSRC. A second stream with the same, from elsewhere, is
// told from it by a number.
func (s *survey) newLanes() (lanes []*replayLane) {
	had := map[uint32]int{}
	for _, k := range s.chosen {
		id := fmt.Sprintf("%08x", k.SSRC)
		if had[k.SSRC]++; had[k.SSRC] > 1 {
			id = fmt.Sprintf("%s-%d", id, had[k.SSRC])
		}
		lanes = append(lanes, &replayLane{id: id, stream: k.Stream})
	}
	return lanes
}

package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/ilenia-live/rec/cmd/rec-sim/dump"
	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/exit"
)

// A replayReport is what replay found and recorded. Its JSON is a contract with scripts.
type replayReport struct {
	File        string           `json:"file"`
	Format      dump.Format      `json:"format"`
	Streams     []replayStream   `json:"streams"`
	Skipped     map[string]int64 `json:"skipped"`        // packets, by reason
	Control     int64            `json:"control"`        // RTCP packets in the file
	Anew        int64            `json:"anew"`           // jumps of timestamps, or of the capture's clock, that were not believed
	Path        string           `json:"path,omitempty"` // of the recording
	Outcome     finalize.Outcome `json:"outcome,omitempty"`
	Interrupted bool             `json:"interrupted"`
	WallSeconds float64          `json:"wallSeconds"`
	Channels    []replayChannel  `json:"channels"`

	manifest finalize.Manifest
	dir      string
	below    string // path of the recording below dir
	dropped  int64
}

// replayStream is a stream of the file.
type replayStream struct {
	SSRC        string  `json:"ssrc"` // in hex, with 0x
	PayloadType uint8   `json:"payloadType"`
	From        string  `json:"from,omitempty"`
	To          string  `json:"to,omitempty"`
	Packets     int64   `json:"packets"`
	FirstSeq    uint16  `json:"firstSeq"`
	LastSeq     uint16  `json:"lastSeq"`
	Seconds     float64 `json:"seconds"` // by times of arrival, or by timestamps
	LeftOut     string  `json:"leftOut,omitempty"`
}

// replayChannel is what a stream became.
type replayChannel struct {
	ID         string               `json:"id"`
	Seconds    float64              `json:"seconds"`
	Packets    int64                `json:"packets"`
	Lost       int64                `json:"lost"`
	Late       int64                `json:"late"`
	Duplicate  int64                `json:"duplicate"`
	Recovered  int64                `json:"recovered"`
	Damaged    int64                `json:"damaged"`
	Refused    int64                `json:"refused"`
	Control    int64                `json:"control"` // RTCP packets with reports of its sender
	ClockPPM   float64              `json:"clockPpm"`
	Received   int64                `json:"received"` // sample frames
	Adjusted   int64                `json:"adjusted"`
	Gaps       map[string]replayGap `json:"gaps"` // by cause; "concealed" for losses that the decoder made up
	Decoder    string               `json:"decoder"`
	Chain      string               `json:"chain"`
	firstError error
}

// replayGap sums up gaps of one cause.
type replayGap struct {
	Count   int     `json:"count"`
	Seconds float64 `json:"seconds"`
}

func newReplayReport(o *replayOptions, s *survey) *replayReport {
	r := &replayReport{
		File: o.file, Format: s.format, Skipped: map[string]int64{}, Control: s.controls, Anew: s.anew, dir: o.dir, dropped: s.catalog.Dropped,
		Streams: []replayStream{}, Channels: []replayChannel{}, // in JSON empty lists, not null
	}
	for _, k := range s.skipped {
		r.Skipped[string(k.Reason)] = k.Packets
	}
	for _, k := range s.streams {
		v := replayStream{
			SSRC: fmt.Sprintf("0x%08x", k.SSRC), PayloadType: k.PayloadType, Packets: k.Packets, FirstSeq: k.FirstSeq, LastSeq: k.LastSeq,
			LeftOut: k.leftOut,
		}
		if v.Seconds = k.Duration(o.rateOf(k.PayloadType)).Seconds(); k.onset != nil && o.clock != nil {
			v.Seconds = (k.last - k.onset.least).Seconds() // jumps left out, and the first packet's length counted
		}
		if k.From.IsValid() {
			v.From, v.To = k.From.String(), k.To.String()
		}
		r.Streams = append(r.Streams, v)
	}
	return r
}

// fill adds what the recording's manifest says.
func (r *replayReport) fill(p *replayer, m finalize.Manifest) {
	r.manifest, r.below, r.Outcome = m, p.session.Path(), m.Outcome
	r.Path = filepath.Join(r.dir, r.below)
	byID := map[string]finalize.Channel{}
	for _, c := range m.Channels {
		byID[c.ID] = c
	}
	for _, l := range p.lanes {
		c := byID[l.id]
		v := replayChannel{
			ID: l.id, Seconds: seconds(c.Audio), Refused: l.refused, Control: l.controls, Chain: l.chain, Gaps: map[string]replayGap{}, firstError: l.first,
		}
		if s := c.Source.Stream; s != nil {
			v.Packets, v.Lost, v.Late, v.Duplicate, v.Recovered, v.Damaged = s.Packets, s.Lost, s.Late, s.Duplicate, s.Recovered, s.Damaged
			v.ClockPPM, v.Received, v.Adjusted, v.Decoder = s.ClockPPM, s.Received, s.Adjusted, s.Decoder
		}
		for _, g := range c.Gaps {
			cause := g.Cause
			if g.Concealed {
				cause = "concealed"
			}
			sum := v.Gaps[cause]
			sum.Count++
			sum.Seconds += float64(g.Length) / float64(c.Audio.SampleRate)
			v.Gaps[cause] = sum
		}
		r.Channels = append(r.Channels, v)
	}
}

func (r *replayReport) write(o *replayOptions, stdout io.Writer) error {
	if o.json == "" {
		return nil
	}
	return writeJSON(r, o.json, stdout)
}

// verdict is an error if anything of the file's chosen streams is not in the recording that could be.
func (r *replayReport) verdict() error {
	var errs []error
	for _, c := range r.Channels {
		if c.Refused > 0 {
			errs = append(errs, exit.Wrongf("replay %s: channel %s: %d packets were refused: %w", r.File, c.ID, c.Refused, c.firstError))
		}
		if c.Received == 0 && c.Packets > 0 && !r.Interrupted {
			errs = append(errs, exit.Wrongf("replay %s: channel %s: nothing of %d packets could be decoded (%d damaged): is it another codec, or encrypted?",
				r.File, c.ID, c.Packets, c.Damaged))
		}
	}
	if r.Outcome != finalize.OutcomeOK {
		errs = append(errs, exit.Wrongf("replay %s: the recording is %s", r.File, r.Outcome))
	}
	return errors.Join(errs...)
}

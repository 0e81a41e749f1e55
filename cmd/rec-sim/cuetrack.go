package main

import (
	"fmt"
	"time"
)

// A cueTrack sends the cues of one session as its audio gets to them. The feeder that owns the session owns it.
type cueTrack struct {
	script script
	base   int
	send   func(cue) error

	next int
	at   int64 // the position at which the next cue is due
	ends bool  // there is no next one

	sent, refused int64
	first         error // why the first was refused
}

func newCueTrack(p *plan, base int, send func(cue) error) *cueTrack {
	t := &cueTrack{script: p.script, base: base, send: send}
	t.look(p.rate)
	return t
}

// look finds out when the next cue is due.
func (t *cueTrack) look(rate int) {
	_, due, ok := t.script.cue(t.base, t.next)
	t.at, t.ends = samplesIn(min(due, time.Duration(1<<62)), rate), !ok
}

// upTo sends what is due when all channels have got to pos, and everything that is left at the end of the audio. Nearly
// always it does nothing: it is called once a frame.
func (t *cueTrack) upTo(pos int64, p *plan) {
	for !t.ends && (t.at <= pos || pos == p.total) {
		c, _, _ := t.script.cue(t.base, t.next)
		if err := t.send(c); err != nil {
			t.refused++
			if t.first == nil {
				t.first = fmt.Errorf("cue %q of channel %q: %w", c.ID, c.Channel, err)
			}
		} else {
			t.sent++
		}
		t.next++
		t.look(p.rate)
	}
}

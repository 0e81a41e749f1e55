package main

import (
	"fmt"
	"slices"
	"time"
)

// A cue is one line of a transcript as --cues reads it.
type cue struct {
	ID       string `json:"id"`
	Channel  string `json:"channel"` // a channel's id, or "*" for every one
	Language string `json:"language"`
	StartMs  int64  `json:"startMs"`
	EndMs    int64  `json:"endMs"`
	Text     string `json:"text"`
	Speaker  string `json:"speaker"`
	Final    bool   `json:"final"`
	Revision int    `json:"revision"`
}

func (c *cue) start() time.Duration { return time.Duration(c.StartMs) * time.Millisecond }
func (c *cue) end() time.Duration   { return time.Duration(c.EndMs) * time.Millisecond }

// A script is the transcript of a session: cues in the order in which they are sent. Nothing is kept for each session but
// how far it got, so a thousand sessions of a day need no memory for their cues.
type script interface {
	// cue returns number i of the session that owns the ordinals from base on, and the moment on its timeline at which a
	// recogniser would have it. ok is false behind the last.
	cue(base, i int) (c cue, due time.Duration, ok bool)
}

// noCues is the script of a session without transcripts.
type noCues struct{}

func (noCues) cue(int, int) (cue, time.Duration, bool) { return cue{}, 0, false }

// listed is a script from a file. It is sent whole: what is due after the end of the audio is sent at the end.
type listed []cue

// inOrder sorts cues by when they are due, keeping the file's order among those due together.
func inOrder(cues []cue) listed {
	out := slices.Clone(cues)
	slices.SortStableFunc(out, func(a, b cue) int { return int(a.end()/time.Millisecond - b.end()/time.Millisecond) })
	return out
}

func (l listed) cue(_, i int) (cue, time.Duration, bool) {
	if i >= len(l) {
		return cue{}, 0, false
	}
	return l[i], l[i].end(), true
}

// looped repeats the cues of audio that is repeated, up to the end of the audio.
type looped struct {
	turn  time.Duration
	cues  listed
	until time.Duration
}

func (l looped) cue(_, i int) (cue, time.Duration, bool) {
	if len(l.cues) == 0 {
		return cue{}, 0, false
	}
	n, c := i/len(l.cues), l.cues[i%len(l.cues)]
	shift := time.Duration(n) * l.turn
	c.StartMs += shift.Milliseconds()
	c.EndMs += shift.Milliseconds()
	if n > 0 {
		c.ID = fmt.Sprintf("%s/%d", c.ID, n+1)
	}
	return c, c.end(), c.start() < l.until
}

// madeUp is a script that anyone can check who knows a channel's ordinal: cue k of a channel is shown from 200 ms to 1.8 s
// of each two seconds, first as an interim guess, then final.
type madeUp struct {
	ids       []string // of the channels
	languages []string
	until     time.Duration
}

const (
	madeUpEvery  = 2 * time.Second
	madeUpStart  = 200 * time.Millisecond
	madeUpGuess  = time.Second
	madeUpFinal  = 1800 * time.Millisecond
	madeUpPieces = 2 // the guess and the final one
)

func (m madeUp) cue(base, i int) (cue, time.Duration, bool) {
	channel := i % len(m.ids)
	final := i/len(m.ids)%madeUpPieces == madeUpPieces-1
	k := i / len(m.ids) / madeUpPieces
	at := time.Duration(k) * madeUpEvery
	c := cue{
		ID: fmt.Sprintf("%s-%d", m.ids[channel], k), Channel: m.ids[channel], Language: m.languages[channel],
		StartMs: (at + madeUpStart).Milliseconds(), EndMs: (at + madeUpGuess).Milliseconds(),
		Text: "guess", Speaker: "rec-sim", Revision: 1,
	}
	due := at + madeUpGuess
	if final {
		c.Text, c.Final, c.Revision = madeUpText(base+channel, k), true, 2
		c.EndMs = (at + madeUpFinal).Milliseconds()
		due = at + madeUpFinal
	}
	return c, due, due <= m.until
}

// madeUpText is what the judge looks for in the transcript of a channel.
func madeUpText(ordinal, k int) string { return fmt.Sprintf("channel %d, cue %d.", ordinal, k) }

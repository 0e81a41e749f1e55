package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/testdata"
)

// A plan is what will be recorded: what a session looks like, and what each of its channels sounds like.
type plan struct {
	rate     int
	align    int64 // bytes of a sample frame
	frame    int64 // sample frames in a write
	total    int64 // sample frames on each channel
	channels []plannedChannel
	script   script
	ordinals bool        // each session's channels sound different: the pattern
	packets  []*opusTurn // what each channel sends, where packets are sent; nil where samples are written
}

// A plannedChannel is the same in every session, but for the pattern's ordinal.
type plannedChannel struct {
	id, label, language string
	channelCount        int
	source              source
}

// recordable are the sample rates that the recorder takes.
var recordable = []int{8000, 16000, 24000, 32000, 44100, 48000}

// makePlan loads what is to be played and decides on rate and channels.
func makePlan(o *runOptions) (*plan, error) {
	if !slices.Contains(recordable, o.rate) {
		return nil, exit.Usagef("--rate %d: want one of %v", o.rate, recordable)
	}
	p := &plan{rate: o.rate, script: noCues{}}
	var err error
	switch o.source {
	case sourcePattern:
		p.planPattern(o)
	case sourceSpeech:
		err = p.planSpeech(o)
	default:
		err = p.planFile(o)
	}
	if err != nil {
		return nil, err
	}
	if p.frame, err = frameSamples(o.frame, p.rate); err != nil {
		return nil, err
	}
	p.align = int64(2 * p.channels[0].channelCount)
	p.total = samplesIn(o.duration, p.rate)
	if o.packets() {
		if p.packets, err = planPackets(p, o); err != nil {
			return nil, err
		}
	}
	return p, p.planCues(o)
}

// samplesIn rounds to the nearest; limits.Timeline keeps both halves within an int64.
func samplesIn(d time.Duration, rate int) int64 {
	sec, rest := int64(d/time.Second), int64(d%time.Second)
	return sec*int64(rate) + (rest*int64(rate)+int64(time.Second)/2)/int64(time.Second)
}

func (p *plan) planPattern(o *runOptions) {
	p.ordinals = true
	languages := []string{"es", "ca", "en"}
	for i := range o.channels {
		p.channels = append(p.channels, plannedChannel{
			id: fmt.Sprintf("ch%02d", i), language: languages[i%len(languages)], channelCount: 1,
		})
	}
}

// planSpeech gives the first three channels a voice each, and the voices again to the next three. All of them start over
// together, when the longest has ended: interpreters wait for the floor.
func (p *plan) planSpeech(o *runOptions) error {
	var turns []*loop
	var cues []cue
	speeches := testdata.Speeches()
	longest := int64(0)
	for _, s := range speeches {
		a, err := decodeBytes(s.WAV)
		if err != nil {
			return fmt.Errorf("speech %s: %w", s.Channel, err)
		}
		l := a.loop(p.rate)
		turns, longest = append(turns, l), max(longest, l.frames())
	}
	for _, l := range turns {
		l.pad(longest)
	}
	for i := range o.channels {
		s := speeches[i%len(speeches)]
		c := plannedChannel{id: s.Channel, label: s.Label, language: s.Language, channelCount: 1, source: turns[i%len(speeches)]}
		if n := i / len(speeches); n > 0 {
			c.id, c.label = fmt.Sprintf("%s-%d", c.id, n+1), fmt.Sprintf("%s %d", c.label, n+1)
		}
		own, err := speechCues(s, c.id)
		if err != nil {
			return err
		}
		p.channels, cues = append(p.channels, c), append(cues, own...)
	}
	turn := time.Duration(longest) * time.Second / time.Duration(p.rate)
	p.script = looped{turn: turn, cues: inOrder(cues), until: o.duration}
	return nil
}

func (p *plan) planFile(o *runOptions) error {
	a, err := loadWAV(o.source, o.duration)
	if err != nil {
		return err
	}
	if !o.rateGiven && slices.Contains(recordable, a.rate) {
		p.rate = a.rate
	}
	l := a.loop(p.rate)
	for i := range o.channels {
		p.channels = append(p.channels, plannedChannel{
			id: fmt.Sprintf("ch%02d", i), label: filepath.Base(o.source), channelCount: a.channels, source: l,
		})
	}
	return nil
}

// planCues replaces the script when --cues asks for one. Made-up cues are for what has no transcript of its own.
func (p *plan) planCues(o *runOptions) error {
	var ids, languages []string
	for _, c := range p.channels {
		language := c.language
		if language == "" {
			language = "und"
		}
		ids, languages = append(ids, c.id), append(languages, language)
	}
	switch {
	case o.cues == "":
	case o.cues == cuesMadeUp && o.source == sourceSpeech:
	case o.cues == cuesMadeUp:
		p.script = madeUp{ids: ids, languages: languages, until: o.duration}
	default:
		cues, err := loadCues(o.cues, ids)
		if err != nil {
			return err
		}
		p.script = inOrder(cues)
	}
	return nil
}

// sourceOf is what channel j of a session sounds like.
func (p *plan) sourceOf(j, ordinal int) source {
	if p.ordinals {
		return pattern(ordinal)
	}
	return p.channels[j].source
}

// labelOf is what channel j of a session is called.
func (p *plan) labelOf(j, ordinal int) string {
	if p.ordinals {
		return pattern(ordinal).label()
	}
	return p.channels[j].label
}

package recorder_test

import (
	"math"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// stretch is a part of a channel's timeline: samples, or silence for one of some causes.
type stretch struct {
	frames int64
	pcm    []byte // nil for silence
	causes string // "loss|late_join"; of samples, for what they may be missing
}

const refused = "overflow|disk"

// modelChannel is what a channel must hold, kept in the simplest way.
type modelChannel struct {
	spec  recorder.ChannelSpec
	align int64

	line  []stretch
	end   int64 // frames
	heard bool  // samples were accepted
	live  bool  // placed by time of arrival at least once
	masks []modelMask

	// What the disk may be behind, at most: bytes of samples, and gaps. When it works, a write that fits beside them must be accepted.
	behind, gaps, ring int64

	// accepted says how far the channel was at which time, and synced up to which frame it is safe from a loss of power.
	accepted []moment
	synced   int64

	sender
}

type moment struct {
	at  time.Time
	end int64
}

type modelMask struct {
	from, to int64
	cause    string
}

func newModelChannel(spec recorder.ChannelSpec) *modelChannel {
	c := &modelChannel{spec: spec, align: 2 * int64(spec.ChannelCount)}
	c.ring = (c.frames(modelBuffer)*c.align + 4095) / 4096 * 4096
	return c
}

func (c *modelChannel) frames(d time.Duration) int64 {
	return int64(math.Round(d.Seconds() * float64(c.spec.SampleRate)))
}

func (c *modelChannel) time(frames int64) time.Duration {
	return time.Duration(math.Round(float64(frames) / float64(c.spec.SampleRate) * 1e9))
}

// masked is why a frame is withheld, "" if it isn't: of several masks the one that began last says so.
func (c *modelChannel) masked(frame int64) (cause string) {
	began := int64(-1)
	for _, m := range c.masks {
		if m.from <= frame && frame < m.to && m.from >= began {
			began, cause = m.from, m.cause
		}
	}
	return cause
}

func (c *modelChannel) mask(from int64, cause string) {
	c.unmask(from, from)
	c.masks = append(c.masks, modelMask{from: from, to: math.MaxInt64, cause: cause})
}

// unmask ends the masks without an end that begin no later than last.
func (c *modelChannel) unmask(to, last int64) {
	for i, m := range c.masks {
		if m.to == math.MaxInt64 && m.from <= last {
			c.masks[i].to = to
		}
	}
}

// each goes over the frames [c.end, c.end+n) in pieces that have the same mask.
func (c *modelChannel) each(n int64, do func(n int64, mask string)) {
	for n > 0 {
		cause, k := c.masked(c.end), int64(1)
		for k < n && c.masked(c.end+k) == cause {
			k++
		}
		do(k, cause)
		n -= k
	}
}

func (c *modelChannel) add(s stretch) {
	c.line = append(c.line, s)
	c.end += s.frames
}

// silence adds what was not there.
func (c *modelChannel) silence(n int64, causes string) {
	if n > 0 {
		c.gaps++
	}
	c.each(n, func(n int64, mask string) {
		s := stretch{frames: n, causes: mask}
		if mask == "" {
			if s.causes = causes; !c.heard {
				s.causes = "late_join"
			}
		}
		c.add(s)
	})
}

// write adds a frame of which it is known, or not, whether all of it was accepted.
func (c *modelChannel) write(pcm []byte, all bool, now time.Time) {
	c.each(int64(len(pcm))/c.align, func(n int64, mask string) {
		s := stretch{frames: n, pcm: pcm[:n*c.align]}
		pcm = pcm[n*c.align:]
		switch {
		case mask != "":
			s.pcm, s.causes = nil, mask
		case !all:
			s.pcm, s.causes = nil, refused
		default:
			c.heard = true
			c.behind += int64(len(s.pcm))
		}
		c.add(s)
	})
	c.accepted = append(c.accepted, moment{now, c.end})
}

// straddles reports whether a mask begins or ends within the next n frames: then some of a refused frame may be accepted.
func (c *modelChannel) straddles(n int64) bool {
	pieces := 0
	end := c.end
	c.each(n, func(n int64, _ string) { pieces++; c.end += n })
	c.end = end
	return pieces > 1
}

// room reports whether n bytes must be accepted when the disk works.
func (c *modelChannel) room(n int64) bool { return c.behind+n <= c.ring && c.gaps < 100 }

// idle is called when the disk has had time: to drain what is more than half a ring, or all of it.
func (c *modelChannel) idle(all bool) {
	c.behind, c.gaps = min(c.behind, c.ring/2), min(c.gaps, 56)
	if all {
		c.behind, c.gaps = 0, 0
	}
}

// safe is how far the channel must be safe from a loss of power at a time, if the disk has always worked.
func (c *modelChannel) safe(at time.Time) (end int64) {
	for _, m := range c.accepted {
		if !m.at.After(at) {
			end = m.end
		}
	}
	return end
}

// expect returns the timeline up to its last sample, and what follows.
func (c *modelChannel) expect() (line, rest []stretch) {
	all := c.line
	if c.packets != nil {
		all = c.sent()
	}
	n := len(all)
	for n > 0 && all[n-1].pcm == nil {
		n--
	}
	return all[:n], all[n:]
}

func total(line []stretch) (frames int64) {
	for _, s := range line {
		frames += s.frames
	}
	return frames
}

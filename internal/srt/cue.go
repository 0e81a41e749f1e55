package srt

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// A Cue is one piece of transcript and the time during which it is to be seen.
type Cue struct {
	// Start and End count from the session's first sample. Both file formats keep whole milliseconds.
	Start, End time.Duration

	// Speaker is who is speaking, or empty when it is not known. It is one line of at most 1 KiB once cleaned.
	Speaker string

	// Text is what was said, with the line breaks it should be shown with, separated by LF.
	Text string
}

const (
	// tick is the finest time that either format can write.
	tick = time.Millisecond

	// brief is how long a cue is shown when its own times leave it no time at all: enough to read a word or two.
	brief = time.Second

	// farthest is the last instant that a Cue can hold, in whole ticks. It stands for the end of audio of unknown length.
	farthest = time.Duration(math.MaxInt64) / tick * tick
)

// ErrNotArranged is wrapped by the errors of [WriteSRT] and [WriteVTT] for cues that [Arrange] would have changed.
var ErrNotArranged = errors.New("cues were not arranged")

// Arrange returns the cues that a subtitle file beside audio of the given length should hold: ordered by Start, cues
// that start together in the order given, every Speaker and Text cleaned, every time in whole milliseconds with
// 0 ≤ Start < End ≤ audio. Arranging twice changes nothing more. The given slice is left alone.
//
// Times are cut down to the millisecond, not rounded, so that cues that touched still touch. Cues may overlap: two people
// may speak at once.
//
// Words are never dropped for their times, which are repaired instead:
//
//   - What reaches past either end of the audio is cut off there.
//   - A cue wholly after the audio ends when the audio ends and lasts one second, or less if the cue before it starts
//     within that second or the audio is shorter: a late recogniser must not lose the last sentence, nor overtake.
//   - A cue that ends before it starts, or lasts less than a millisecond, or lies wholly before the session's start, is
//     given one second, or what is left of the audio.
//
// Only a cue whose text is empty after [Clean] is left out, even when it names a speaker: nothing was said.
//
// Audio shorter than a millisecond, zero and negative lengths included, means that the length is not known; nothing is
// then cut at the end.
func Arrange(cues []Cue, audio time.Duration) []Cue {
	limit := audio.Truncate(tick)
	if limit <= 0 {
		limit = farthest
	}
	ordered := slices.Clone(cues)
	slices.SortStableFunc(ordered, func(a, b Cue) int { return cmp.Compare(a.Start, b.Start) })

	var arranged []Cue
	var last time.Duration // where the cue before starts; always < limit, so at least one tick is left
	for _, c := range ordered {
		text := Clean(c.Text)
		if text == "" {
			continue
		}
		start, end := max(c.Start, 0).Truncate(tick), c.End.Truncate(tick)
		if start >= limit {
			start, end = max(limit-brief, last), limit
		}
		if end <= start {
			end = start + min(brief, limit-start) // in this order: start+brief may not fit a Duration
		}
		arranged = append(arranged, Cue{Start: start, End: min(end, limit), Speaker: name(c.Speaker), Text: text})
		last = start
	}
	return arranged
}

// checkTimes reports why the cue may not follow one that starts at last, or "" if it may.
func checkTimes(c Cue, last time.Duration) string {
	switch {
	case c.Start < 0:
		return fmt.Sprintf("starts at %v, before the session", c.Start)
	case c.End <= c.Start:
		return fmt.Sprintf("ends at %v, not after its start at %v", c.End, c.Start)
	case c.Start%tick != 0 || c.End%tick != 0:
		return fmt.Sprintf("times %v to %v are not whole milliseconds", c.Start, c.End)
	case c.Start < last:
		return fmt.Sprintf("starts at %v, before the previous cue's start at %v", c.Start, last)
	}
	return ""
}

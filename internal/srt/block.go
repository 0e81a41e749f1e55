package srt

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// What both formats have in common: cues as blocks of lines, each ended by a blank one, in the order of their starts.

// write writes head and then each cue through block, after checking that Arrange has seen it.
func write(w io.Writer, head string, cues []Cue, block func(i int, c Cue) string) error {
	out := bufio.NewWriter(w)
	// A bufio.Writer keeps its first error and returns it from every later call, Flush among them.
	_, _ = out.WriteString(head)
	var last time.Duration
	for i, c := range cues {
		if what := checkTimes(c, last); what != "" {
			return fmt.Errorf("cue %d of %d: %s: %w", i+1, len(cues), what, ErrNotArranged)
		}
		last = c.Start
		c.Speaker, c.Text = name(c.Speaker), Clean(c.Text)
		if c.Text == "" {
			return fmt.Errorf("cue %d of %d at %v: no text: %w", i+1, len(cues), c.Start, ErrNotArranged)
		}
		if _, err := out.WriteString(block(i, c)); err != nil {
			return fmt.Errorf("cue %d of %d at %v: %w", i+1, len(cues), c.Start, err)
		}
	}
	return out.Flush()
}

// readTiming makes a cue of the timing line just read.
func (l *lines) readTiming(line string, mark byte, last time.Duration) (Cue, error) {
	start, end, ok := parseTiming(line, mark)
	if !ok {
		return Cue{}, l.wrong("%s, want a timing line like %q", quote(line), timing(Cue{End: brief}, mark))
	}
	c := Cue{Start: start, End: end}
	if what := checkTimes(c, last); what != "" {
		return Cue{}, l.wrong("cue %s", what)
	}
	return c, nil
}

// readText reads the lines up to the blank one that ends the block.
func (l *lines) readText() (string, error) {
	var text []string
	for {
		line, err := l.must("text, then a blank line")
		if err != nil {
			return "", err
		}
		if line == "" {
			break
		}
		text = append(text, line)
	}
	if len(text) == 0 {
		return "", l.wrong("blank line, want the cue's text")
	}
	return strings.Join(text, "\n"), nil
}

// checkText refuses a text that Clean would change: it was not written by us, or it was damaged since.
func (l *lines) checkText(text string) error {
	if text == "" || Clean(text) != text {
		return l.wrong("the cue that ends here holds what a clean text cannot: %s", quote(text))
	}
	return nil
}

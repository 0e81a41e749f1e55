package srt

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

// WriteSRT writes cues, as returned by [Arrange], as a SubRip file: UTF-8 without byte order mark, LF line ends, and for
// each cue
//
//	1
//	00:00:00,000 --> 00:00:02,300
//	Presidencia: Se abre la sesión.
//	<blank>
//
// SubRip has no place for the speaker, so the name goes before the text with a colon, if there is one. Nothing can be
// escaped in it either: text that looks like HTML is written as it is, and players may take it for markup. No cues make
// an empty file.
//
// Text and speaker are cleaned again, so that the file is valid even if a caller changed them. The error is that of w
// with the cue it stopped at, or wraps [ErrNotArranged]; what has reached w by then is not a usable file.
func WriteSRT(w io.Writer, cues []Cue) error {
	err := write(w, "", cues, func(i int, c Cue) string {
		text := c.Text
		if c.Speaker != "" {
			text = Clean(c.Speaker + ": " + text) // the name may have pushed the first line past the limit
		}
		return strconv.Itoa(i+1) + "\n" + timing(c, ',') + "\n" + text + "\n\n"
	})
	if err != nil {
		return fmt.Errorf("write SRT: %w", err)
	}
	return nil
}

// ParseSRT reads a file written by [WriteSRT], and writing what it returns makes the same bytes again. A speaker stays
// in front of the text, where it cannot be told from words with a colon; Speaker is always empty.
//
// It is a check, not a reader for the world's files: indexes must count up from 1, timing lines must look exactly like
// ours, starts may not go back, every cue must end after it starts, have text that is [Clean], and be followed by one
// blank line; no line may exceed [MaxLine]. Anything else is a [*SyntaxError]. Errors of r are returned with the line
// they came at. Memory is in proportion to the size of the file.
func ParseSRT(r io.Reader) ([]Cue, error) {
	cues, err := parseSRT(newLines(r))
	if err != nil {
		return nil, fmt.Errorf("parse SRT: %w", err)
	}
	return cues, nil
}

func parseSRT(l *lines) ([]Cue, error) {
	var cues []Cue
	var last time.Duration
	for {
		index, err := l.next()
		if err == io.EOF {
			return cues, nil
		}
		if err != nil {
			return nil, err
		}
		if want := strconv.Itoa(len(cues) + 1); index != want {
			return nil, l.wrong("%s, want the cue's index %s", quote(index), want)
		}
		line, err := l.must("a timing line")
		if err != nil {
			return nil, err
		}
		c, err := l.readTiming(line, ',', last)
		if err != nil {
			return nil, err
		}
		if c.Text, err = l.readText(); err != nil {
			return nil, err
		}
		if err := l.checkText(c.Text); err != nil {
			return nil, err
		}
		last = c.Start
		cues = append(cues, c)
	}
}

package srt

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteVTT writes cues, as returned by [Arrange], as a WebVTT file (https://www.w3.org/TR/webvtt1/), UTF-8 without byte
// order mark, LF line ends:
//
//	WEBVTT
//
//	NOTE Language: es
//
//	00:00:00.000 --> 00:00:02.300
//	<v Presidencia>Se abre la sesión.</v>
//	<blank>
//
// The language (a BCP 47 tag, not checked) goes into a comment, because the specification has no header for it: players
// learn it from the track element or the playlist, people from here. It is left out if empty. A speaker becomes a
// voice span around the whole text, and is left out if empty. "&", "<" and ">" are escaped everywhere, so text that
// looks like markup is shown, not obeyed.
//
// Text, speaker and language are cleaned again, so that the file is valid even if a caller changed them. The error is
// that of w with the cue it stopped at, or wraps [ErrNotArranged]; what has reached w by then is not a usable file.
func WriteVTT(w io.Writer, cues []Cue, lang string) error {
	head := "WEBVTT\n\n"
	if lang = name(lang); lang != "" {
		head += "NOTE Language: " + lang + "\n\n"
	}
	err := write(w, head, cues, func(_ int, c Cue) string {
		text := escaper.Replace(c.Text)
		if c.Speaker != "" {
			text = voiceTag(c.Speaker) + text + voiceEnd
		}
		return timing(c, '.') + "\n" + text + "\n\n"
	})
	if err != nil {
		return fmt.Errorf("write VTT: %w", err)
	}
	return nil
}

// ParseVTT reads a file written by [WriteVTT] and returns the very cues it was written from. Comments are passed over.
// It is as strict as [ParseSRT], in the same way and for the same reason; identifiers, regions, style sheets, cue
// settings and spans other than one voice around a whole cue are refused, as are character references other than the
// three we write.
func ParseVTT(r io.Reader) ([]Cue, error) {
	cues, err := parseVTT(newLines(r))
	if err != nil {
		return nil, fmt.Errorf("parse VTT: %w", err)
	}
	return cues, nil
}

func parseVTT(l *lines) ([]Cue, error) {
	for _, want := range []string{"WEBVTT", ""} {
		line, err := l.must(quote(want))
		if err != nil {
			return nil, err
		}
		if line != want {
			return nil, l.wrong("%s, want %q", quote(line), want)
		}
	}
	var cues []Cue
	var last time.Duration
	for {
		line, err := l.next()
		if err == io.EOF {
			return cues, nil
		}
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(line, "NOTE ") {
			if err := l.skipNote(line); err != nil {
				return nil, err
			}
			continue
		}
		c, err := l.readTiming(line, '.', last)
		if err != nil {
			return nil, err
		}
		raw, err := l.readText()
		if err != nil {
			return nil, err
		}
		if c.Speaker, c.Text, err = l.unspan(raw); err != nil {
			return nil, err
		}
		last = c.Start
		cues = append(cues, c)
	}
}

// skipNote passes over the rest of a comment. An arrow in it would make a cue of it, so it may not have one.
func (l *lines) skipNote(line string) error {
	for line != "" {
		if Clean(line) != line {
			return l.wrong("comment %s holds what a clean text cannot", quote(line))
		}
		var err error
		if line, err = l.must("a blank line after the comment"); err != nil {
			return err
		}
	}
	return nil
}

const (
	voice    = "<v "
	voiceEnd = "</v>"
)

// escaper covers what the specification's cue text tokenizer treats specially, in text and in annotations.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// voiceTag opens a voice span. A name that ends in two hyphens would make an arrow with the end of the tag; the space that
// keeps them apart is one that readers drop, as the specification tells them to ("start tag annotation state").
func voiceTag(speaker string) string {
	annotation := escaper.Replace(speaker)
	if strings.HasSuffix(annotation, "--") {
		annotation += " "
	}
	return voice + annotation + ">"
}

// unspan undoes the voice span, if there is one, and the escapes.
func (l *lines) unspan(raw string) (speaker, text string, err error) {
	if inside, ok := strings.CutPrefix(raw, voice); ok {
		annotation, body, ok := strings.Cut(inside, ">")
		if !ok {
			return "", "", l.wrong("the voice tag of the cue that ends here is not closed: %s", quote(raw))
		}
		if speaker, err = l.unescape(strings.TrimSuffix(annotation, " ")); err != nil {
			return "", "", err
		}
		if speaker == "" || name(speaker) != speaker || voiceTag(speaker) != voice+annotation+">" {
			return "", "", l.wrong("speaker %s of the cue that ends here is not a clean name", quote(speaker))
		}
		if raw, ok = strings.CutSuffix(body, voiceEnd); !ok {
			return "", "", l.wrong("the voice span of the cue that ends here is not closed with %q", voiceEnd)
		}
	}
	if text, err = l.unescape(raw); err != nil {
		return "", "", err
	}
	return speaker, text, l.checkText(text)
}

// unescape undoes escaper and refuses whatever escaper cannot have written.
func (l *lines) unescape(s string) (string, error) {
	plain := unescaper.Replace(s)
	if escaper.Replace(plain) != s {
		return "", l.wrong("the cue that ends here has markup or a character reference that is not ours: %s", quote(s))
	}
	return plain, nil
}

var unescaper = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">")

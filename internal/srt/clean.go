package srt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxCleanLine is the longest line, in bytes, that Clean lets pass unbroken. ffmpeg 5.1 reads SubRip lines in pieces of
	// 4095 bytes, makes a line of each, and throws the whole cue away if a piece ends inside a character; so we break
	// before it does, and between characters. Escaped for WebVTT a line grows to five times this at most.
	maxCleanLine = 4000

	// maxName is the longest speaker's name, in bytes.
	maxName = 1 << 10
)

// Clean returns s as text that can stand inside a cue of either format without being mistaken for anything else. It is
// empty if nothing in s can be seen. Cleaning twice changes nothing more. These are the rules, in order:
//
//   - A run of bytes that is not UTF-8 becomes one U+FFFD.
//   - CR LF, CR, VT, FF, U+0085, U+2028 and U+2029 become LF: some readers end a line there and some do not.
//   - The other control characters (C0 but for tab, DEL, C1) and U+FEFF go: WebVTT readers replace NUL, C readers stop
//     at it, and a byte order mark inside a file has no meaning.
//   - On each line, a bidirectional embedding, override or isolate left open is closed at the line's end, and a closing
//     control that closes nothing goes. Both would otherwise turn around what a player prints next to the cue.
//     Pairs do not span lines: a line break ends them anyway (UAX #9, rule X8).
//   - "-->" becomes "→" (U+2192). WebVTT forbids it in a cue, and SubRip readers look for it to find the next one.
//   - White space at the end of a line goes, and so does a line on which nothing can be seen: a blank line ends a cue.
//   - A line over 4000 bytes loses its bidirectional controls and is broken, after white space where there is some: longer
//     ones make ffmpeg drop the cue.
//
// Everything else stays, white space at the start of a line and text that looks like HTML included.
func Clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(plain, s) // of CR LF it makes a line end and a blank line, which goes below

	var kept []string
	for line := range strings.SplitSeq(s, "\n") {
		// Dropping characters may bring "--" and ">" together, so the arrow is looked for when all of that is done.
		// Space is cut twice: before, so that closing controls come right after the last word, and after, because
		// dropped controls may have stood behind more of it.
		line = arrow(trimRight(balance(trimRight(line))))
		if len(line) > maxCleanLine {
			line = arrow(strings.Map(withoutBidi, line))
		}
		for len(line) > maxCleanLine {
			cut := breakAt(line, maxCleanLine)
			kept = appendSeen(kept, line[:cut])
			line = line[cut:]
		}
		kept = appendSeen(kept, line)
	}
	return strings.Join(kept, "\n")
}

// name cleans a speaker's name: Clean, then everything on one line with single spaces, which is how a WebVTT reader sees
// the annotation of a voice tag in any case. A name over maxName loses its bidirectional controls and its tail.
func name(s string) string {
	s = strings.Join(strings.Fields(Clean(s)), " ")
	if len(s) > maxName {
		s = arrow(strings.Map(withoutBidi, s))
		s = trimRight(s[:runeStart(s, maxName)])
	}
	if !seen(s) {
		return ""
	}
	return s
}

// plain maps every line break to LF and drops the other control characters, for strings.Map.
func plain(r rune) rune {
	switch r {
	case '\t', '\n':
		return r
	case '\r', '\v', '\f', 0x85, 0x2028, 0x2029:
		return '\n'
	case 0xFEFF:
		return -1
	}
	if unicode.IsControl(r) {
		return -1
	}
	return r
}

// arrow replaces the separator of timing lines. Three bytes take the place of three, so lengths stay what they were.
func arrow(s string) string { return strings.ReplaceAll(s, "-->", "→") }

func trimRight(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }

// appendSeen appends the line, cut of trailing space, unless nothing on it can be seen.
func appendSeen(lines []string, line string) []string {
	if line = trimRight(line); seen(line) {
		return append(lines, line)
	}
	return lines
}

// seen reports whether a reader would see anything of s. Format characters (joiners, direction marks, soft hyphens) and
// variation selectors only change how their neighbours look; some Arabic and Syriac number signs count as format
// characters and are drawn all the same.
func seen(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Variation_Selector, r):
			return false
		case unicode.Is(unicode.Cf, r):
			return unicode.Is(unicode.Prepended_Concatenation_Mark, r)
		case unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
			return false
		}
		return true
	})
}

// breakAt returns where to break a line longer than limit bytes: after the last white space within the limit, or between
// two characters if there is none.
func breakAt(line string, limit int) int {
	end := runeStart(line, limit)
	if i := strings.LastIndexFunc(line[:end], unicode.IsSpace); i >= 0 {
		_, size := utf8.DecodeRuneInString(line[i:])
		return i + size
	}
	return end
}

// runeStart returns the last place at or before i where a character of s, which is valid UTF-8, starts or s ends.
func runeStart(s string, i int) int {
	if i >= len(s) {
		return len(s)
	}
	for i > 0 && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

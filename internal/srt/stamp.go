package srt

import (
	"fmt"
	"strings"
	"time"
)

// A timing line is the same in both formats but for the mark before the milliseconds:
//
//	00:00:02,300 --> 00:00:04,150        SubRip, comma
//	100:59:59.999 --> 101:00:00.000      WebVTT, dot; hours take as many digits as they need, two at least
//
// WebVTT lets hours be left out; we write them always, because SubRip cannot and people compare the two files.

const timesApart = " --> "

// timing returns the timing line of c, without its LF.
func timing(c Cue, mark byte) string {
	return stamp(c.Start, mark) + timesApart + stamp(c.End, mark)
}

func stamp(d time.Duration, mark byte) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%02d:%02d:%02d%c%03d", ms/3_600_000, ms/60_000%60, ms/1000%60, mark, ms%1000)
}

// parseTiming reads a timing line exactly as timing writes it: no cue settings, no shortened hours, no other spacing.
func parseTiming(line string, mark byte) (start, end time.Duration, ok bool) {
	a, b, found := strings.Cut(line, timesApart)
	if !found {
		return 0, 0, false
	}
	start, okStart := parseStamp(a, mark)
	end, okEnd := parseStamp(b, mark)
	return start, end, okStart && okEnd
}

func parseStamp(s string, mark byte) (time.Duration, bool) {
	// "HHHHHHH:MM:SS,mmm" is the longest that a Duration can hold (2562047 hours). Shorter than seven digits, every
	// sum below fits an int64, and farthest is all that is left to check.
	hours, rest, found := strings.Cut(s, ":")
	if !found || len(hours) > len("2562047") || len(rest) != len("MM:SS,mmm") {
		return 0, false
	}
	var ms int64
	for _, part := range []struct {
		digits string
		unit   int64
	}{{hours, 3_600_000}, {rest[0:2], 60_000}, {rest[3:5], 1000}, {rest[6:9], 1}} {
		n := int64(0)
		for _, c := range []byte(part.digits) {
			if c < '0' || c > '9' {
				return 0, false
			}
			n = 10*n + int64(c-'0')
		}
		ms += n * part.unit
	}
	if ms > farthest.Milliseconds() {
		return 0, false
	}
	d := time.Duration(ms) * tick
	// Writing it again catches the rest at once: minutes over 59, a missing or superfluous zero, a wrong mark.
	return d, stamp(d, mark) == s
}

package srt

import (
	"strings"
)

// The closing controls of the Unicode bidirectional algorithm (https://www.unicode.org/reports/tr9/).
const (
	pdf = '\u202C' // ends an embedding or override: U+202A LRE, U+202B RLE, U+202D LRO, U+202E RLO
	pdi = '\u2069' // ends an isolate: U+2066 LRI, U+2067 RLI, U+2068 FSI
)

// closes returns the control that ends what r opens, or 0 if r opens nothing.
func closes(r rune) rune {
	switch r {
	case '\u202A', '\u202B', '\u202D', '\u202E':
		return pdf
	case '\u2066', '\u2067', '\u2068':
		return pdi
	}
	return 0
}

// balance returns the line with every opening control closed and without closing controls that have nothing to close.
// A closed isolate closes the embeddings opened inside it, as rule X6a of the algorithm does; a PDF does not reach out
// of an isolate, as rule X7 says. The marks LRM, RLM and ALM need no closing and stay.
func balance(line string) string {
	if !strings.ContainsFunc(line, isPaired) {
		return line
	}
	var out strings.Builder
	var owed []rune // the closing controls still due, innermost last
	isolates := 0   // how many of them are PDI: searching owed each time would be quadratic on hostile text
	pop := func() rune {
		c := owed[len(owed)-1]
		owed = owed[:len(owed)-1]
		if c == pdi {
			isolates--
		}
		out.WriteRune(c)
		return c
	}
	for _, r := range line {
		switch c := closes(r); {
		case c != 0:
			owed = append(owed, c)
			if c == pdi {
				isolates++
			}
			out.WriteRune(r)
		case r == pdf:
			if len(owed) > 0 && owed[len(owed)-1] == pdf {
				pop()
			}
		case r == pdi:
			if isolates > 0 {
				for pop() != pdi {
				}
			}
		default:
			out.WriteRune(r)
		}
	}
	for len(owed) > 0 {
		pop()
	}
	return out.String()
}

// isPaired reports whether r opens or closes an embedding, override or isolate.
func isPaired(r rune) bool { return closes(r) != 0 || r == pdf || r == pdi }

// withoutBidi drops the paired controls, for strings.Map.
func withoutBidi(r rune) rune {
	if isPaired(r) {
		return -1
	}
	return r
}

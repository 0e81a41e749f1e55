package srt

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for _, tt := range nasty {
		t.Run(tt.name, func(t *testing.T) {
			got := Clean(tt.in)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Clean(%s) (-want +got):\n%s", quote(tt.in), diff)
			}
			if again := Clean(got); again != got {
				t.Errorf("cleaned twice: %s, once: %s", quote(again), quote(got))
			}
		})
	}
}

func TestName(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "Presidencia", "Presidencia"},
		{"inner space", "  Ana\t \nGil\u00a0Roca ", "Ana Gil Roca"},
		{"nothing", " \n\u200b", ""},
		{"arrow", "a-->b", "a→b"},
		{"markup", `</v>&"<b>`, `</v>&"<b>`},
		{"open override", "\u202eana", "\u202eana\u202c"},
		{"too long", strings.Repeat("ñ", 600), strings.Repeat("ñ", 512)},
		{"too long, odd", "a" + strings.Repeat("ñ", 600), "a" + strings.Repeat("ñ", 511)},
		{"too long, bidi", strings.Repeat("\u202e", 600) + "ana", "ana"},
		{"too long, joined arrow", "--\u202e>" + strings.Repeat("\u202e", 600), "→"},
		{"too long, unseen head", strings.Repeat("\u200b", 600) + "ana", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := name(tt.in)
			if got != tt.want {
				t.Errorf("name(%s) = %s, want %s", quote(tt.in), quote(got), quote(tt.want))
			}
			if again := name(got); again != got {
				t.Errorf("cleaned twice: %s, once: %s", quote(again), quote(got))
			}
		})
	}
}

// TestCleanKeepsItsRules checks on random text each rule that can be stated without repeating the code.
func TestCleanKeepsItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := hostileText(t, "in")
		checkCleanRules(t, in)
	})
}

type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

func checkCleanRules(t failer, in string) {
	t.Helper()
	got := Clean(in)
	if again := Clean(got); again != got {
		t.Errorf("Clean(%q) = %q, cleaned again %q", in, got, again)
	}
	if !utf8.ValidString(got) {
		t.Errorf("Clean(%q) = %q is not UTF-8", in, got)
	}
	if i := strings.IndexAny(got, "\x00\r\v\f\x1b\x7f\u0085\u2028\u2029\ufeff"); i >= 0 {
		t.Errorf("Clean(%q) = %q has a control character at %d", in, got, i)
	}
	if strings.Contains(got, "-->") {
		t.Errorf("Clean(%q) = %q has an arrow", in, got)
	}
	if got == "" {
		return
	}
	for line := range strings.SplitSeq(got, "\n") {
		if strings.TrimSpace(line) == "" || strings.TrimRight(line, " \t\u00a0") != line || len(line) > maxCleanLine {
			t.Errorf("Clean(%q) has the line %q", in, line)
		}
		embeddings := strings.Count(line, "\u202a") + strings.Count(line, "\u202b") + strings.Count(line, "\u202d") + strings.Count(line, "\u202e")
		isolates := strings.Count(line, "\u2066") + strings.Count(line, "\u2067") + strings.Count(line, "\u2068")
		if embeddings != strings.Count(line, "\u202c") || isolates != strings.Count(line, "\u2069") {
			t.Errorf("Clean(%q) has unbalanced controls in the line %q", in, line)
		}
	}
}

// hostileText draws text from the pieces that break subtitle files, with random characters and bytes between them.
func hostileText(t *rapid.T, label string) string {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"-->", "--", ">", "-", "<v A>", "</v>", "<i>", "<", "&", "&gt;", "&amp;", "{\\an8}", "\n", "\n\n", "\r\n", "\r", " ",
			"\t", "\x00", "\x1b", "\u0085", "\u2028", "\u2029", "\v", "\f", "\ufeff", "\xff", "\xc3", "\xed\xa0\x80", "1", "2026",
			"00:00:01,000 --> 00:00:02,000", "WEBVTT", "NOTE", "\u202a", "\u202b", "\u202c", "\u202e", "\u2066", "\u2067", "\u2069",
			"\u200b", "\u200f", "\ufe0f", "שלום", "👩🏽‍⚖️", "ñ", "l·l", ": ",
			strings.Repeat("ñ", 1900), strings.Repeat("a ", 1999), strings.Repeat("&", 3999),
		}),
		rapid.StringN(0, 8, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 4), func(b []byte) string { return string(b) }),
	)
	return strings.Join(rapid.SliceOfN(piece, 0, 12).Draw(t, label), "")
}

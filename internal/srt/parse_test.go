package srt

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestParseSRTRefuses(t *testing.T) {
	const one = "1\n00:00:01,000 --> 00:00:02,000\nuno\n\n"
	for _, tt := range []struct {
		name, in string
		line     int
		what     string
	}{
		{"byte order mark", "\ufeff" + one, 1, "want the cue's index 1"},
		{"index from 0", "0" + one[1:], 1, "want the cue's index 1"},
		{"index repeated", one + one, 5, "want the cue's index 2"},
		{"index padded", "01" + one[1:], 1, "want the cue's index 1"},
		{"CR LF", strings.ReplaceAll(one, "\n", "\r\n"), 1, "want the cue's index 1"},
		{"leading blank line", "\n" + one, 1, "want the cue's index 1"},
		{"two blank lines", one + "\n", 5, "want the cue's index 2"},
		{"dot", strings.ReplaceAll(one, ",", "."), 2, "want a timing line"},
		{"short hours", strings.ReplaceAll(one, "00:00", "0:00"), 2, "want a timing line"},
		{"long hours", strings.ReplaceAll(one, "00:00", "000:00"), 2, "want a timing line"},
		{"no hours", strings.ReplaceAll(one, "00:00", "00"), 2, "want a timing line"},
		{"60 minutes", strings.ReplaceAll(one, "00:00:", "00:60:"), 2, "want a timing line"},
		{"60 seconds", strings.ReplaceAll(one, ":02,", ":60,"), 2, "want a timing line"},
		{"letters", strings.ReplaceAll(one, "02,000", "02,0x0"), 2, "want a timing line"},
		{"sign", strings.ReplaceAll(one, "00:00", "+0:00"), 2, "want a timing line"},
		{"settings", strings.ReplaceAll(one, "\nuno", " X1:0\nuno"), 2, "want a timing line"},
		{"one past a Duration", "1\n2562047:47:16,854 --> 2562047:47:16,855\na\n\n", 2, "want a timing line"},
		{"far past a Duration", "1\n00:00:00,000 --> 9999999:00:00,000\na\n\n", 2, "want a timing line"},
		{"far past an int64", "1\n00:00:00,000 --> 99999999999999999999:00:00,000\na\n\n", 2, "want a timing line"},
		{"ends before start", strings.ReplaceAll(one, "02,", "00,"), 2, "not after its start"},
		{"ends at start", strings.ReplaceAll(one, "02,", "01,"), 2, "not after its start"},
		{"goes back", one + "2\n00:00:00,999 --> 00:00:02,000\ndos\n\n", 6, "before the previous cue's start"},
		{"no text", "1\n00:00:01,000 --> 00:00:02,000\n\n", 3, "want the cue's text"},
		{"trailing space", strings.ReplaceAll(one, "uno", "uno "), 4, "clean"},
		{"NUL", strings.ReplaceAll(one, "uno", "u\x00o"), 4, "clean"},
		{"invalid UTF-8", strings.ReplaceAll(one, "uno", "u\xffo"), 4, "clean"},
		{"arrow", strings.ReplaceAll(one, "uno", "a --> b"), 4, "clean"},
		{"line of spaces", strings.ReplaceAll(one, "uno", "uno\n \ndos"), 6, "clean"},
		{"torn after the index", "1\n", 2, "file ends, want a timing line"},
		{"torn inside the timing", one[:12], 2, "file ends inside the line"},
		{"torn after the timing", one[:len("1\n00:00:01,000 --> 00:00:02,000\n")], 3, "file ends, want text"},
		{"torn inside the text", one[:len(one)-3], 3, "file ends inside the line"},
		{"torn before the blank line", one[:len(one)-1], 4, "file ends, want text"},
		{"long line", strings.ReplaceAll(one, "uno", strings.Repeat("a", MaxLine+1)), 3, "longer than 1048576 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseSRT(strings.NewReader(tt.in))
			wantSyntax(t, err, "parse SRT: ", tt.line, tt.what)
		})
	}
}

func TestParseVTTRefuses(t *testing.T) {
	const head = "WEBVTT\n\n"
	const one = "00:00:01.000 --> 00:00:02.000\n<v A>uno</v>\n\n"
	for _, tt := range []struct {
		name, in string
		line     int
		what     string
	}{
		{"empty", "", 1, `file ends, want "WEBVTT"`},
		{"byte order mark", "\ufeff" + head, 1, `want "WEBVTT"`},
		{"header text", "WEBVTT kind\n\n", 1, `want "WEBVTT"`},
		{"header only", "WEBVTT\n", 2, `file ends, want ""`},
		{"header line", "WEBVTT\nLanguage: es\n\n", 2, `want ""`},
		{"identifier", head + "1\n" + one, 3, "want a timing line"},
		{"style", head + "STYLE\n\n", 3, "want a timing line"},
		{"comma", head + strings.ReplaceAll(one, ".", ","), 3, "want a timing line"},
		{"no hours", head + strings.ReplaceAll(one, "00:00", "00"), 3, "want a timing line"},
		{"settings", head + strings.ReplaceAll(one, "\n<v", " align:left\n<v"), 3, "want a timing line"},
		{"goes back", head + one + strings.ReplaceAll(one, "01.", "00."), 6, "before the previous cue's start"},
		{"no text", head + "00:00:01.000 --> 00:00:02.000\n\n", 4, "want the cue's text"},
		{"empty voice", head + strings.ReplaceAll(one, "uno", ""), 5, "clean"},
		{"no name", head + strings.ReplaceAll(one, "<v A>", "<v >"), 5, "not a clean name"},
		{"space after the name", head + strings.ReplaceAll(one, "<v A>", "<v A >"), 5, "not a clean name"},
		{"spaced name", head + strings.ReplaceAll(one, "<v A>", "<v  A>"), 5, "not a clean name"},
		{"open voice tag", head + strings.ReplaceAll(one, "A>uno</v>", "A"), 5, "voice tag"},
		{"open voice span", head + strings.ReplaceAll(one, "</v>", ""), 5, "voice span"},
		{"markup in the name", head + strings.ReplaceAll(one, "<v A>", "<v A<b>"), 5, "markup"},
		{"two voices", head + strings.ReplaceAll(one, "uno", "uno</v><v B>dos"), 5, "markup"},
		{"markup", head + strings.ReplaceAll(one, "uno", "<i>uno</i>"), 5, "markup"},
		{"raw ampersand", head + strings.ReplaceAll(one, "uno", "a & b"), 5, "character reference"},
		{"other reference", head + strings.ReplaceAll(one, "uno", "a&nbsp;b"), 5, "character reference"},
		{"arrow in escapes", head + strings.ReplaceAll(one, "uno", "a --&gt; b"), 5, "clean"},
		{"NUL", head + strings.ReplaceAll(one, "uno", "\x00uno"), 5, "clean"},
		{"arrow in a comment", head + "NOTE a --> b\n\n", 3, "comment"},
		{"torn comment", head + "NOTE a\n", 4, "file ends, want a blank line"},
		{"torn before the blank line", head + one[:len(one)-1], 5, "file ends, want text"},
		{"long line", head + "NOTE " + strings.Repeat("a", MaxLine), 3, "longer than 1048576 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseVTT(strings.NewReader(tt.in))
			wantSyntax(t, err, "parse VTT: ", tt.line, tt.what)
		})
	}
}

func wantSyntax(t *testing.T, err error, op string, line int, what string) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Fatalf("got %v, want a *SyntaxError", err)
	}
	if syntax.Line != line || !strings.Contains(syntax.What, what) {
		t.Errorf("got line %d: %s, want line %d: …%s…", syntax.Line, syntax.What, line, what)
	}
	if !strings.HasPrefix(err.Error(), op) || len(err.Error()) > 400 {
		t.Errorf("message of %d bytes %s, want it short and starting with %q", len(err.Error()), quote(err.Error()), op)
	}
}

// A line of exactly MaxLine is read: the limit is a promise in both directions.
func TestLongestLine(t *testing.T) {
	l := newLines(strings.NewReader(strings.Repeat("a", MaxLine) + "\nb\n"))
	for _, want := range []int{MaxLine, 1} {
		if line, err := l.next(); err != nil || len(line) != want {
			t.Fatalf("got %d bytes and %v, want %d", len(line), err, want)
		}
	}
}

// endless is a file that is one line without end; it counts what was taken of it.
type endless int

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '1'
	}
	*e += endless(len(p))
	return len(p), nil
}

func TestParsersStopAtEndlessLines(t *testing.T) {
	for name, parse := range map[string]func(io.Reader) ([]Cue, error){"SRT": ParseSRT, "VTT": ParseVTT} {
		var e endless
		_, err := parse(&e)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || e > 2*MaxLine {
			t.Errorf("%s: %v after %d bytes, want a *SyntaxError soon after %d", name, err, e, MaxLine)
		}
	}
}

// A disk that fails is not a file that is wrong: the caller must be able to tell.
func TestParsersPassReadErrorsOn(t *testing.T) {
	for name, parse := range map[string]func(io.Reader) ([]Cue, error){"SRT": ParseSRT, "VTT": ParseVTT} {
		for _, before := range []string{"", "1", "1\n", "WEBVTT\n\n"} {
			_, err := parse(io.MultiReader(strings.NewReader(before), iotest.ErrReader(errFull)))
			if before == "1\n" && name == "VTT" {
				continue // wrong before the failure comes
			}
			if before == "WEBVTT\n\n" && name == "SRT" {
				continue // likewise
			}
			if !errors.Is(err, errFull) {
				t.Errorf("%s after %q: got %v, want %v", name, before, err, errFull)
			}
		}
	}
}

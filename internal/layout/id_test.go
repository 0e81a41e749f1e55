package layout

import (
	"errors"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/ilenia-live/rec/internal/limits"
)

func TestCheckID(t *testing.T) {
	for _, row := range []struct {
		what, id string
		ok       bool
	}{
		{"a UUID", "01935a3e-7b1c-7f00-8000-0123456789ab", true},
		{"one letter", "a", true},
		{"letters beyond ASCII", "Sala-Año-議場-Ελλάδα", true},
		{"a letter beyond the BMP", "𝒜", true},
		{"spaces", "Sala 1", true},
		{"one space", " ", true},
		{"punctuation", `~!@#$%^&*()+={}[]|:;"'<>,?`, true},
		{"a dot in front", ".hidden", true},
		{"a dot in the middle", "a.b", true},
		{"a dot at the end", "a.", true},
		{"what looks escaped", "%2e%2e", true},
		{"our own lock", "LOCK", true},
		{"the replacement character itself", "\uFFFD", true},
		{"exactly as long as allowed", strings.Repeat("a", limits.IDBytes), true},
		{"as long as allowed, in two-byte letters", strings.Repeat("ñ", limits.IDBytes/2), true},

		{"nothing", "", false},
		{"one byte too long", strings.Repeat("a", limits.IDBytes+1), false},
		{"few letters, too many bytes", strings.Repeat("議", limits.IDBytes/3+1), false},
		{"10,000 characters", strings.Repeat("a", 10_000), false},
		{"this directory", ".", false},
		{"the parent", "..", false},
		{"only dots", "...", false},
		{"dots inside", "a..b", false},
		{"a path up", "../etc", false},
		{"a path", "a/b", false},
		{"an absolute path", "/etc/passwd", false},
		{"a path of Windows", `a\b`, false},
		{"NUL", "a\x00", false},
		{"a control character", "a\nb", false},
		{"DEL", "a\x7f", false},
		{"a C1 control character", "a\u0085", false},
		{"a tab", "\t", false},
		{"invalid UTF-8", "a\xff", false},
		{"half a letter", "ñ"[:1], false},
		{"a surrogate", "\xed\xa0\x80", false},
		{"an overlong slash", "a\xc0\xafb", false},
		{"a zero-width space", "a\u200b", false},
		{"a change of direction", "a\u202egpj.exe", false},
		{"a byte order mark", "\ufeffa", false},
		{"a line separator", "a\u2028b", false},
		{"a private use character", "\ue000", false},
	} {
		err := CheckID(row.id)
		if row.ok && err != nil || !row.ok && !errors.Is(err, ErrID) {
			t.Errorf("%s, %.20q: %v, want ok %v", row.what, row.id, err, row.ok)
		}
	}
}

func TestFileName(t *testing.T) {
	for id, want := range map[string]string{
		"floor":      "floor",
		"A-z_0.9":    "A-z_0.9",
		"LOCK":       "%4COCK",
		"LOCKS":      "LOCKS",
		"lock":       "lock",
		"%4COCK":     "%254COCK",
		".hidden":    "%2Ehidden",
		".new-x":     "%2Enew-x",
		"x~new":      "x%7Enew",
		"x~2":        "x%7E2",
		"Sala 1":     "Sala%201",
		"ñ":          "%C3%B1",
		"en:interp*": "en%3Ainterp%2A",
	} {
		if got := FileName(id); got != want {
			t.Errorf("FileName(%q) = %q, want %q", id, got, want)
		}
	}
}

// drawID prefers the characters at which names go wrong.
func drawID(t *rapid.T, label string) string {
	edge := rapid.SampledFrom([]rune(`.%~/\ LOCKnew-_%4C2E0ñ議`))
	id := rapid.StringOfN(rapid.OneOf(edge, rapid.Rune()), 1, limits.IDBytes, limits.IDBytes).Draw(t, label)
	if rapid.IntRange(0, 9).Draw(t, label+" as a file name") == 0 {
		if again := FileName(id); len(again) <= limits.IDBytes {
			return again // an id may well look like an escaped one
		}
	}
	return id
}

// suffixes are all that is ever put behind the name of an id.
var suffixes = []string{
	"", PartSuffix, WAVSuffix, NewSuffix, "~999999", ".tail.pcm", "." + StageFile,
	"." + strings.Repeat("a", limits.LanguageBytes) + ".srt", "." + strings.Repeat("a", limits.LanguageBytes) + ".vtt.tmp",
}

// checkFileName is what must hold for the name of any id at all.
func checkFileName(t interface{ Fatalf(string, ...any) }, id string) {
	name := FileName(id)
	if name == "" || strings.HasPrefix(name, ".") || name == LockFile || strings.Contains(name, "~") {
		t.Fatalf("FileName(%q) = %q: hidden, or one of our own names", id, name)
	}
	for i := range len(name) {
		c := name[i]
		if c <= ' ' || c >= 0x7f || c == '/' || c == '\\' {
			t.Fatalf("FileName(%q) = %q: unsafe byte %q", id, name, c)
		}
	}
	if path.Base(name) != name || path.Clean(name) != name {
		t.Fatalf("FileName(%q) = %q: not a single element of a path", id, name)
	}
	if len(id) > limits.IDBytes {
		return
	}
	for _, suffix := range suffixes {
		if len(name+suffix) > 255 {
			t.Fatalf("FileName(%q) = %q: %d bytes with %q", id, name, len(name+suffix), suffix)
		}
	}
}

func TestFileNameIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkFileName(t, drawID(t, "id")) })
}

func TestFileNameIsOneToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawID(t, "a"), drawID(t, "b")
		if rapid.Bool().Draw(t, "related") {
			b = rapid.SampledFrom([]string{FileName(a), "." + a, a + ".", strings.ToLower(a), strings.ToUpper(a), a + "~", "%" + a}).Draw(t, "b of a")
		}
		if (a == b) != (FileName(a) == FileName(b)) {
			t.Fatalf("%q and %q are named %q and %q", a, b, FileName(a), FileName(b))
		}
	})
}

func FuzzID(f *testing.F) {
	for _, id := range []string{"floor", "LOCK", "%4COCK", "..", "a/b", ".hidden", "a~new", "ñ", "\xff", "\x00", ""} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if id != "" {
			checkFileName(t, id) // of any string: a caller that forgot to check must not get out of the root
		}
		if CheckID(id) != nil {
			return
		}
		if len(id) > limits.IDBytes || !utf8.ValidString(id) || strings.ContainsAny(id, "/\\\x00\n\r") || path.Base(id) != id || id == ".." {
			t.Fatalf("accepted %q", id)
		}
	})
}

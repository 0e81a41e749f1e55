package layout

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ilenia-live/rec/internal/limits"
)

// ErrID is wrapped by every refusal of an id.
var ErrID = errors.New("not usable as an id")

// CheckID says whether id may name a session or a channel: 1 to limits.IDBytes bytes of printable UTF-8 without '/',
// '\', "..", and not only dots. Everything else about it is data; FileName makes a name of it.
func CheckID(id string) error {
	bad := func(why string) error { return fmt.Errorf("%s: %w", why, ErrID) }
	switch {
	case id == "":
		return bad("empty")
	case len(id) > limits.IDBytes:
		return bad(fmt.Sprintf("%d bytes, limit %d", len(id), limits.IDBytes))
	case !utf8.ValidString(id):
		return bad("invalid UTF-8")
	case strings.Trim(id, ".") == "":
		return bad("only dots")
	case strings.Contains(id, ".."):
		return bad(`contains ".."`)
	}
	for _, r := range id {
		switch {
		case r == '/' || r == '\\':
			return bad(fmt.Sprintf("contains %q", r))
		case !unicode.IsPrint(r):
			return bad(fmt.Sprintf("contains the unprintable %U", r))
		}
	}
	return nil
}

const hexDigits = "0123456789ABCDEF"

// FileName maps an id to a file name, one to one: letters, digits, '-', '_' and '.' (not in front) stand for themselves,
// every other byte is written as %XX.
func FileName(id string) string {
	if id == LockFile {
		return "%4COCK" // the one name in use beside the sessions'
	}
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

// CheckLanguage says whether tag has the shape of a BCP 47 language tag (RFC 5646): subtags of 1 to 8 letters and
// digits, joined by '-', the first of 2 to 8 letters. Whether the language exists is not asked.
func CheckLanguage(tag string) error {
	if len(tag) > limits.LanguageBytes {
		return fmt.Errorf("%d bytes, limit %d", len(tag), limits.LanguageBytes)
	}
	for i, sub := range strings.Split(tag, "-") {
		if len(sub) < 1 || len(sub) > 8 || i == 0 && len(sub) < 2 {
			return fmt.Errorf("subtag %q is not 1 to 8 letters or digits (the first 2 to 8)", sub)
		}
		for _, r := range sub {
			letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
			if !letter && (i == 0 || r < '0' || r > '9') {
				return fmt.Errorf("subtag %q holds %q", sub, r)
			}
		}
	}
	return nil
}

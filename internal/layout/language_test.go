package layout

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ilenia-live/rec/internal/limits"
)

func TestCheckLanguage(t *testing.T) {
	for _, row := range []struct {
		tag string
		ok  bool
	}{
		{"es", true},
		{"ES", true},
		{"cat", true},
		{"es-419", true},
		{"zh-Hant-TW", true},
		{"ca-valencia", true},
		{"sl-rozaj-biske-1994", true},
		{"en-x-clear", true},
		{"de-CH-1901", true},
		{"abcdefgh", true},
		{"und", true},
		{"zh-cmn-Hans-CN-boont-u-co-phonebk", true},

		{"", false},
		{"e", false},
		{"x-private", false},
		{"abcdefghi", false},
		{"es-abcdefghi", false},
		{"es-", false},
		{"-es", false},
		{"es--ES", false},
		{"es_ES", false},
		{"e5", false},
		{"es ES", false},
		{"es.ES", false},
		{"es/..", false},
		{"ñu", false},
		{"es-ñ", false},
		{"es\x00", false},
		{"es\n", false},
		{"e\xff", false},
		{strings.Repeat("es-", 11) + "es", true},
		{strings.Repeat("es-", 11) + "esp", false},
	} {
		if err := CheckLanguage(row.tag); (err == nil) != row.ok {
			t.Errorf("%q, %d bytes: %v, want ok %v", row.tag, len(row.tag), err, row.ok)
		}
	}
}

func FuzzLanguage(f *testing.F) {
	for _, tag := range []string{"es", "zh-Hant-TW", "es-419", "", "-", "e", "es.ES", "\xff\xff"} {
		f.Add(tag)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		if CheckLanguage(tag) != nil {
			return
		}
		// A tag that was accepted names itself: no escaping, no dot that would end it.
		if len(tag) > limits.LanguageBytes || !utf8.ValidString(tag) || FileName(tag) != tag || strings.Contains(tag, ".") {
			t.Fatalf("accepted %q, named %q", tag, FileName(tag))
		}
	})
}

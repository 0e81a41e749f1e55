package wavfile

import (
	"strings"
	"testing"
	"time"
)

func TestTextsOnDisk(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"as it is", "Sala 1", "Sala 1"},
		{"a rune is one mark", "Señal de París", "Se?al de Par?s"},
		{"beyond the first plane", "a🎤b", "a?b"},
		{"not UTF-8", "a\xff\xfeb", "a??b"},
		{"a NUL does not end it", "a\x00b", "a?b"},
		{"controls and DEL", "\x1b[2J\x7f", "?[2J?"},
		{"lines", "a\r\n\tb", "a\r\n\tb"},
		{"fills the field", strings.Repeat("x", 32), strings.Repeat("x", 32)},
		{"one too many", strings.Repeat("x", 32) + "y", strings.Repeat("x", 32)},
		{"runes past the end", strings.Repeat("é", 40), strings.Repeat("?", 32)},
	} {
		h := example(1, 0)
		h.Bext.Originator = row.in
		h.Bext.OriginatorReference = "" // must stay empty when its neighbour overflows
		got, err := Decode(encode(t, h))
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if got.Bext.Originator != row.want || got.Bext.OriginatorReference != "" {
			t.Errorf("%s: %q and %q, want %q and nothing", row.name, got.Bext.Originator, got.Bext.OriginatorReference, row.want)
		}
	}
}

func TestLongestTexts(t *testing.T) {
	h := example(8, 0)
	long := strings.Repeat("0123456789", 100)
	h.Bext.Description, h.Bext.Originator, h.Bext.OriginatorReference, h.Bext.CodingHistory = long, long, long, long
	got, err := Decode(encode(t, h))
	if err != nil {
		t.Fatal(err)
	}
	b := got.Bext
	if b.Description != long[:256] || b.Originator != long[:32] || b.OriginatorReference != long[:32] || b.CodingHistory != long[:310] {
		t.Fatalf("texts of %d, %d, %d, %d bytes", len(b.Description), len(b.Originator), len(b.OriginatorReference), len(b.CodingHistory))
	}
}

func TestOriginationTimes(t *testing.T) {
	west := time.FixedZone("", -5*3600)
	for _, row := range []struct {
		in   time.Time
		want string
	}{
		{time.Time{}, strings.Repeat("\x00", 18)},
		{time.Date(2026, 11, 23, 22, 4, 5, 999_999_999, west), "2026-11-2403:04:05"}, // UTC, and not rounded up
		{time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC), "2024-02-2923:59:59"},
		{time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), "0000-01-0100:00:00"},
		{time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), "9999-12-3123:59:59"},
	} {
		h := example(1, 0)
		h.Bext.OriginationTime = row.in
		p := encode(t, h)
		if got := string(p[376:394]); got != row.want {
			t.Errorf("%v: %q, want %q", row.in, got, row.want)
		}
		got, err := Decode(p)
		if want := row.in.UTC().Truncate(time.Second); err != nil || !got.Bext.OriginationTime.Equal(want) {
			t.Errorf("%v: decoded %v, %v", row.in, got.Bext.OriginationTime, err)
		}
	}
}

// What other writers put there.
func TestForeignOriginations(t *testing.T) {
	for _, row := range []struct {
		date, clock string
		want        time.Time
	}{
		{"2026-11-23", "17:09:05", time.Date(2026, 11, 23, 17, 9, 5, 0, time.UTC)},
		{"2026:11:23", "17-09-05", time.Date(2026, 11, 23, 17, 9, 5, 0, time.UTC)},
		{"2026 11_23", "17.09.05", time.Date(2026, 11, 23, 17, 9, 5, 0, time.UTC)},
		{"2026-11-23", "\x00\x00\x00\x00\x00\x00\x00\x00", time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)},
		{"2026-11-23", "24:00:00", time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)},
		{"2026-02-30", "17:09:05", time.Time{}},
		{"2026-13-01", "17:09:05", time.Time{}},
		{"2026-00-01", "17:09:05", time.Time{}},
		{"2026-11-00", "17:09:05", time.Time{}},
		{"23.11.2026", "17:09:05", time.Time{}},
		{"          ", "        ", time.Time{}},
	} {
		if got := origination([]byte(row.date), []byte(row.clock)); !got.Equal(row.want) {
			t.Errorf("%q %q: %v, want %v", row.date, row.clock, got, row.want)
		}
	}
}

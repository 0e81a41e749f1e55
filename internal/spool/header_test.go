package spool

import (
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/wavfile"
)

// At any moment a part file is a WAV of the length that its marks claim.
func TestHeaderIsAWAVOfTheNewestMark(t *testing.T) {
	m := exampleMeta(4096, 4096, 4096)
	c := m.Channels[2] // three channels
	for _, row := range []struct {
		what    string
		durable Mark
		recent  []Mark
		frames  int64
	}{
		{"empty", Mark{}, nil, 0},
		{"durable only", exampleMark(4), nil, exampleMark(4).Frames},
		{"newer ones", exampleMark(4), []Mark{exampleMark(5), exampleMark(6)}, exampleMark(6).Frames},
		{"past 4 GiB", Mark{Seq: 1, Frames: 1 << 32}, nil, 1 << 32},
	} {
		t.Run(row.what, func(t *testing.T) {
			var recent [RecentMarks]Mark
			for _, r := range row.recent {
				recent[r.Seq%RecentMarks] = r
			}
			var h [wavfile.HeaderSize]byte
			must(t, EncodeHeader(&h, m.Header(c), row.durable, &recent, Mark{}))
			got, err := wavfile.Decode(h[:])
			must(t, err)
			if got.DataBytes != row.frames*6 || got.SampleRate != 48000 || got.Channels != 3 {
				t.Errorf("header says %d bytes of %+v, want %d", got.DataBytes, got.Format, row.frames*6)
			}
			durable, newer := Marks(h[:])
			if durable.Seq != row.durable.Seq || len(newer) != len(row.recent) {
				t.Errorf("marks %d and %d newer", durable.Seq, len(newer))
			}
		})
	}
}

func TestHeaderRefusesWhatNoWAVCanSay(t *testing.T) {
	m := exampleMeta(4096)
	var h [wavfile.HeaderSize]byte
	if err := EncodeHeader(&h, m.Header(m.Channels[0]), Mark{Frames: 1 << 62}, &[RecentMarks]Mark{}, Mark{}); err == nil {
		t.Error("a length past an int64: no error")
	}
	m.Channels[0].SampleRate = 44000
	if err := EncodeHeader(&h, m.Header(m.Channels[0]), Mark{}, &[RecentMarks]Mark{}, Mark{}); err == nil {
		t.Error("a rate that is none: no error")
	}
}

func TestBextPlacesTheFirstSampleOnTheDay(t *testing.T) {
	madrid := time.FixedZone("CET", 3600)
	for _, row := range []struct {
		start time.Time
		rate  int
		want  uint64
	}{
		{time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), 48000, 0},
		{time.Date(2026, 11, 23, 0, 0, 1, 500_000_000, time.UTC), 48000, 72000},
		{time.Date(2026, 11, 23, 10, 30, 0, 0, time.UTC), 44100, 37800 * 44100},
		{time.Date(2026, 11, 23, 23, 59, 59, 999_999_999, time.UTC), 8000, 86400 * 8000}, // rounded to the nearest
		{time.Date(2026, 11, 24, 0, 30, 0, 0, madrid), 48000, 84600 * 48000},             // still the 23rd in UTC
		{time.Date(1969, 12, 31, 23, 0, 0, 0, time.UTC), 48000, 82800 * 48000},
	} {
		m := exampleMeta(4096)
		m.StartedAt, m.Channels[0].SampleRate = row.start, row.rate
		b := m.Header(m.Channels[0]).Bext
		if b.TimeReference != row.want || !b.OriginationTime.Equal(row.start) || b.OriginationTime.Location() != time.UTC {
			t.Errorf("%s at %d Hz: sample %d of %s, want %d", row.start, row.rate, b.TimeReference, b.OriginationTime, row.want)
		}
	}
}

func TestBextDescribesTheChannel(t *testing.T) {
	m := exampleMeta(4096)
	for _, row := range []struct{ label, session, wantLabel, wantSession string }{
		{"Señal", "Sala 1", "Señal", "Sala 1"},
		{"", "Sala 1", "ch00", "Sala 1"}, // the id in place of a label
		// A whole UUID must get into the 32 bytes that there are, or two sessions of a day look the same.
		{"", "01935a3e-7b1c-7f00-8000-0123456789ab", "ch00", "01935a3e7b1c7f0080000123456789ab"},
	} {
		m.SessionID, m.Channels[0].Label = row.session, row.label
		if b := m.Header(m.Channels[0]).Bext; b.Description != row.wantLabel || b.OriginatorReference != row.wantSession {
			t.Errorf("label %q of session %q: %+v", row.label, row.session, b)
		}
	}
}

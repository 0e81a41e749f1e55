package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ilenia-live/rec/internal/limits"
)

func drawRecord(t *rapid.T) Record {
	switch rapid.IntRange(0, 2).Draw(t, "kind") {
	case 0:
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "<b>&amp;</b>", "\x00\x1f\u2028\"\\", "—ñ議"}))
		return Record{Seq: rapid.Uint64().Draw(t, "seq"), Cue: &Cue{
			ID: text.Draw(t, "id"), Channel: text.Draw(t, "channel"), Language: text.Draw(t, "language"),
			StartMs: rapid.Int64().Draw(t, "start"), EndMs: rapid.Int64().Draw(t, "end"), Text: text.Draw(t, "text"),
			Speaker: text.Draw(t, "speaker"), Final: rapid.Bool().Draw(t, "final"), Revision: rapid.Int().Draw(t, "revision"),
		}}
	case 1:
		return GapRecord(rapid.IntRange(0, limits.Channels).Draw(t, "channel"), Gap{
			N: rapid.Uint64().Draw(t, "n"), At: rapid.Uint64().Draw(t, "at"), Start: rapid.Int64Min(0).Draw(t, "start"),
			Length: rapid.Int64Min(1).Draw(t, "length"), Cause: Cause(rapid.Uint8Range(1, uint8(CauseCrash)).Draw(t, "cause")),
		})
	default:
		return Record{End: &End{
			At: time.Unix(rapid.Int64Range(0, 1<<34).Draw(t, "at"), 5).UTC(), LengthNs: rapid.Int64().Draw(t, "length"),
			Reason: rapid.String().Draw(t, "reason"), Abandoned: rapid.Bool().Draw(t, "abandoned"),
		}}
	}
}

// split reads records as long as they are valid, and returns what is left.
func split(p []byte) (all []Record, rest []byte) {
	for {
		r, after, ok := SplitRecord(p)
		if !ok {
			return all, p
		}
		all, p = append(all, r), after
	}
}

func TestRecordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Custom(drawRecord), 0, 5).Draw(t, "records")
		var p []byte
		for _, r := range want {
			var err error
			if p, err = AppendRecord(p, r); err != nil {
				t.Fatal(err)
			}
		}
		tail := rapid.SliceOfN(rapid.Byte(), 0, recordHeader-1).Draw(t, "tail")
		got, rest := split(append(p, tail...))
		if len(want) == 0 {
			want = nil
		}
		if diff := cmp.Diff(want, got); diff != "" || !bytes.Equal(rest, tail) {
			t.Fatalf("%d bytes left of %d, %s", len(rest), len(tail), diff)
		}
	})
}

// example is a journal of each kind of record, and where each ends.
func example(t testing.TB) (p []byte, ends []int) {
	for _, r := range []Record{
		{Seq: 1, Cue: &Cue{ID: "c1", Channel: "floor", Language: "es", StartMs: 0, EndMs: 1200, Text: "Señorías", Final: true}},
		GapRecord(0, Gap{N: 0, At: 96000, Start: 48000, Length: 960, Cause: CauseLoss}),
		{Seq: 2, Cue: &Cue{Channel: "*", EndMs: 1, Text: "x"}},
		{End: &End{At: time.Unix(1, 0).UTC(), LengthNs: 1e9, Reason: "over"}},
	} {
		var err error
		p, err = AppendRecord(p, r)
		must(t, err)
		ends = append(ends, len(p))
	}
	return p, ends
}

func TestOnlyWholeRecordsAreRead(t *testing.T) {
	p, ends := example(t)
	for cut := range len(p) + 1 {
		want := 0
		for want < len(ends) && ends[want] <= cut {
			want++
		}
		got, rest := split(p[:cut:cut])
		valid := cut
		if want < len(ends) {
			valid = append([]int{0}, ends...)[want]
		}
		if len(got) != want || cut-len(rest) != valid {
			t.Fatalf("cut at %d: %d records, %d bytes; want %d, %d", cut, len(got), cut-len(rest), want, valid)
		}
	}
}

func TestNothingBehindADamagedByteIsRead(t *testing.T) {
	p, ends := example(t)
	whole, _ := split(p)
	for i := range p {
		damaged := 0
		for ends[damaged] <= i {
			damaged++
		}
		for _, mask := range []byte{0x01, 0x80, 0xff, p[i]} {
			if mask == 0 {
				continue
			}
			q := bytes.Clone(p)
			q[i] ^= mask
			got, rest := split(q)
			if len(q)-len(rest) != append([]int{0}, ends...)[damaged] {
				t.Fatalf("byte %d ^ %#x: %d records, %d bytes read", i, mask, len(got), len(q)-len(rest))
			}
			if diff := cmp.Diff(whole[:damaged], got, cmpEmpty); diff != "" {
				t.Fatalf("byte %d ^ %#x: %s", i, mask, diff)
			}
		}
	}
}

// cmpEmpty takes a nil slice of records for an empty one.
var cmpEmpty = cmp.FilterValues(func(a, b []Record) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())

func TestGarbageIsNoRecord(t *testing.T) {
	sign := func(body string) []byte {
		p := make([]byte, recordHeader, recordHeader+len(body))
		binary.LittleEndian.PutUint32(p, uint32(len(body)))
		p = append(p, body...)
		binary.LittleEndian.PutUint32(p[4:], crc32.Checksum(p[8:], castagnoli))
		return p
	}
	if _, _, ok := SplitRecord(sign(`{"cue":{"channel":"*"}}`)); !ok {
		t.Fatal("a good record is refused")
	}
	for what, p := range map[string][]byte{
		"nothing":                   nil,
		"zeros, a hole in the file": make([]byte, 4096),
		"ones":                      bytes.Repeat([]byte{0xff}, 4096),
		"text":                      []byte(strings.Repeat("la sesión se levanta ", 100)),
		"no JSON":                   sign("{"),
		"no JSON at all":            sign(""),
		"JSON of another shape":     sign(`{"cue":7}`),
		"two values":                sign(`{}{}`),
		"a length past the end":     binary.LittleEndian.AppendUint32(nil, math.MaxUint32),
		"longer than any record":    sign(`{"cue":{"channel":"` + strings.Repeat("a", maxRecord) + `"}}`),
	} {
		if r, rest, ok := SplitRecord(p); ok || !bytes.Equal(rest, p) {
			t.Errorf("%s: record %+v, %d bytes left of %d", what, r, len(rest), len(p))
		}
	}
}

// What a host may say in one cue must be acceptable in any case: a cue that never fits would be refused for ever.
func TestLongestCueFitsTheRing(t *testing.T) {
	for what, unit := range map[string]string{
		"control characters": "\x01", "invalid UTF-8": "\xff", "what HTML escapes": "<", "a line separator": "\u2028", "letters": "ñ",
	} {
		t.Run(what, func(t *testing.T) {
			fill := func(n int) string { return strings.Repeat(unit, n/len(unit)) }
			cue := &Cue{
				ID: fill(limits.CueIDBytes), Channel: strings.Repeat("<", limits.IDBytes), Language: strings.Repeat("a", limits.LanguageBytes),
				StartMs: limits.Timeline.Milliseconds(), EndMs: limits.Timeline.Milliseconds(), Text: fill(limits.CueTextBytes),
				Speaker: fill(limits.LabelBytes), Final: true, Revision: math.MinInt,
			}
			p, err := AppendRecord(nil, Record{Seq: math.MaxUint64, Cue: cue})
			must(t, err)
			s, _ := newStage(t, exampleMeta(4096))
			if !s.Journal.Put(p) {
				t.Fatalf("%d bytes don't fit the ring of %d", len(p), JournalRingBytes)
			}
			pending, _ := s.Journal.Pending(nil)
			r, rest, ok := SplitRecord(pending)
			if !ok || len(rest) > 0 || r.Seq != math.MaxUint64 {
				t.Fatalf("a record of %d bytes, limit %d, does not read back", len(p), maxRecord)
			}
			// JSON has no way to say invalid UTF-8: it becomes U+FFFD, one for each byte.
			if want := strings.ToValidUTF8(cue.Text, "\uFFFD"); what != "invalid UTF-8" && r.Cue.Text != want ||
				what == "invalid UTF-8" && r.Cue.Text != strings.Repeat("\uFFFD", limits.CueTextBytes) {
				t.Fatalf("text of %d bytes reads back as %d", len(cue.Text), len(r.Cue.Text))
			}
		})
	}
}

func TestGapOf(t *testing.T) {
	for cause := CauseNone; cause <= CauseMute+1; cause++ {
		want := Gap{N: 1, At: 2, Start: 3, Length: 4, Cause: cause}
		got, err := GapRecord(0, want).Gap.Gap()
		if valid := cause > CauseNone && cause <= CauseMute; (err == nil) != valid || valid && got != want {
			t.Errorf("cause %s: %+v, %v", cause, got, err)
		}
	}
	for what, g := range map[string]GapOf{
		"unknown cause": {Length: 1, Cause: "rain"}, "cause none": {Length: 1, Cause: "none"}, "no cause": {Length: 1},
		"before the start": {Start: -1, Length: 1, Cause: "loss"}, "no length": {Cause: "loss"}, "negative length": {Length: -1, Cause: "loss"},
	} {
		if got, err := g.Gap(); err == nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if g := (Gap{Start: 3, Length: 4}); g.End() != 7 {
		t.Errorf("End() = %d", g.End())
	}
}

// The names are the manifest's; a reader of recordings depends on them.
func TestCauses(t *testing.T) {
	ours := map[Cause]bool{CauseOverflow: true, CauseDisk: true, CauseCrash: true}
	for cause, name := range map[Cause]string{
		CauseLoss: "loss", CauseDTX: "dtx", CauseLateJoin: "late_join", CauseDisconnect: "disconnect", CauseMask: "mask",
		CauseOverflow: "overflow", CauseDisk: "disk", CauseCrash: "crash",
	} {
		if got, err := ParseCause(name); got != cause || err != nil || cause.String() != name || cause.Ours() != ours[cause] {
			t.Errorf("%q is %v, %v; String() %q, Ours() %v", name, got, err, cause, cause.Ours())
		}
	}
	if got := Cause(200).String(); got != "Cause(200)" {
		t.Errorf("a cause that is none: %q", got)
	}
}

func FuzzSplitRecord(f *testing.F) {
	p, ends := example(f)
	for i, end := range ends {
		f.Add(p[append([]int{0}, ends...)[i]:end], false)
	}
	f.Add([]byte("\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00{}"), true)
	f.Add([]byte("\x04\x00\x00\x00\x00\x00\x00\x00\x07\x00\x00\x00\x00\x00\x00\x00null"), true)
	f.Add([]byte("\xff\xff\xff\xff\x00\x00\x00\x00"), true)
	f.Add(make([]byte, 64), false)
	f.Fuzz(func(t *testing.T, p []byte, sign bool) {
		// With sign, length and checksum are put right: a fuzzer would never find them.
		if sign && len(p) >= recordHeader {
			p = bytes.Clone(p)
			binary.LittleEndian.PutUint32(p, uint32(len(p)-recordHeader))
			binary.LittleEndian.PutUint32(p[4:], crc32.Checksum(p[8:], castagnoli))
		}
		r, rest, ok := SplitRecord(p)
		if !ok {
			if !bytes.Equal(rest, p) {
				t.Fatalf("no record, and %d of %d bytes are left", len(rest), len(p))
			}
			return
		}
		if len(rest) > len(p)-recordHeader || !bytes.HasSuffix(p, rest) {
			t.Fatalf("%d of %d bytes are left", len(rest), len(p))
		}
		// finalize writes the journal anew from what it read.
		again, err := AppendRecord(nil, r)
		if err != nil || len(again)-recordHeader > maxRecord {
			return // a time or a text that our own writer never makes
		}
		if got, rest, ok := SplitRecord(again); !ok || len(rest) > 0 || !cmp.Equal(got, r) {
			t.Fatalf("%+v, written and read: %s", r, cmp.Diff(r, got))
		}
	})
}

package spool

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// pages is memory that says what of it is there.
type pages struct {
	there []bool
	full  bool
}

func (p *pages) Back(off, n int64) error {
	if p.full {
		return errors.New("no room")
	}
	p.set(off/pageBytes, (off+n+pageBytes-1)/pageBytes, true)
	return nil
}

func (p *pages) Drop(off, n int64) error {
	p.set((off+pageBytes-1)/pageBytes, (off+n)/pageBytes, false)
	return nil
}

func (p *pages) set(from, to int64, there bool) {
	for i := from; i < to; i++ {
		p.there[i] = there
	}
}

func (p *pages) count() int {
	return len(slices.DeleteFunc(slices.Clone(p.there), func(t bool) bool { return !t }))
}

func lazyStage(t *testing.T) (*Stage, *pages, Meta) {
	t.Helper()
	m := Meta{
		Schema: Schema, RecordingID: "r", SessionID: "s", Instance: "i",
		Channels: []ChannelMeta{
			{ID: "a", Codec: "pcm_s16le", SampleRate: 8000, Channels: 1, RingBytes: 10 * pageBytes},
			{ID: "b", Codec: "pcmu", SampleRate: 8000, Channels: 1, RingBytes: 3 * pageBytes, HoldBytes: HoldBytes},
		},
	}
	mem := make([]byte, m.StageBytes())
	p := &pages{there: make([]bool, len(mem)/pageBytes)}
	s, err := FormatLazyStage(mem, p, m, func(ChannelMeta) int64 { return 4*pageBytes - 10 })
	if err != nil {
		t.Fatal(err)
	}
	return s, p, m
}

func TestLazyStageBacksWhatIsNeeded(t *testing.T) {
	s, p, _ := lazyStage(t)
	// Header, journal; page and ring of a; page, ring, which is shorter than asked for, and hold of b.
	want := 1 + journalFirst/pageBytes + 1 + 4 + 1 + 3 + HoldBytes/pageBytes
	if p.count() != want || s.Areas[0].Backed() != 4*pageBytes || s.Areas[1].Backed() != 3*pageBytes {
		t.Fatalf("%d pages, want %d; rings %d and %d", p.count(), want, s.Areas[0].Backed(), s.Areas[1].Backed())
	}
	full := &pages{there: p.there, full: true}
	if _, err := FormatLazyStage(make([]byte, len(s.mem)), full, Meta{}, nil); err == nil {
		t.Fatal("a stage without memory")
	}
}

func TestAreaGrowsAndShrinks(t *testing.T) {
	s, p, _ := lazyStage(t)
	a := s.Areas[0]
	before := p.count()
	for _, row := range []struct{ to, want uint64 }{
		{100, 4 * pageBytes}, {5*pageBytes + 1, 5*pageBytes + 1}, {100 * pageBytes, 10 * pageBytes},
	} {
		if err := a.Grow(row.to); err != nil || a.Backed() != row.want {
			t.Fatalf("Grow(%d): %d, %v; want %d", row.to, a.Backed(), err, row.want)
		}
	}
	if p.count() != before+6 || !a.Grown() {
		t.Fatalf("%d pages, want 6 more than %d", p.count(), before)
	}
	// What waits lies behind what was there at first: it stays.
	if err := a.Shrink(Slot{Seq: 1, Payload: 5*pageBytes + 7, Origin: 7}); err != nil || !a.Grown() || p.count() != before+6 {
		t.Fatalf("shrunk under what waits: %v, %d pages", err, p.count())
	}
	if err := a.Shrink(Slot{Seq: 2, Payload: 9 * pageBytes, Origin: 5 * pageBytes}); err != nil || a.Grown() || p.count() != before {
		t.Fatalf("not shrunk: %v, %d pages", err, p.count())
	}
	p.full = true
	if err := a.Grow(5 * pageBytes); err == nil || a.Backed() != 4*pageBytes {
		t.Fatalf("grown without room: %v, %d", err, a.Backed())
	}
}

// The journal's ring takes memory when records wait, begins anew when none do, and goes round when it is whole.
func TestJournalRingGrows(t *testing.T) {
	s, p, _ := lazyStage(t)
	j := &s.Journal
	before := p.count()
	rec := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 3000) }
	for i := range 1000 { // many times round, were it to wander
		if !j.Put(rec(i)) || !j.Put(rec(i+1)) {
			t.Fatalf("record %d finds no room", i)
		}
		got, upTo := j.Pending(nil)
		if !bytes.Equal(got, append(rec(i), rec(i+1)...)) {
			t.Fatalf("record %d is another", i)
		}
		j.Release(upTo)
	}
	if p.count() != before {
		t.Fatalf("%d pages more for two records at a time", p.count()-before)
	}
	p.full = true
	if !j.Put(rec(1)) || !j.Put(rec(2)) || j.Put(rec(3)) {
		t.Fatal("8 KiB hold two of 3000 bytes and not three")
	}
	p.full = false
	n := 2
	for j.Put(rec(n + 1)) {
		n++
	}
	if n != JournalRingBytes/3000 || j.backed != JournalRingBytes {
		t.Fatalf("%d records, %d bytes backed", n, j.backed)
	}
	var want []byte
	for round := range 5 { // whole, and full: one in, one out
		want = want[:0]
		for i := range n {
			want = append(want, rec(i+1+round)...)
		}
		got, upTo := j.Pending(nil)
		if !bytes.Equal(got, want) {
			t.Fatalf("round %d differs", round)
		}
		j.Release(upTo - uint64(3000*(n-1)))
		if !j.Put(rec(n + 1 + round)) {
			t.Fatalf("round %d: no room", round)
		}
	}
}

package spool

import (
	"bytes"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

func newRing(size int) *JournalRing {
	return &JournalRing{origin: new(atomic.Uint64), head: new(atomic.Uint64), tail: new(atomic.Uint64), ring: make([]byte, size), backed: size}
}

// The ring is checked against a plain queue.
func TestJournalRingIsAQueue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := newRing(64)
		// Far along, and about to wrap: an uint64 of positions never does in practice, a multiple of the size all the time.
		start := 64*rapid.Uint64Range(0, 1<<40).Draw(t, "start") + rapid.Uint64Range(0, 63).Draw(t, "offset")
		j.head.Store(start)
		j.tail.Store(start)
		var model []byte
		seen, upTo := 0, start
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				p := rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(t, "record")
				ok := j.Put(p)
				if want := len(model)+len(p) <= 64; ok != want {
					t.Fatalf("Put of %d bytes to %d of 64: %v", len(p), len(model), ok)
				}
				if ok {
					model = append(model, p...)
				}
			},
			"pending": func(t *rapid.T) {
				before := []byte("before")
				var p []byte
				p, upTo = j.Pending(before)
				if seen = len(model); !bytes.Equal(p, append([]byte("before"), model...)) {
					t.Fatalf("pending %x, want %x", p[len(before):], model)
				}
			},
			"release": func(*rapid.T) {
				// Of what was pending when asked, not of what was put since.
				j.Release(upTo)
				model, seen = model[seen:], 0
			},
		})
	})
}

func TestJournalRingFull(t *testing.T) {
	s, _ := newStage(t, exampleMeta(4096))
	j := &s.Journal
	record := make([]byte, 1000)
	n := 0
	for j.Put(record) {
		n++
	}
	if n != JournalRingBytes/1000 {
		t.Fatalf("%d records of 1000 bytes in %d", n, JournalRingBytes)
	}
	if !j.Put(record[:JournalRingBytes%1000]) || j.Put(record[:1]) || !j.Put(nil) {
		t.Fatal("the last bytes of the ring")
	}
	p, upTo := j.Pending(nil)
	if len(p) != JournalRingBytes {
		t.Fatalf("%d bytes pending", len(p))
	}
	j.Release(upTo)
	if !j.Put(make([]byte, JournalRingBytes)) || j.Put(make([]byte, JournalRingBytes+1)) {
		t.Fatal("the whole ring, after it was released")
	}
}

// After a loss of power head and tail may come from different moments: whatever they say, only the ring's bytes come out.
func TestJournalRingWithStalePositions(t *testing.T) {
	const size = JournalRingBytes
	for _, row := range []struct {
		what       string
		head, tail uint64
		pending    int
	}{
		{"empty", 7, 7, 0},
		{"full", size + 7, 7, size},
		{"further apart than the ring", size + 8, 7, 0},
		{"tail ahead of head", 7, 8, 0},
		{"tail lost", 10 * size, 0, 0},
		{"head lost", 0, 10 * size, 0},
		{"all ones", math.MaxUint64, math.MaxUint64, 0},
		{"tail all ones", 5, math.MaxUint64, 6},
		{"halfway", 1 << 63, 0, 0},
	} {
		s, _ := newStage(t, exampleMeta(4096))
		s.Journal.head.Store(row.head)
		s.Journal.tail.Store(row.tail)
		p, upTo := s.Journal.Pending([]byte("x"))
		if len(p) != 1+row.pending || upTo != row.head {
			t.Errorf("%s: %d bytes pending up to %d, want %d", row.what, len(p)-1, upTo, row.pending)
		}
	}
}

// One goroutine puts while another takes, as host and disk writer do.
func TestJournalRingBesideItsReader(t *testing.T) {
	s, _ := newStage(t, exampleMeta(4096))
	const last = 5000
	var wg sync.WaitGroup
	wg.Go(func() {
		var rec []byte
		for seq := uint64(1); seq <= last; {
			var err error
			if rec, err = AppendRecord(rec[:0], Record{Seq: seq, Cue: &Cue{Channel: "*", Text: fmt.Sprint(seq)}}); err != nil {
				t.Error(err)
				return
			}
			if s.Journal.Put(rec) {
				seq++
			}
		}
	})
	var buf []byte
	for next := uint64(1); next <= last && !t.Failed(); {
		var upTo uint64
		buf, upTo = s.Journal.Pending(buf[:0])
		for rest := buf; len(rest) > 0; {
			r, after, ok := SplitRecord(rest)
			if !ok || r.Seq != next || r.Cue.Text != fmt.Sprint(next) {
				t.Fatalf("record %+v, %v; want number %d", r, ok, next)
			}
			rest = after
			next++
		}
		s.Journal.Release(upTo)
	}
	wg.Wait()
}

package spool

import (
	"errors"
	"io/fs"
	"path"
	"sync/atomic"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
)

// JournalRing is the part of a Stage through which records reach the journal.
//
// One goroutine at a time may Put; one other may use Pending and Release meanwhile.
type JournalRing struct {
	head, tail *atomic.Uint64
	// origin is the byte that lies first in the ring. It moves up to head when nothing waits, so that the ring uses no more of its
	// memory than had to wait at once.
	origin *atomic.Uint64
	ring   []byte
	lazy   Memory // nil when all of the ring's memory is there
	backed int    // what of it is
}

// Put accepts the encoded record, or reports that the ring has no room for it.
func (j *JournalRing) Put(rec []byte) bool {
	head := j.head.Load()
	waiting := head - j.tail.Load()
	if uint64(len(rec)) > uint64(len(j.ring))-waiting {
		return false
	}
	if waiting == 0 {
		j.origin.Store(head)
	}
	// Only a ring that is backed whole goes round.
	at := head - j.origin.Load()
	if need := at + uint64(len(rec)); j.backed < len(j.ring) && need > uint64(j.backed) && !j.grow(need) {
		return false
	}
	i := at % uint64(len(j.ring))
	n := copy(j.ring[i:], rec)
	copy(j.ring, rec[n:])
	// After the copy: a process killed before this store had not accepted the record.
	j.head.Store(head + uint64(len(rec)))
	return true
}

// grow backs the ring so that it holds need bytes, or all of it.
func (j *JournalRing) grow(need uint64) bool {
	to := min(len(j.ring), (int(need)+journalFirst-1)/journalFirst*journalFirst)
	if j.lazy.Back(int64(pageBytes+j.backed), int64(to-j.backed)) != nil {
		return false
	}
	j.backed = to
	return true
}

// Half reports whether the ring is at least half full.
func (j *JournalRing) Half() bool {
	return j.head.Load()-j.tail.Load() >= uint64(len(j.ring))/2
}

// Pending appends to p what was put and not released, and returns the position to release up to.
func (j *JournalRing) Pending(p []byte) ([]byte, uint64) {
	head, tail := j.head.Load(), j.tail.Load()
	size := uint64(len(j.ring))
	if head-tail > size { // stale memory, after a loss of power
		return p, head
	}
	i, n := (tail-j.origin.Load())%size, head-tail
	if i+n <= size {
		return append(p, j.ring[i:i+n]...), head
	}
	p = append(p, j.ring[i:]...)
	return append(p, j.ring[:i+n-size]...), head
}

// Release gives the room up to a position back.
func (j *JournalRing) Release(upTo uint64) { j.tail.Store(upTo) }

// Journal is what a journal file says.
type Journal struct {
	Records []Record
	// Bytes is the length of the valid part. Behind it there may be a record that was being written.
	Bytes   int64
	LastSeq uint64
}

// ReadJournal reads the journal in a session's directory up to the first record that is not whole. A missing file is an
// empty journal.
func ReadJournal(fsys durable.FS, dir string) (Journal, error) {
	var j Journal
	p, err := durable.ReadFile(fsys, path.Join(dir, layout.JournalFile), limits.JournalBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return j, err
	}
	rest := p
	for {
		r, next, ok := SplitRecord(rest)
		if !ok {
			break
		}
		rest = next
		j.Add(r)
	}
	j.Bytes = int64(len(p) - len(rest))
	return j, nil
}

// Add appends a record, unless it is a cue that is already there. It reports whether it did.
func (j *Journal) Add(r Record) bool {
	if r.Seq > 0 {
		if r.Seq <= j.LastSeq {
			return false
		}
		j.LastSeq = r.Seq
	}
	j.Records = append(j.Records, r)
	return true
}

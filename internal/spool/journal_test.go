package spool

import (
	"bytes"
	"errors"
	"io/fs"
	"path"
	"slices"
	"syscall"
	"testing"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/faultfs"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
)

func TestReadJournal(t *testing.T) {
	good, ends := example(t)
	for _, row := range []struct {
		what    string
		file    []byte
		records int
		bytes   int
		lastSeq uint64
	}{
		{"empty", nil, 0, 0, 0},
		{"whole", good, 4, ends[3], 2},
		{"cut inside the last record", good[:ends[3]-1], 3, ends[2], 2},
		{"cut inside a header", good[:ends[0]+5], 1, ends[0], 1},
		{"zeros behind it, as after a loss of power", append(bytes.Clone(good), make([]byte, 4096)...), 4, ends[3], 2},
		{"garbage behind it", append(bytes.Clone(good), "garbage garbage garbage"...), 4, ends[3], 2},
		{"only zeros", make([]byte, 4096), 0, 0, 0},
		{"only garbage", []byte("this was never a journal"), 0, 0, 0},
		{"a record lost in the middle", slices.Concat(good[:ends[0]], make([]byte, ends[1]-ends[0]), good[ends[1]:]), 1, ends[0], 1},
		// The bytes of a cue that came twice are valid all the same: the end lies behind them.
		{"the first cue twice", slices.Concat(good[:ends[0]], good[:ends[0]], good[ends[0]:]), 4, ends[0] + ends[3], 2},
		{"a cue out of order", slices.Concat(good[ends[1]:ends[2]], good[:ends[0]]), 1, ends[2] - ends[1] + ends[0], 2},
	} {
		t.Run(row.what, func(t *testing.T) {
			root := newRoot(t)
			must(t, root.Mkdir("s"), durable.WriteFile(root, path.Join("s", layout.JournalFile), row.file))
			j, err := ReadJournal(root, "s")
			if err != nil || len(j.Records) != row.records || j.Bytes != int64(row.bytes) || j.LastSeq != row.lastSeq {
				t.Fatalf("%d records, %d bytes, last cue %d, %v; want %d, %d, %d",
					len(j.Records), j.Bytes, j.LastSeq, err, row.records, row.bytes, row.lastSeq)
			}
		})
	}
}

func TestReadJournalThatIsNotThere(t *testing.T) {
	j, err := ReadJournal(newRoot(t), "s")
	if len(j.Records) > 0 || j.Bytes != 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%+v, %v", j, err)
	}
}

// A journal that can't be read is not an empty one: cues would be lost without a word.
func TestReadJournalThatFails(t *testing.T) {
	good, _ := example(t)
	for k, failed := 1, true; failed; k++ {
		root := newRoot(t)
		must(t, root.Mkdir("s"), durable.WriteFile(root, path.Join("s", layout.JournalFile), good))
		disk := faultfs.New(root)
		disk.FailAt(k, faultfs.Before, syscall.EIO)
		j, err := ReadJournal(disk, "s")
		// All but the last call: an error of Close takes nothing back that was read.
		if failed = disk.Failed(); err == nil && len(j.Records) != 4 || err != nil && !errors.Is(err, syscall.EIO) {
			t.Fatalf("call %d failed: %d records, %v; calls %q", k, len(j.Records), err, disk.Log())
		}
	}
	root := newRoot(t)
	must(t, root.Mkdir("s"))
	f, err := root.Create(path.Join("s", layout.JournalFile))
	must(t, err, f.Truncate(limits.JournalBytes+1), f.Close())
	if _, err := ReadJournal(root, "s"); !errors.Is(err, durable.ErrTooLarge) {
		t.Fatalf("a journal past its limit: %v", err)
	}
	must(t, root.Remove(path.Join("s", layout.JournalFile)), root.Mkdir(path.Join("s", layout.JournalFile)))
	if _, err := ReadJournal(root, "s"); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a directory in its place: %v", err)
	}
}

func TestJournalAddCountsACueOnce(t *testing.T) {
	var j Journal
	for _, row := range []struct {
		r    Record
		want bool
	}{
		{Record{Seq: 1, Cue: &Cue{}}, true},
		{Record{Seq: 1, Cue: &Cue{}}, false},
		{Record{Gap: &GapOf{}}, true}, // gaps have no number here: their own tells them apart
		{Record{Gap: &GapOf{}}, true},
		{Record{Seq: 3, Cue: &Cue{}}, true},
		{Record{Seq: 2, Cue: &Cue{}}, false},
		{Record{Seq: 3, Cue: &Cue{}}, false},
		{Record{End: &End{}}, true},
	} {
		before := len(j.Records)
		if got := j.Add(row.r); got != row.want || len(j.Records)-before != map[bool]int{true: 1}[got] {
			t.Fatalf("Add(%+v) = %v, %d records", row.r, got, len(j.Records))
		}
	}
}

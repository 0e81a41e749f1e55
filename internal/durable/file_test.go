package durable_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"syscall"
	"testing"

	"github.com/ilenia-live/rec/internal/durable"
)

func TestCreateIsExclusive(t *testing.T) {
	root := newRoot(t)
	must(t, durable.WriteFile(root, "f", []byte("old")))
	if _, err := root.Create("f"); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("error %v, want fs.ErrExist", err)
	}
	if got := read(t, root, "f"); got != "old" {
		t.Fatalf("file holds %q", got)
	}
	for _, open := range []func(string) (durable.File, error){root.Open, root.OpenRead} {
		if _, err := open("none"); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("error %v, want fs.ErrNotExist", err)
		}
	}
}

// Contract C5: a long silence is a hole in the file, not zeros on the disk.
func TestTruncateLeavesAHole(t *testing.T) {
	root := newRoot(t)
	f, err := root.Create("f")
	must(t, err)
	defer func() { _ = f.Close() }()
	const size = 1 << 30
	must(t, f.Truncate(size))
	_, err = f.WriteAt([]byte("end"), size)
	must(t, err, f.Sync())
	if got, err := f.Size(); got != size+3 || err != nil {
		t.Fatalf("size %d, %v; want %d", got, err, size+3)
	}
	p := bytes.Repeat([]byte{1}, 4096)
	if n, err := f.ReadAt(p, size/2); n != len(p) || err != nil || len(bytes.Trim(p, "\x00")) > 0 {
		t.Fatalf("read %d bytes of the hole, %v", n, err)
	}
	info, err := root.Stat("f")
	must(t, err)
	if room := info.Sys().(*syscall.Stat_t).Blocks * 512; room > 1<<20 {
		t.Fatalf("the file takes %d bytes", room)
	}
	must(t, f.Truncate(10))
	if n, err := f.ReadAt(p, 0); n != 10 || !errors.Is(err, io.EOF) {
		t.Fatalf("after truncating: read %d, %v", n, err)
	}
}

func TestOpenReadDoesNotWrite(t *testing.T) {
	root := newRoot(t)
	must(t, durable.WriteFile(root, "f", []byte("old")))
	f, err := root.OpenRead("f")
	must(t, err)
	defer func() { _ = f.Close() }()
	if _, err := f.WriteAt([]byte("new"), 0); err == nil {
		t.Fatal("wrote through OpenRead")
	}
	if err := f.Truncate(0); err == nil {
		t.Fatal("truncated through OpenRead")
	}
	must(t, f.Sync()) // recovery syncs what it only read
}

// A root that is gone is an error, not a new directory.
func TestOpenRootNeedsADirectory(t *testing.T) {
	dir := t.TempDir()
	if _, err := durable.OpenRoot(dir + "/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v, want fs.ErrNotExist", err)
	}
	must(t, durable.WriteFile(openRoot(t, dir), "f", nil))
	if _, err := durable.OpenRoot(dir + "/f"); err == nil {
		t.Fatal("opened a file as a root")
	}
	if got := openRoot(t, dir).Name(); got != dir {
		t.Fatalf("Name() = %q, want %q", got, dir)
	}
}

package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/faultfs"
)

func TestWriteFileReplaces(t *testing.T) {
	for _, row := range []struct {
		name   string
		before func(t *testing.T, root *durable.Root)
	}{
		{"nothing there", func(*testing.T, *durable.Root) {}},
		{"an old file, longer", func(t *testing.T, root *durable.Root) {
			must(t, durable.WriteFile(root, "f", []byte(strings.Repeat("old", 1000))))
		}},
		{"an old file, read-only", func(t *testing.T, root *durable.Root) {
			must(t, durable.WriteFile(root, "f", []byte("old")), root.Chmod("f", durable.FinishedMode))
		}},
		{"a temporary file left by a crash", func(t *testing.T, root *durable.Root) {
			must(t, durable.WriteFile(root, "f.tmp", []byte("half a fi")))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			root := openRoot(t, dir)
			row.before(t, root)
			must(t, durable.WriteFile(root, "f", []byte("new")))
			if got := read(t, root, "f"); got != "new" {
				t.Errorf("file holds %q, want %q", got, "new")
			}
			if diff := cmp.Diff([]string{"f"}, names(t, dir)); diff != "" {
				t.Errorf("left behind: %s", diff)
			}
			if info, err := root.Stat("f"); err != nil || info.Mode() != durable.FileMode {
				t.Errorf("mode %v, %v; want %v", info.Mode(), err, durable.FileMode)
			}
		})
	}
}

// A reader that opened the file before it was replaced goes on reading the old one.
func TestWriteFileLeavesTheOldFileToItsReaders(t *testing.T) {
	root := newRoot(t)
	must(t, durable.WriteFile(root, "f", []byte("old")))
	f, err := root.OpenRead("f")
	must(t, err)
	defer func() { _ = f.Close() }()
	must(t, durable.WriteFile(root, "f", []byte("new")))
	p := make([]byte, 3)
	if _, err := f.ReadAt(p, 0); err != nil || string(p) != "old" {
		t.Fatalf("read %q, %v", p, err)
	}
}

func TestWriteFileOldOrNewAfterAnyFailure(t *testing.T) {
	for _, mode := range faultfs.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			for k, failed := 1, true; failed; k++ {
				root := volatileRoot(t)
				must(t, durable.WriteFile(root, "f", []byte("old")))
				disk := faultfs.New(root)
				disk.FailAt(k, mode, syscall.ENOSPC)
				err := durable.WriteFile(disk, "f", []byte("new"))
				failed = disk.Failed()
				if failed != errors.Is(err, syscall.ENOSPC) {
					t.Fatalf("call %d: error %v; calls %q", k, err, disk.Log())
				}
				if got := read(t, root, "f"); got != "new" && (got != "old" || err == nil) {
					t.Fatalf("call %d: file holds %q; calls %q", k, got, disk.Log())
				}
				disk.FailAt(0, mode, nil)
				must(t, durable.WriteFile(disk, "f", []byte("again")))
				if got := read(t, root, "f"); got != "again" || exists(t, root, "f.tmp") {
					t.Fatalf("call %d, second attempt: file holds %q", k, got)
				}
				if disk.OpenFiles() != 0 {
					t.Fatalf("call %d: %d files left open", k, disk.OpenFiles())
				}
			}
		})
	}
}

// The order is the promise: bytes, then the name, then the directory.
func TestWriteFileSyncsBeforeAndAfterTheRename(t *testing.T) {
	root := newRoot(t)
	must(t, root.Mkdir("d"))
	disk := faultfs.New(root)
	must(t, durable.WriteFile(disk, "d/f", []byte("new")))
	want := []string{
		"1 Remove d/f.tmp", "2 Create d/f.tmp", "3 WriteAt d/f.tmp [0,3)", "4 Sync d/f.tmp", "5 Close d/f.tmp",
		"6 Rename d/f.tmp -> d/f", "7 SyncDir d",
	}
	if diff := cmp.Diff(want, disk.Log()); diff != "" {
		t.Fatal(diff)
	}
}

func TestNewFileNeverReplaces(t *testing.T) {
	root := newRoot(t)
	must(t, durable.NewFile(root, "f", []byte("old")))
	if err := durable.NewFile(root, "f", []byte("new")); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("error %v, want fs.ErrExist", err)
	}
	if got := read(t, root, "f"); got != "old" {
		t.Fatalf("file holds %q", got)
	}
}

func TestNewFileWholeOrNotAtAll(t *testing.T) {
	for _, mode := range faultfs.Modes {
		for k, failed := 2, true; failed; k++ { // call 1 is Create: nothing of ours is there if it fails
			root := volatileRoot(t)
			disk := faultfs.New(root)
			disk.FailAt(k, mode, syscall.EIO)
			err := durable.NewFile(disk, "f", []byte("new"))
			if failed = disk.Failed(); failed && (err == nil || exists(t, root, "f")) {
				t.Fatalf("call %d, %s: error %v, and the file is there: %v", k, mode, err, exists(t, root, "f"))
			}
			if disk.OpenFiles() != 0 {
				t.Fatalf("call %d, %s: %d files left open", k, mode, disk.OpenFiles())
			}
		}
	}
}

func TestReadFileLimit(t *testing.T) {
	root := newRoot(t)
	must(t, durable.WriteFile(root, "f", []byte("12345")))
	if p, err := durable.ReadFile(root, "f", 5); err != nil || string(p) != "12345" {
		t.Fatalf("at the limit: %q, %v", p, err)
	}
	p, err := durable.ReadFile(root, "f", 4)
	if !errors.Is(err, durable.ErrTooLarge) || p != nil || !strings.Contains(err.Error(), "5 bytes, limit 4") {
		t.Fatalf("past the limit: %q, %v", p, err)
	}
	// A terabyte of hole must be refused by its length, not by running out of memory.
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "huge"), nil, 0o600), os.Truncate(filepath.Join(dir, "huge"), 1<<40))
	if _, err := durable.ReadFile(openRoot(t, dir), "huge", 1<<20); !errors.Is(err, durable.ErrTooLarge) {
		t.Fatalf("a huge file: %v", err)
	}
	if _, err := durable.ReadFile(root, "none", 5); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no file: %v", err)
	}
	must(t, durable.WriteFile(root, "empty", nil))
	if p, err := durable.ReadFile(root, "empty", 5); err != nil || len(p) != 0 {
		t.Fatalf("an empty file: %q, %v", p, err)
	}
}

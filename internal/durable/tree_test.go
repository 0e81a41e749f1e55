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

func TestMkdirAllSyncsEveryParentOutermostFirst(t *testing.T) {
	root := newRoot(t)
	disk := faultfs.New(root)
	// Twice: directories that are there already may be another process's, not yet synced.
	for range 2 {
		before := len(disk.Log())
		must(t, durable.MkdirAll(disk, "2026/11/23"))
		var got []string
		for _, line := range disk.Log()[before:] {
			if _, call, _ := strings.Cut(line, " "); !strings.HasPrefix(call, "Stat ") {
				got = append(got, call)
			}
		}
		want := []string{"Mkdir 2026", "SyncDir .", "Mkdir 2026/11", "SyncDir 2026", "Mkdir 2026/11/23", "SyncDir 2026/11"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}
	if info, err := root.Stat("2026/11/23"); err != nil || info.Mode() != fs.ModeDir|durable.DirMode {
		t.Fatalf("mode %v, %v; want %v", info.Mode(), err, fs.ModeDir|durable.DirMode)
	}
	must(t, durable.MkdirAll(root, "."))
	f, err := root.Create("file")
	must(t, err)
	must(t, f.Close())
	for _, name := range []string{"file", "/2026", "../2026", ""} {
		if err := durable.MkdirAll(root, name); err == nil {
			t.Errorf("MkdirAll(%q) = nil", name)
		}
	}
}

func TestMkdirAllRepeatsAfterAnyFailure(t *testing.T) {
	for _, mode := range faultfs.Modes {
		for k, failed := 1, true; failed; k++ {
			disk := faultfs.New(volatileRoot(t))
			disk.FailAt(k, mode, syscall.EIO)
			err := durable.MkdirAll(disk, "a/b/c")
			if failed = disk.Failed(); failed != errors.Is(err, syscall.EIO) {
				t.Fatalf("call %d, %s: %v", k, mode, err)
			}
			disk.FailAt(0, mode, nil)
			if err := durable.MkdirAll(disk, "a/b/c"); err != nil || !exists(t, disk, "a/b/c") {
				t.Fatalf("after call %d failed %s: %v", k, mode, err)
			}
		}
	}
}

func TestMkdirAllThroughAFile(t *testing.T) {
	root := newRoot(t)
	must(t, durable.WriteFile(root, "a", []byte("not a directory")))
	if err := durable.MkdirAll(root, "a/b"); err == nil {
		t.Fatal("made a directory below a file")
	}
}

func TestRemoveTree(t *testing.T) {
	for _, row := range []struct {
		name string
		plan func(t *testing.T, dir string)
	}{
		{"nothing", func(*testing.T, string) {}},
		{"a file", func(t *testing.T, dir string) { must(t, os.WriteFile(filepath.Join(dir, "x"), nil, 0o400)) }},
		{"a full tree", func(t *testing.T, dir string) {
			must(t, os.MkdirAll(filepath.Join(dir, "x/y/z"), 0o750), os.WriteFile(filepath.Join(dir, "x/y/f"), []byte("f"), 0o600))
		}},
		{"a symbolic link out", func(t *testing.T, dir string) {
			must(t, os.Symlink(filepath.Join(dir, "keep"), filepath.Join(dir, "x")))
		}},
		{"a tree with symbolic links", func(t *testing.T, dir string) {
			must(t, os.Mkdir(filepath.Join(dir, "x"), 0o750),
				os.Symlink("../keep", filepath.Join(dir, "x/in")), os.Symlink("/", filepath.Join(dir, "x/out")),
				os.Symlink("nowhere", filepath.Join(dir, "x/dangling")))
		}},
		{"a FIFO in a tree", func(t *testing.T, dir string) {
			must(t, os.Mkdir(filepath.Join(dir, "x"), 0o750), syscall.Mkfifo(filepath.Join(dir, "x/fifo"), 0o600))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.Mkdir(filepath.Join(dir, "keep"), 0o750), os.WriteFile(filepath.Join(dir, "keep/f"), []byte("f"), 0o600))
			row.plan(t, dir)
			must(t, durable.RemoveTree(openRoot(t, dir), "x"))
			if diff := cmp.Diff([]string{"keep", "keep/f"}, names(t, dir)); diff != "" {
				t.Fatal(diff)
			}
		})
	}
}

func TestRemoveTreeRepeatsAfterAnyFailure(t *testing.T) {
	for _, mode := range faultfs.Modes {
		for k, failed := 1, true; failed; k++ {
			disk := faultfs.New(volatileRoot(t))
			must(t, durable.MkdirAll(disk, "x/y"), durable.WriteFile(disk, "x/f", nil), durable.WriteFile(disk, "x/y/f", nil))
			disk.FailAt(k, mode, syscall.EIO)
			err := durable.RemoveTree(disk, "x")
			if failed = disk.Failed(); failed != errors.Is(err, syscall.EIO) {
				t.Fatalf("call %d, %s: %v", k, mode, err)
			}
			disk.FailAt(0, mode, nil)
			if err := durable.RemoveTree(disk, "x"); err != nil || exists(t, disk, "x") {
				t.Fatalf("after call %d failed %s: %v", k, mode, err)
			}
		}
	}
}

func TestExistsTellsAbsenceFromTrouble(t *testing.T) {
	disk := faultfs.New(newRoot(t))
	must(t, durable.WriteFile(disk, "f", nil))
	for name, want := range map[string]bool{"f": true, "none": false} {
		if there, err := durable.Exists(disk, name); there != want || err != nil {
			t.Errorf("Exists(%s) = %v, %v", name, there, err)
		}
	}
	disk.FailAt(1, faultfs.Before, syscall.EIO)
	if there, err := durable.Exists(disk, "f"); there || !errors.Is(err, syscall.EIO) {
		t.Errorf("on a broken disk: %v, %v", there, err)
	}
}

func TestMakeRoot(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second time it is there
		root, err := durable.MakeRoot(filepath.Join(dir, "a/b/c"))
		must(t, err)
		must(t, durable.WriteFile(root, "x", nil), root.Close())
	}
	info, err := os.Stat(filepath.Join(dir, "a/b"))
	if err != nil || info.Mode().Perm() != durable.DirMode {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := durable.MakeRoot(filepath.Join(dir, "a/b/c/x")); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("of a file: %v", err)
	}
	if _, err := durable.MakeRoot(filepath.Join(dir, "a/b/c/x/y")); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("below a file: %v", err)
	}
}

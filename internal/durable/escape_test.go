package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ilenia-live/rec/internal/durable"
)

// calls are all the ways to name something.
var calls = []struct {
	op string
	do func(r *durable.Root, name string) error
}{
	{"Create", func(r *durable.Root, name string) error { _, err := r.Create(name); return err }},
	{"Open", func(r *durable.Root, name string) error { _, err := r.Open(name); return err }},
	{"OpenRead", func(r *durable.Root, name string) error { _, err := r.OpenRead(name); return err }},
	{"Mkdir", func(r *durable.Root, name string) error { return r.Mkdir(name) }},
	{"Rename from", func(r *durable.Root, name string) error { return r.Rename(name, "stolen") }},
	{"Rename to", func(r *durable.Root, name string) error { return r.Rename("mine", name) }},
	{"Remove", func(r *durable.Root, name string) error { return r.Remove(name) }},
	{"RemoveTree", func(r *durable.Root, name string) error { return durable.RemoveTree(r, name) }},
	{"Chmod", func(r *durable.Root, name string) error { return r.Chmod(name, 0o777) }},
	{"Stat", func(r *durable.Root, name string) error { _, err := r.Stat(name); return err }},
	{"ReadDir", func(r *durable.Root, name string) error { _, err := r.ReadDir(name); return err }},
	{"SyncDir", func(r *durable.Root, name string) error { return r.SyncDir(name) }},
	{"WriteFile", func(r *durable.Root, name string) error { return durable.WriteFile(r, name, []byte("new")) }},
	{"Lock", func(r *durable.Root, name string) error { _, err := r.Lock(name, true); return err }},
	{"CreateMapping", func(r *durable.Root, name string) error { _, err := r.CreateMapping(name, 4096); return err }},
}

// snapshot describes everything below dir.
func snapshot(t *testing.T, dir string) (all []string) {
	t.Helper()
	for _, name := range names(t, dir) {
		info, err := os.Lstat(filepath.Join(dir, name))
		must(t, err)
		line := name + " " + info.Mode().String()
		if info.Mode().IsRegular() {
			p, err := os.ReadFile(filepath.Join(dir, name))
			must(t, err)
			line += " " + string(p)
		}
		all = append(all, line)
	}
	return all
}

func TestNoNameLeavesTheRoot(t *testing.T) {
	for _, target := range []struct{ what, name string }{
		{"parent", "../outside/f"},
		{"parent, new", "../outside/new"},
		{"parent after a detour", "d/../../outside/f"},
		{"absolute", "OUTSIDE/f"},
		{"absolute, new", "OUTSIDE/new"},
		{"directory link out", "linkdir/f"},
		{"directory link out, new", "linkdir/new"},
		{"relative directory link out", "rellink/new"},
	} {
		for _, call := range calls {
			t.Run(target.what+"/"+call.op, func(t *testing.T) {
				base := t.TempDir()
				outside, dir := filepath.Join(base, "outside"), filepath.Join(base, "root")
				must(t, os.Mkdir(outside, 0o750), os.WriteFile(filepath.Join(outside, "f"), []byte("theirs"), 0o640),
					os.MkdirAll(filepath.Join(dir, "d"), 0o750), os.WriteFile(filepath.Join(dir, "mine"), []byte("mine"), 0o640),
					os.Symlink(outside, filepath.Join(dir, "linkdir")), os.Symlink("../outside", filepath.Join(dir, "rellink")))
				before := snapshot(t, base)
				name := target.name
				if rest, ok := filepath.Rel("OUTSIDE", name); ok == nil && filepath.IsLocal(rest) {
					name = filepath.Join(outside, rest)
				}
				if err := call.do(openRoot(t, dir), name); err == nil {
					t.Error("no error")
				}
				if diff := cmp.Diff(before, snapshot(t, base)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// What is made anew is never made through a link, wherever it leads; what exists is not opened through one that leads out.
func TestLinksLeadNowhere(t *testing.T) {
	for op, targets := range map[string][]string{
		"Create":        {"mine", "nowhere", "../outside/f", "../outside/new"},
		"CreateMapping": {"mine", "nowhere", "../outside/f", "../outside/new"},
		"Open":          {"nowhere", "../outside/f"},
		"OpenRead":      {"nowhere", "../outside/f"},
		"Lock":          {"../outside/f", "../outside/new"},
	} {
		for _, to := range targets {
			t.Run(op+" "+to, func(t *testing.T) {
				base := t.TempDir()
				dir := filepath.Join(base, "root")
				must(t, os.Mkdir(filepath.Join(base, "outside"), 0o750), os.WriteFile(filepath.Join(base, "outside/f"), []byte("theirs"), 0o640),
					os.Mkdir(dir, 0o750), os.WriteFile(filepath.Join(dir, "mine"), []byte("mine"), 0o640),
					os.Symlink(to, filepath.Join(dir, "link")))
				before := snapshot(t, base)
				for _, call := range calls {
					if call.op == op {
						if err := call.do(openRoot(t, dir), "link"); err == nil {
							t.Error("no error")
						}
					}
				}
				if diff := cmp.Diff(before, snapshot(t, base)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// None of these may hang: a FIFO holds an ordinary open until somebody comes to its other end.
func TestOnlyRegularFilesAreOpened(t *testing.T) {
	for _, row := range []struct {
		what string
		plan func(name string) error
	}{
		{"FIFO", func(name string) error { return syscall.Mkfifo(name, 0o640) }},
		{"directory", func(name string) error { return os.Mkdir(name, 0o750) }},
		{"socket", func(name string) error { return listen(name) }},
	} {
		t.Run(row.what, func(t *testing.T) {
			// Not t.TempDir: the path of a socket may have 107 bytes.
			dir, err := os.MkdirTemp("", "d")
			must(t, err)
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			must(t, row.plan(filepath.Join(dir, "x")))
			root := openRoot(t, dir)
			if _, err := root.OpenRead("x"); err == nil {
				t.Error("OpenRead: no error")
			}
			if _, err := root.Open("x"); err == nil {
				t.Error("Open: no error")
			}
			if _, err := root.Create("x"); err == nil {
				t.Error("Create: no error")
			}
			if _, err := durable.ReadFile(root, "x", 100); err == nil {
				t.Error("ReadFile: no error")
			}
			if info, err := root.Stat("x"); err != nil || info.Mode().IsRegular() {
				t.Errorf("Stat: %v, %v", info, err)
			}
		})
	}
}

// listen leaves a socket in the file system.
func listen(name string) error {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer func() { _ = syscall.Close(fd) }()
	return syscall.Bind(fd, &syscall.SockaddrUnix{Name: name})
}

func TestRenameNeverReplacesAFullDirectory(t *testing.T) {
	root := newRoot(t)
	must(t, durable.MkdirAll(root, "from"), durable.WriteFile(root, "from/new", nil),
		durable.MkdirAll(root, "to"), durable.WriteFile(root, "to/old", nil))
	if err := root.Rename("from", "to"); err == nil {
		t.Fatal("no error")
	}
	if !exists(t, root, "to/old") || !exists(t, root, "from/new") {
		t.Fatal("something is gone")
	}
}

// The root is the directory, not the path: whatever is mounted or moved over the path later receives nothing.
func TestRootStaysWithItsDirectory(t *testing.T) {
	base := t.TempDir()
	must(t, os.Mkdir(filepath.Join(base, "root"), 0o750))
	root := openRoot(t, filepath.Join(base, "root"))
	must(t, os.Rename(filepath.Join(base, "root"), filepath.Join(base, "moved")), os.Mkdir(filepath.Join(base, "root"), 0o750))
	must(t, durable.WriteFile(root, "f", []byte("new")))
	if diff := cmp.Diff([]string{"moved", "moved/f", "root"}, names(t, base)); diff != "" {
		t.Fatal(diff)
	}
}

func TestReadDirIsSorted(t *testing.T) {
	root := newRoot(t)
	for _, name := range []string{"b", "a", "é", "B", ".c", "a.b"} {
		must(t, durable.WriteFile(root, name, nil))
	}
	entries, err := root.ReadDir(".")
	must(t, err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff([]string{".c", "B", "a", "a.b", "b", "é"}, got); diff != "" {
		t.Fatal(diff)
	}
	if _, err := root.ReadDir("none"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("no directory: %v", err)
	}
}

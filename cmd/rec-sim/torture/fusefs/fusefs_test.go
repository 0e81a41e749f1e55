package fusefs_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ilenia-live/rec/cmd/rec-sim/torture/fusefs"
	"github.com/ilenia-live/rec/cmd/rec-sim/torture/sandbox"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/crashfs"
	"github.com/ilenia-live/rec/internal/durable/faultfs"
)

func TestMain(m *testing.M) { sandbox.Main(m.Run) }

// mount serves fsys at a directory until the test ends.
func mount(t *testing.T, fsys durable.FS) string {
	t.Helper()
	if !sandbox.Root() {
		t.Skip("only root may mount")
	}
	dir := t.TempDir()
	unmount, err := fusefs.Mount(dir, fsys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unmount(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// A recorder's root on a mounted FS does what it does on a real directory, and the FS holds what was written.
func TestServesARoot(t *testing.T) {
	disk := crashfs.New()
	dir := mount(t, disk)
	root, err := durable.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	long := strings.Repeat("0123456789abcdef", 100_000)
	if err := errors.Join(durable.MkdirAll(root, "a/b"), durable.WriteFile(root, "a/b/c", []byte(long)),
		root.Rename("a/b", "d"), root.Chmod("d/c", durable.FinishedMode), root.SyncDir("."), root.SyncDir("a")); err != nil {
		t.Fatal(err)
	}
	if got := disk.Files(); len(got) != 1 || string(got["d/c"]) != long {
		t.Errorf("the disk holds %d files", len(got))
	}
	if p, err := durable.ReadFile(root, "d/c", 1<<24); err != nil || string(p) != long {
		t.Errorf("%d bytes, %v", len(p), err)
	}
	info, err := root.Stat("d/c")
	if err != nil || info.Mode() != durable.FinishedMode || info.Size() != int64(len(long)) {
		t.Errorf("%v, %v", info, err)
	}
	if entries, err := root.ReadDir("."); err != nil || len(entries) != 2 || !entries[0].IsDir() {
		t.Errorf("%v, %v", entries, err)
	}
	if _, err := root.Create("d/c"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("create twice: %v", err)
	}
	if _, err := root.Open("nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open nothing: %v", err)
	}
	if err := errors.Join(root.Remove("d/c"), root.Remove("d")); err != nil || len(disk.Files()) != 0 {
		t.Error(err, disk.Files())
	}
}

// What was synced through the mount survives a loss of power, and nothing else has to.
func TestSyncsArrive(t *testing.T) {
	disk := crashfs.New()
	root, err := durable.OpenRoot(mount(t, disk))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	if err := durable.WriteFile(root, "kept", []byte("x")); err != nil {
		t.Fatal(err)
	}
	f, err := root.Create("lost")
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte("y"), 0)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	got := disk.Cut(disk.Len(), crashfs.Keep{}).Files()
	if len(got) != 1 || string(got["kept"]) != "x" {
		t.Errorf("left: %q", got)
	}
}

// Locks and mapped memory work: a recorder may stage on such a volume.
func TestLocksAndMappings(t *testing.T) {
	disk := crashfs.New()
	root, err := durable.OpenRoot(mount(t, disk))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	lock, err := root.Lock("LOCK", true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := root.Lock("LOCK", false); !errors.Is(err, durable.ErrLocked) {
		t.Errorf("a second lock: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
	m, err := root.CreateMapping("stage", 20_000)
	if err != nil {
		t.Fatal(err)
	}
	copy(m.Bytes[10_000:], "stored")
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if got := disk.Files()["stage"]; len(got) != 20_000 || !bytes.HasPrefix(got[10_000:], []byte("stored")) {
		t.Errorf("%d bytes", len(got))
	}
}

// What a call of the FS answers is what the system call returns.
func TestFaultsArrive(t *testing.T) {
	disk := faultfs.New(crashfs.New())
	dir := mount(t, disk)
	name := filepath.Join(dir, "f")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, row := range []struct {
		op, subject string
		err         syscall.Errno
		call        func() error
	}{
		{"WriteAt", "f", syscall.ENOSPC, func() error { _, err := f.WriteAt([]byte("x"), 0); return err }},
		{"Sync", "f", syscall.EIO, f.Sync},
		{"Truncate", "f", syscall.EDQUOT, func() error { return f.Truncate(100) }},
		{"Mkdir", "d", syscall.EROFS, func() error { return os.Mkdir(filepath.Join(dir, "d"), 0o750) }},
		{"Rename", "f -> g", syscall.EIO, func() error { return os.Rename(name, filepath.Join(dir, "g")) }},
		{"Remove", "f", syscall.EROFS, func() error { return os.Remove(name) }},
		{"Chmod", "f", syscall.EROFS, func() error { return os.Chmod(name, 0o440) }},
		{"SyncDir", ".", syscall.EIO, func() error {
			d, err := os.Open(dir)
			if err != nil {
				return err
			}
			defer func() { _ = d.Close() }()
			return d.Sync()
		}},
	} {
		disk.Plan(func(c faultfs.Call) *faultfs.Fault {
			if c.Op == row.op && c.Subject == row.subject {
				return &faultfs.Fault{Mode: faultfs.Before, Err: row.err}
			}
			return nil
		})
		if err := row.call(); !errors.Is(err, row.err) {
			t.Errorf("%s %s: %v, want %v", row.op, row.subject, err, row.err)
		}
	}
	// A short write is no error: who writes goes on with the rest.
	disk.FailSite("WriteAt", "f", 2, faultfs.Torn, io.ErrShortWrite)
	if n, err := unix.Pwrite(int(f.Fd()), []byte("abcdef"), 0); n != 3 || err != nil {
		t.Errorf("a short write: %d, %v", n, err)
	}
}

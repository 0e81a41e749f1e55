package faultfs_test

import (
	"errors"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/faultfs"
)

func open(t *testing.T) (*faultfs.FS, *durable.Root) {
	t.Helper()
	root, err := durable.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return faultfs.New(root), root
}

func exists(t *testing.T, fsys durable.FS, name string) bool {
	t.Helper()
	there, err := durable.Exists(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return there
}

func TestEveryKindOfCallFailsOnce(t *testing.T) {
	for _, mode := range faultfs.Modes {
		happens := mode == faultfs.After
		for _, row := range []struct {
			name     string
			call     func(disk *faultfs.FS, f durable.File) error
			happened func(t *testing.T, root *durable.Root) bool // nil when it leaves no trace
		}{
			{"Create", func(d *faultfs.FS, _ durable.File) error { _, err := d.Create("new"); return err },
				func(t *testing.T, r *durable.Root) bool { return exists(t, r, "new") }},
			{"Open", func(d *faultfs.FS, _ durable.File) error { _, err := d.Open("f"); return err }, nil},
			{"OpenRead", func(d *faultfs.FS, _ durable.File) error { _, err := d.OpenRead("f"); return err }, nil},
			{"Mkdir", func(d *faultfs.FS, _ durable.File) error { return d.Mkdir("dir") },
				func(t *testing.T, r *durable.Root) bool { return exists(t, r, "dir") }},
			{"Rename", func(d *faultfs.FS, _ durable.File) error { return d.Rename("f", "g") },
				func(t *testing.T, r *durable.Root) bool { return exists(t, r, "g") && !exists(t, r, "f") }},
			{"Remove", func(d *faultfs.FS, _ durable.File) error { return d.Remove("f") },
				func(t *testing.T, r *durable.Root) bool { return !exists(t, r, "f") }},
			{"Chmod", func(d *faultfs.FS, _ durable.File) error { return d.Chmod("f", durable.FinishedMode) },
				func(t *testing.T, r *durable.Root) bool {
					info, err := r.Stat("f")
					return err == nil && info.Mode().Perm() == durable.FinishedMode
				}},
			{"Stat", func(d *faultfs.FS, _ durable.File) error { _, err := d.Stat("f"); return err }, nil},
			{"ReadDir", func(d *faultfs.FS, _ durable.File) error { _, err := d.ReadDir("."); return err }, nil},
			{"SyncDir", func(d *faultfs.FS, _ durable.File) error { return d.SyncDir(".") }, nil},
			{"ReadAt", func(_ *faultfs.FS, f durable.File) error { _, err := f.ReadAt(make([]byte, 1), 0); return err }, nil},
			{"WriteAt", func(_ *faultfs.FS, f durable.File) error { _, err := f.WriteAt([]byte("WXYZ"), 0); return err },
				func(t *testing.T, r *durable.Root) bool { return read(t, r, "f") == "WXYZ" }},
			{"Truncate", func(_ *faultfs.FS, f durable.File) error { return f.Truncate(1) },
				func(t *testing.T, r *durable.Root) bool { return read(t, r, "f") == "a" }},
			{"Size", func(_ *faultfs.FS, f durable.File) error { _, err := f.Size(); return err }, nil},
			{"Sync", func(_ *faultfs.FS, f durable.File) error { return f.Sync() }, nil},
			{"Close", func(_ *faultfs.FS, f durable.File) error { return f.Close() }, nil},
		} {
			t.Run(row.name+"/"+mode.String(), func(t *testing.T) {
				disk, root := open(t)
				if err := durable.WriteFile(root, "f", []byte("abcd")); err != nil {
					t.Fatal(err)
				}
				f, err := disk.Open("f")
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = f.Close() }()
				disk.FailAt(1, mode, syscall.EIO)
				err = row.call(disk, f)
				var where *fs.PathError
				if !errors.Is(err, syscall.EIO) || !errors.As(err, &where) || !disk.Failed() {
					t.Fatalf("error %v, failed %v; want EIO with the name of what failed", err, disk.Failed())
				}
				if row.happened != nil && row.happened(t, root) != happens {
					t.Fatalf("happened: %v, want %v", !happens, happens)
				}
				if _, err := disk.Stat("."); err != nil {
					t.Fatalf("the call after the failed one: %v", err)
				}
			})
		}
	}
}

func read(t *testing.T, fsys durable.FS, name string) string {
	t.Helper()
	p, err := durable.ReadFile(fsys, name, 100)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

func TestTornWriteLeavesItsFirstHalf(t *testing.T) {
	disk, root := open(t)
	f, err := disk.Create("f")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	disk.FailAt(1, faultfs.Torn, syscall.ENOSPC)
	if n, err := f.WriteAt([]byte("abcdef"), 0); n != 3 || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("WriteAt = %d, %v; want 3, ENOSPC", n, err)
	}
	if got := read(t, root, "f"); got != "abc" {
		t.Fatalf("file holds %q, want the first half", got)
	}
}

func TestScatteredWriteLeavesEverySecondSector(t *testing.T) {
	disk, root := open(t)
	f, err := disk.Create("f")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	disk.FailAt(1, faultfs.Scattered, syscall.EIO)
	if n, err := f.WriteAt([]byte(strings.Repeat("x", 1500)), 100); n != 0 || !errors.Is(err, syscall.EIO) {
		t.Fatalf("WriteAt = %d, %v; want 0, EIO", n, err)
	}
	p, err := durable.ReadFile(root, "f", 2000)
	want := strings.Repeat("\x00", 512) + strings.Repeat("x", 512) + strings.Repeat("\x00", 512) + strings.Repeat("x", 64)
	if err != nil || string(p) != want {
		t.Fatalf("file holds %q, %v", p, err)
	}
}

// A disk that lies does nothing, says that it did, and gives back what it is asked for.
func TestSkippedCallsDoNothing(t *testing.T) {
	disk, root := open(t)
	if err := durable.WriteFile(root, "f", []byte("abcd")); err != nil {
		t.Fatal(err)
	}
	disk.Plan(func(faultfs.Call) *faultfs.Fault { return &faultfs.Fault{Mode: faultfs.Skip} })
	f, err := disk.Open("f")
	if err != nil {
		t.Fatal(err)
	}
	n, err := f.WriteAt([]byte("xy"), 0)
	if err := errors.Join(err, f.Truncate(1), f.Sync(), f.Close(), disk.Rename("f", "g"), disk.Remove("f"), disk.Mkdir("d"), disk.SyncDir(".")); err != nil || n != 2 {
		t.Fatalf("wrote %d, %v", n, err)
	}
	if got := read(t, disk, "f"); got != "abcd" || !disk.Failed() {
		t.Fatalf("file holds %q", got)
	}
	if entries, err := disk.ReadDir("."); err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v", entries, err)
	}
}

func TestSitesAndTheirCalls(t *testing.T) {
	disk, _ := open(t)
	ask := func() (s string) {
		for _, name := range []string{"a", ".", ".", "a"} {
			_, err := disk.Stat(name)
			s += map[bool]string{true: "x", false: "."}[errors.Is(err, syscall.EIO)]
		}
		return s
	}
	ask()
	if got := disk.Sites(); len(got) != 2 || got[0] != (faultfs.Site{Op: "Stat", Subject: "a", Calls: 2}) || got[1].Calls != 2 {
		t.Fatalf("%+v", got)
	}
	disk.FailSite("Stat", ".", 4, faultfs.Before, syscall.EIO)
	if got := ask(); got != "..x." || !disk.Failed() {
		t.Fatal(got)
	}
}

func TestCountingBeginsWithTheRequest(t *testing.T) {
	disk, _ := open(t)
	outcomes := func(n int) (s string) {
		for range n {
			if _, err := disk.Stat("."); err != nil {
				s += "x"
			} else {
				s += "."
			}
		}
		return s
	}
	if got := outcomes(3); got != "..." || disk.Failed() {
		t.Fatalf("unasked: %s", got)
	}
	disk.FailAt(2, faultfs.Before, syscall.EIO)
	if got := outcomes(4); got != ".x.." || !disk.Failed() {
		t.Fatalf("FailAt(2): %s, failed %v", got, disk.Failed())
	}
	disk.FailFrom(3, faultfs.Before, syscall.EIO)
	if got := outcomes(2); got != ".." || disk.Failed() {
		t.Fatalf("FailFrom(3), two calls: %s, failed %v", got, disk.Failed())
	}
	if got := outcomes(3); got != "xxx" || !disk.Failed() {
		t.Fatalf("FailFrom(3), then: %s", got)
	}
	disk.FailAt(0, faultfs.Before, nil)
	if got := outcomes(2); got != ".." || disk.Failed() {
		t.Fatalf("FailAt(0): %s", got)
	}
	if disk.Calls() != 14 || len(disk.Log()) != 14 || disk.Log()[4] != "5 Stat .: input/output error, before" {
		t.Fatalf("%d calls, log %q", disk.Calls(), disk.Log())
	}
}

func TestOneFailureAmongManyGoroutines(t *testing.T) {
	disk, _ := open(t)
	disk.FailAt(50, faultfs.Before, syscall.EIO)
	var wg sync.WaitGroup
	errs := make(chan error, 100)
	for range 10 {
		wg.Go(func() {
			for range 10 {
				_, err := disk.Stat(".")
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	failures := 0
	for err := range errs {
		if err != nil {
			failures++
		}
	}
	if failures != 1 || disk.Calls() != 100 {
		t.Fatalf("%d failures in %d calls, want 1 in 100", failures, disk.Calls())
	}
}

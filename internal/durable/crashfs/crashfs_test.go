package crashfs_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/crashfs"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// create makes a file with contents and leaves it open.
func create(t *testing.T, d durable.FS, name, text string) durable.File {
	t.Helper()
	f, err := d.Create(name)
	must(t, err)
	_, err = f.WriteAt([]byte(text), 0)
	must(t, err)
	return f
}

// shows is what the disk holds after a cut, as "name=contents", sorted.
func shows(d *crashfs.Disk) string {
	var lines []string
	var walk func(dir string)
	walk = func(dir string) {
		entries, _ := d.ReadDir(dir)
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			if e.IsDir() {
				lines = append(lines, name+"/")
				walk(name)
				continue
			}
			p, _ := durable.ReadFile(d, name, 1<<20)
			lines = append(lines, name+"="+string(p))
		}
	}
	walk(".")
	return strings.Join(lines, " ")
}

// outcomes are all the different things that many cuts leave.
func outcomes(d *crashfs.Disk) map[string]bool {
	all := map[string]bool{}
	for _, k := range crashfs.Keeps(1, 300) {
		all[shows(d.Cut(d.Len(), k))] = true
	}
	return all
}

// Each row does something and says what a loss of power then may leave; with one outcome it is durable.
func TestWhatACutLeaves(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(t *testing.T, d *crashfs.Disk)
		want []string
	}{
		{"nothing is synced", func(t *testing.T, d *crashfs.Disk) { create(t, d, "a", "xy") },
			[]string{"", "a=", "a=xy", "a=\x00\x00"}},
		{"the file is, its name is not", func(t *testing.T, d *crashfs.Disk) { must(t, create(t, d, "a", "xy").Sync()) },
			[]string{"", "a=xy"}},
		{"the name is, the file is not", func(t *testing.T, d *crashfs.Disk) {
			create(t, d, "a", "xy")
			must(t, d.SyncDir("."))
		}, []string{"a=", "a=xy", "a=\x00\x00"}},
		{"both are", func(t *testing.T, d *crashfs.Disk) {
			must(t, create(t, d, "a", "xy").Sync(), d.SyncDir("."))
		}, []string{"a=xy"}},
		{"a directory without its parent", func(t *testing.T, d *crashfs.Disk) {
			must(t, d.Mkdir("d"))
			must(t, create(t, d, "d/a", "x").Sync(), d.SyncDir("d"))
		}, []string{"", "d/ d/a=x"}},
		{"written after the sync began", func(t *testing.T, d *crashfs.Disk) {
			f := create(t, d, "a", "x")
			must(t, d.SyncDir("."))
			d.Pause = func(op string) {
				if op == "Sync" {
					_, err := f.WriteAt([]byte("y"), 1)
					must(t, err)
				}
			}
			must(t, f.Sync())
			d.Pause = nil
		}, []string{"a=x", "a=xy", "a=x\x00"}},
		{"a rename", func(t *testing.T, d *crashfs.Disk) {
			must(t, durable.WriteFile(d, "a", []byte("old")))
			must(t, create(t, d, "a.tmp", "new").Sync(), d.SyncDir("."), d.Rename("a.tmp", "a"))
		}, []string{"a=new", "a=old a.tmp=new"}},
		{"a rename to elsewhere, one end synced", func(t *testing.T, d *crashfs.Disk) {
			must(t, durable.MkdirAll(d, "d"), durable.WriteFile(d, "a", []byte("x")), d.Rename("a", "d/a"), d.SyncDir("d"))
		}, []string{"d/ d/a=x"}},
		{"WriteFile", func(t *testing.T, d *crashfs.Disk) {
			must(t, durable.WriteFile(d, "a", []byte("old")), durable.WriteFile(d, "a", []byte("new")))
		}, []string{"a=new"}},
		{"a rename of what was not synced", func(t *testing.T, d *crashfs.Disk) {
			must(t, durable.WriteFile(d, "a", []byte("old")))
			create(t, d, "a.tmp", "new")
			must(t, d.Rename("a.tmp", "a"), d.SyncDir("."))
		}, []string{"a=", "a=new", "a=\x00\x00\x00"}},
		{"a removal", func(t *testing.T, d *crashfs.Disk) {
			must(t, durable.WriteFile(d, "a", []byte("x")), d.Remove("a"))
		}, []string{"", "a=x"}},
		{"a file cut short", func(t *testing.T, d *crashfs.Disk) {
			f := create(t, d, "a", "xyz")
			must(t, f.Sync(), d.SyncDir("."), f.Truncate(1))
		}, []string{"a=x", "a=xyz"}},
		{"MkdirAll", func(t *testing.T, d *crashfs.Disk) { must(t, durable.MkdirAll(d, "d/e")) }, []string{"d/ d/e/"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := crashfs.New()
			row.do(t, d)
			got := outcomes(d)
			for _, w := range row.want {
				if !got[w] {
					t.Errorf("never left: %q", w)
				}
				delete(got, w)
			}
			for w := range got {
				t.Errorf("left: %q", w)
			}
		})
	}
}

// Each sector holds what it held at one moment, and each by itself.
func TestSectorsAreTornApartAndNotWithin(t *testing.T) {
	d := crashfs.New()
	f := create(t, d, "f", strings.Repeat("0", 1024))
	must(t, f.Sync(), d.SyncDir("."))
	for _, digit := range "123" {
		_, err := f.WriteAt(bytes.Repeat([]byte(string(digit)), 1024), 0)
		must(t, err)
	}
	pairs := map[string]bool{}
	for _, k := range crashfs.Keeps(1, 400) {
		p := d.Cut(d.Len(), k).Files()["f"]
		for _, half := range [][]byte{p[:512], p[512:]} {
			if !bytes.Equal(half, bytes.Repeat(half[:1], 512)) {
				t.Fatalf("a sector holds %q", half)
			}
		}
		pairs[string([]byte{p[0], p[512]})] = true
	}
	if len(pairs) != 16 {
		t.Errorf("%d pairs of sectors were seen, want all 16: %v", len(pairs), pairs)
	}
}

// What a failed sync was about is lost, whatever later ones say; unless it is written anew.
func TestFailedSyncLosesForGood(t *testing.T) {
	for _, again := range []bool{false, true} {
		d := crashfs.New()
		f := create(t, d, "f", "x")
		must(t, d.SyncDir("."))
		f.(interface{ SyncFailed() }).SyncFailed()
		if again {
			_, err := f.WriteAt([]byte("x"), 0)
			must(t, err)
		}
		must(t, f.Sync())
		got := outcomes(d)
		if safe := len(got) == 1 && got["f=x"]; safe != again {
			t.Errorf("written again %v: %v", again, got)
		}
		if p, err := durable.ReadFile(d, "f", 10); err != nil || string(p) != "x" {
			t.Errorf("and with the power on: %q, %v", p, err)
		}
	}
}

// A cut disk can be used, and cut again.
func TestCutsNest(t *testing.T) {
	d := crashfs.New()
	must(t, durable.WriteFile(d, "a", []byte("x")))
	after := d.Cut(d.Len(), crashfs.Keep{})
	must(t, after.Rename("a", "b"))
	if got := outcomes(after); len(got) != 2 || !got["a=x"] || !got["b=x"] {
		t.Errorf("%v", got)
	}
	must(t, after.SyncDir("."))
	if got := outcomes(after); len(got) != 1 || !got["b=x"] {
		t.Errorf("%v", got)
	}
	if got := shows(d); got != "a=x" {
		t.Errorf("the disk that was cut holds %s", got)
	}
}

func TestNotesKeepTheirPlace(t *testing.T) {
	d := crashfs.New()
	d.Note("before")
	must(t, d.Mkdir("d"))
	at := d.Len()
	d.Note("after")
	if got := d.Notes(at); len(got) != 1 || got[0] != "before" || d.Changes(0) || !d.Changes(1) {
		t.Errorf("%v", got)
	}
	if got := d.Describe(d.Len(), 5); got != "Mkdir d\n" {
		t.Errorf("%q", got)
	}
}

// Whatever is done to it, with the power on it does what a real directory does.
func TestLikeARealDirectory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("/dev/shm", "crashfs-")
		must(t, err)
		defer func() { _ = os.RemoveAll(dir) }()
		root, err := durable.OpenRoot(dir)
		must(t, err)
		defer func() { _ = root.Close() }()
		disk := crashfs.New()
		open := map[string][2]durable.File{}
		name := rapid.SampledFrom([]string{"a", "b", "d", "d/a", "d/b", "d/d", "d/d/a"})
		same := func(what string, a, b error) bool {
			if kind(a) != kind(b) {
				rt.Fatalf("%s: %v, a real directory says %v", what, a, b)
			}
			return a == nil
		}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			n, m := name.Draw(rt, "name"), name.Draw(rt, "other")
			switch op := rapid.IntRange(0, 8).Draw(rt, "op"); op {
			case 0:
				f, err := disk.Create(n)
				g, err2 := root.Create(n)
				if same("create "+n, err, err2) {
					open[n] = [2]durable.File{f, g}
				}
			case 1:
				f, err := disk.Open(n)
				g, err2 := root.Open(n)
				if same("open "+n, err, err2) {
					open[n] = [2]durable.File{f, g}
				}
			case 2:
				same("mkdir "+n, disk.Mkdir(n), root.Mkdir(n))
			case 3:
				same("rename "+n+" "+m, disk.Rename(n, m), root.Rename(n, m))
			case 4:
				same("remove "+n, disk.Remove(n), root.Remove(n))
			case 5:
				if f := open[n]; f[0] != nil {
					p, off := rapid.SliceOfN(rapid.Byte(), 0, 700).Draw(rt, "bytes"), rapid.Int64Range(0, 2000).Draw(rt, "offset")
					_, err := f[0].WriteAt(p, off)
					_, err2 := f[1].WriteAt(p, off)
					same("write "+n, err, err2)
				}
			case 6:
				if f := open[n]; f[0] != nil {
					size := rapid.Int64Range(0, 2000).Draw(rt, "size")
					same("truncate "+n, f[0].Truncate(size), f[1].Truncate(size))
				}
			case 7:
				same("chmod "+n, disk.Chmod(n, 0o440), root.Chmod(n, 0o440))
			case 8:
				a, err := disk.Stat(n)
				b, err2 := root.Stat(n)
				if same("stat "+n, err, err2) && (a.Mode() != b.Mode() || !a.IsDir() && a.Size() != b.Size() || n != "." && a.Name() != b.Name()) {
					rt.Fatalf("stat %s: %v %d, a real directory says %v %d", n, a.Mode(), a.Size(), b.Mode(), b.Size())
				}
			}
		}
		for n, f := range open {
			p, q := make([]byte, 3000), make([]byte, 3000)
			i, err := f[0].ReadAt(p, 0)
			j, err2 := f[1].ReadAt(q, 0)
			same("read "+n, err, err2)
			if !bytes.Equal(p[:i], q[:j]) {
				rt.Fatalf("%s holds %q, in a real directory %q", n, p[:i], q[:j])
			}
			must(t, f[1].Close())
		}
		copied, err := os.MkdirTemp("/dev/shm", "crashfs-")
		must(t, err)
		defer func() { _ = os.RemoveAll(copied) }()
		must(t, disk.CopyOut(copied))
		real, err := tree(dir)
		must(t, err)
		got, err := tree(copied)
		must(t, err)
		if got != real {
			rt.Fatalf("holds\n%s\na real directory\n%s", got, real)
		}
	})
}

// kind is what a caller can tell errors by.
func kind(err error) string {
	for _, k := range []error{
		fs.ErrExist, fs.ErrNotExist, syscall.EINVAL, syscall.ENOTEMPTY, syscall.ENOTDIR, syscall.EISDIR,
	} {
		if errors.Is(err, k) {
			return k.Error()
		}
	}
	if err == nil {
		return ""
	}
	return "another"
}

func tree(dir string) (string, error) {
	var text strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			text.WriteString(name + "/\n")
			return err
		}
		p, err := fs.ReadFile(os.DirFS(dir), name)
		text.WriteString(name + "=" + string(p) + "\n")
		return err
	})
	return text.String(), err
}

package spool

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/faultfs"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// stageIn returns what recorder does for Create: it makes the stage, when session.json is there to tell of it.
func stageIn(t testing.TB, root *durable.Root, m Meta) func(dir string) error {
	return func(dir string) error {
		if _, err := ReadMeta(root, dir); err != nil {
			t.Errorf("makeStage is called before session.json is in place: %v", err)
		}
		mapping, err := root.CreateMapping(path.Join(dir, layout.StageFile), m.StageBytes())
		if err != nil {
			return err
		}
		return mapping.Close()
	}
}

// checkComplete fails unless dir holds everything that a session needs.
func checkComplete(t *testing.T, fsys durable.FS, want Meta) {
	t.Helper()
	got, err := ReadMeta(fsys, want.Dir())
	must(t, err)
	if diff := cmp.Diff(want.Channels, got.Channels); diff != "" || got.RecordingID != want.RecordingID {
		t.Errorf("session.json of %s: %s", got.RecordingID, diff)
	}
	names := []string{layout.JournalFile, layout.SessionFile, layout.StageFile, layout.PubDir}
	for _, c := range want.Channels {
		names = append(names, layout.Part(c.ID))
		head, err := durable.ReadFile(fsys, path.Join(want.Dir(), layout.Part(c.ID)), 1<<20)
		must(t, err)
		if h, err := wavfile.Decode(head); err != nil || len(head) != wavfile.HeaderSize || h.Format != c.Format() || h.DataBytes != 0 {
			t.Errorf("channel %q: %d bytes, header %+v, %v", c.ID, len(head), h, err)
		}
	}
	slices.Sort(names)
	entries, err := fsys.ReadDir(want.Dir())
	must(t, err)
	var there []string
	for _, e := range entries {
		there = append(there, e.Name())
	}
	if diff := cmp.Diff(names, there); diff != "" {
		t.Errorf("files: %s", diff)
	}
	if j, err := ReadJournal(fsys, want.Dir()); err != nil || len(j.Records) > 0 {
		t.Errorf("journal: %+v, %v", j, err)
	}
}

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	root, err := durable.OpenRoot(dir)
	must(t, err)
	defer func() { _ = root.Close() }()
	m := exampleMeta(4096, 8192, 4096)
	must(t, durable.MkdirAll(root, layout.Instance(m.Instance)))
	// Left by a Create that was killed: to be replaced.
	left := m.Dir() + layout.NewSuffix
	must(t, root.Mkdir(left), durable.WriteFile(root, path.Join(left, "old"), nil), root.Mkdir(path.Join(left, "sub")))

	files, err := Create(root, m, stageIn(t, root, m))
	must(t, err)
	checkComplete(t, root, m)
	if there, err := durable.Exists(root, left); there || err != nil {
		t.Errorf("%s is still there, %v", left, err)
	}
	if len(files.Parts) != len(m.Channels) || files.Journal == nil {
		t.Fatalf("%d parts", len(files.Parts))
	}
	for i, c := range m.Channels {
		_, err := files.Parts[i].WriteAt([]byte{byte(i), 1}, wavfile.HeaderSize)
		must(t, err)
		p, err := durable.ReadFile(root, path.Join(m.Dir(), layout.Part(c.ID)), 1<<20)
		if err != nil || len(p) != wavfile.HeaderSize+2 || p[wavfile.HeaderSize] != byte(i) {
			t.Errorf("part %d is not the file of channel %q, %v", i, c.ID, err)
		}
	}
	must(t, files.Close(), files.Close()) // twice is as good

	info, err := os.Stat(filepath.Join(dir, m.Dir(), layout.SessionFile))
	if err != nil || info.Mode() != durable.FileMode {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestCreateNeverTouchesASessionThatIsThere(t *testing.T) {
	root := newRoot(t)
	m := exampleMeta(4096)
	must(t, durable.MkdirAll(root, layout.Instance(m.Instance)))
	files, err := Create(root, m, stageIn(t, root, m))
	must(t, err)
	must(t, files.Close())
	other := m
	other.RecordingID, other.Channels = "another", exampleMeta(8192, 8192).Channels
	if _, err := Create(root, other, func(string) error { t.Error("makeStage was called"); return nil }); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("error %v, want fs.ErrExist", err)
	}
	checkComplete(t, root, m)
}

func TestCreateWhoseStageFails(t *testing.T) {
	root := newRoot(t)
	disk := faultfs.New(root)
	m := exampleMeta(4096)
	must(t, durable.MkdirAll(root, layout.Instance(m.Instance)))
	_, err := Create(disk, m, func(dir string) error {
		must(t, durable.WriteFile(root, path.Join(dir, layout.StageFile), nil)) // and then it failed
		return syscall.ENOSPC
	})
	entries, err2 := root.ReadDir(layout.Instance(m.Instance))
	if !errors.Is(err, syscall.ENOSPC) || err2 != nil || len(entries) != 0 || disk.OpenFiles() != 0 {
		t.Fatalf("error %v; left behind %v, %v, %d files open", err, entries, err2, disk.OpenFiles())
	}
}

func TestCreateWithoutASpoolDirectory(t *testing.T) {
	root := newRoot(t)
	if _, err := Create(root, exampleMeta(4096), func(string) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v, want fs.ErrNotExist", err)
	}
}

// renameDone recognises the rename to the final name that happened and failed.
func renameDone(m Meta) func(line string) bool {
	return func(line string) bool {
		return strings.Contains(line, " Rename "+m.Dir()+layout.NewSuffix+" -> "+m.Dir()+": ") && strings.HasSuffix(line, ", after")
	}
}

// The name of the session appears when everything in it has a name on stable storage, and is durable itself when Create
// returns.
func TestCreateSyncsNamesOnBothSidesOfTheRename(t *testing.T) {
	root := newRoot(t)
	m := exampleMeta(4096)
	must(t, durable.MkdirAll(root, layout.Instance(m.Instance)))
	disk := faultfs.New(root)
	files, err := Create(disk, m, func(string) error { return nil })
	must(t, err)
	must(t, files.Close())
	tmp := m.Dir() + layout.NewSuffix
	var order []string
	for _, line := range disk.Log() {
		_, call, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(call, "Create "):
			call = "Create" // which of them first doesn't matter
		case call != "SyncDir "+tmp && call != "Rename "+tmp+" -> "+m.Dir() && call != "SyncDir "+path.Dir(m.Dir()):
			continue
		}
		if len(order) == 0 || order[len(order)-1] != call {
			order = append(order, call)
		}
	}
	want := []string{
		"Create", "SyncDir " + tmp, // session.json
		"Create", "SyncDir " + tmp, "Rename " + tmp + " -> " + m.Dir(), "SyncDir " + path.Dir(m.Dir()),
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Fatal(diff)
	}
}

// After any failure there is no session, or a whole one, and never a file left open; once the disk works, it can be made.
func TestCreateFailsAtEveryCall(t *testing.T) {
	for _, mode := range faultfs.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			for k, failed := 1, true; failed; k++ {
				root := newRoot(t)
				m := exampleMeta(4096, 4096)
				must(t, durable.MkdirAll(root, layout.Instance(m.Instance)))
				disk := faultfs.New(root)
				disk.FailAt(k, mode, syscall.EIO)
				files, err := Create(disk, m, stageIn(t, root, m))
				failed = disk.Failed()
				disk.FailAt(0, mode, nil)
				if err == nil {
					checkComplete(t, root, m)
					must(t, files.Close())
					if disk.OpenFiles() != 0 {
						t.Fatalf("call %d: %d files left open", k, disk.OpenFiles())
					}
					continue
				}
				if !errors.Is(err, syscall.EIO) || files != nil || disk.OpenFiles() != 0 {
					t.Fatalf("call %d: %v, %d files left open; calls %q", k, err, disk.OpenFiles(), disk.Log())
				}
				there, err := durable.Exists(root, m.Dir())
				must(t, err)
				if there {
					checkComplete(t, root, m)
				}
				again := m
				again.RecordingID = "the second attempt"
				files, err = Create(root, again, stageIn(t, root, again))
				if there && slices.ContainsFunc(disk.Log(), renameDone(m)) && errors.Is(err, fs.ErrExist) {
					continue // the reply to the last rename was lost: the session is there, whole, for recovery to find
				}
				must(t, err)
				must(t, files.Close())
				checkComplete(t, root, again)
			}
		})
	}
}

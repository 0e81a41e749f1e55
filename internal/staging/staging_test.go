package staging

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ilenia-live/rec/internal/durable"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// onMemory is a new directory on a tmpfs, if the machine has one that we may write to.
func onMemory(t *testing.T) (dir string, ok bool) {
	t.Helper()
	var st unix.Statfs_t
	if err := unix.Statfs(shm, &st); err != nil || st.Type != unix.TMPFS_MAGIC || int64(st.Bavail)*st.Bsize < minFree {
		return "", false
	}
	dir, err := os.MkdirTemp(shm, "rec-test-")
	if err != nil {
		return "", false
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir, true
}

func TestChooseVolume(t *testing.T) {
	if dir, err := Choose(Volume); dir != "" || err != nil {
		t.Fatalf("Choose(volume) = %q, %v", dir, err)
	}
}

func TestEndsWithContainer(t *testing.T) {
	for _, row := range []struct {
		pid, parent  int
		marked, want bool
	}{
		{1, 0, true, true},      // exec form of ENTRYPOINT
		{7, 1, true, true},      // below an init or a shell
		{812, 790, true, false}, // in somebody's shell inside the container
		{7, 1, false, false},    // a service of systemd on a machine
	} {
		if got := endsWithContainer(row.pid, row.parent, row.marked); got != row.want {
			t.Errorf("endsWithContainer(%d, %d, %v) = %v", row.pid, row.parent, row.marked, got)
		}
	}
}

// Wherever the tests run, the choice must be one that can be used, and never an error.
func TestChooseAutoIsUsable(t *testing.T) {
	dir, err := Choose(Auto)
	must(t, err)
	if dir == "" {
		return // the volume
	}
	root, err := Open(dir)
	must(t, err)
	defer func() { _ = root.Close() }()
	if inMemory, err := root.InMemory(); !inMemory || err != nil || !strings.HasPrefix(dir, shm+"/rec-") {
		t.Fatalf("Choose() = %q, in memory %v, %v", dir, inMemory, err)
	}
}

func TestChooseDirectory(t *testing.T) {
	dir, ok := onMemory(t)
	if !ok {
		// Then no directory at all may be accepted.
		if got, err := Choose(filepath.Join(t.TempDir(), "stages")); err == nil {
			t.Fatalf("Choose() = %q", got)
		}
		return
	}
	want := filepath.Join(dir, "stages")
	for range 2 { // made, and then found
		if got, err := Choose(want); got != want || err != nil {
			t.Fatalf("Choose(%q) = %q, %v", want, got, err)
		}
	}
	if info, err := os.Stat(want); err != nil || info.Mode() != fs.ModeDir|0o700 {
		t.Fatalf("mode %v, %v; want closed to others", info.Mode(), err)
	}
	if got, err := Choose(filepath.Join(dir, "missing", "stages")); err == nil {
		t.Fatalf("below a directory that is missing: %q", got)
	}
}

func TestChooseMakesTheDirectoryAbsolute(t *testing.T) {
	dir, ok := onMemory(t)
	t.Chdir(t.TempDir())
	if ok {
		t.Chdir(dir)
	}
	got, err := Choose("stages")
	if ok && (err != nil || got != filepath.Join(dir, "stages")) || !ok && err == nil {
		t.Fatalf("Choose() = %q, %v", got, err)
	}
}

// /proc is no tmpfs anywhere, and closed to others' writing: only its kind can be what is refused.
func TestChooseRefusesADirectoryOnADisk(t *testing.T) {
	got, err := Choose("/proc/self/task")
	if err == nil || !strings.Contains(err.Error(), "not on a tmpfs") || got != "" {
		t.Fatalf("Choose() = %q, %v", got, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, row := range []struct {
		what string
		plan func(t *testing.T, base string) (dir string)
		want string
	}{
		{"everybody may write", func(t *testing.T, base string) string {
			must(t, os.Chmod(base, 0o777))
			return base
		}, "mode 777"},
		{"everybody may write, sticky", func(t *testing.T, base string) string {
			must(t, os.Chmod(base, fs.ModeSticky|0o777))
			return base
		}, "mode 777"},
		{"the group may write", func(t *testing.T, base string) string {
			must(t, os.Chmod(base, 0o770))
			return base
		}, "mode 770"},
		{"a link to a good directory", func(t *testing.T, base string) string {
			must(t, os.Mkdir(filepath.Join(base, "good"), 0o700), os.Symlink("good", filepath.Join(base, "link")))
			return filepath.Join(base, "link")
		}, "want a directory"},
		{"a link to nowhere", func(t *testing.T, base string) string {
			must(t, os.Symlink("nowhere", filepath.Join(base, "link")))
			return filepath.Join(base, "link")
		}, "want a directory"},
		{"a file", func(t *testing.T, base string) string {
			must(t, os.WriteFile(filepath.Join(base, "file"), nil, 0o600))
			return filepath.Join(base, "file")
		}, "want a directory"},
		{"a FIFO", func(t *testing.T, base string) string {
			must(t, syscall.Mkfifo(filepath.Join(base, "fifo"), 0o600))
			return filepath.Join(base, "fifo")
		}, "want a directory"},
	} {
		t.Run(row.what, func(t *testing.T) {
			dir := row.plan(t, t.TempDir())
			if root, err := Open(dir); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("Open: %v, %v; want %q", root, err, row.want)
			}
			if fsys, done, err := OpenFS(dir); err == nil || fsys != nil || done != nil {
				t.Errorf("OpenFS: %v, %v", fsys, err)
			}
			if got, err := Choose(dir); err == nil || got != "" {
				t.Errorf("Choose: %q, %v", got, err)
			}
		})
	}
}

// A directory of another user's is the classic trap in /dev/shm. The root directory is one, for everybody but root; if we
// are root, one thread becomes somebody else.
func TestOpenRefusesAForeignDirectory(t *testing.T) {
	var st unix.Stat_t
	must(t, unix.Stat("/", &st))
	result := make(chan error)
	go func() {
		// Never unlocked: nobody else runs on this thread while it is another user's.
		runtime.LockOSThread()
		if os.Geteuid() == 0 {
			if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), uintptr(st.Uid)+4711, ^uintptr(0)); errno != 0 {
				result <- errno
				return
			}
		}
		root, err := Open("/")
		if err == nil {
			err = root.Close()
		}
		if os.Getuid() == 0 {
			// Back again: a main thread doesn't end with its goroutine.
			if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, ^uintptr(0), 0, ^uintptr(0)); errno != 0 {
				err = errno
			}
		}
		result <- err
	}()
	if err := <-result; err == nil || !strings.Contains(err.Error(), "belongs to user") {
		t.Fatalf("Open(/) as a stranger: %v", err)
	}
}

func TestOpenOfNothing(t *testing.T) {
	// finalize takes exactly this for "the machine was restarted".
	if _, _, err := OpenFS(filepath.Join(t.TempDir(), "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v, want fs.ErrNotExist", err)
	}
}

func TestOpenFSWorks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "stages")
	must(t, os.Mkdir(dir, 0o700))
	fsys, done, err := OpenFS(dir)
	must(t, err, durable.WriteFile(fsys, "r.stage", []byte("x")))
	must(t, done())
	if _, err := fsys.Stat("r.stage"); err == nil {
		t.Fatal("still open after done")
	}
}

package durable_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ilenia-live/rec/internal/durable"
)

func openRoot(t *testing.T, dir string) *durable.Root {
	t.Helper()
	root, err := durable.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func newRoot(t *testing.T) *durable.Root {
	t.Helper()
	return openRoot(t, t.TempDir())
}

// volatileDir is a new directory on a tmpfs where there is one, else in the usual place. Loops over all failures are run
// there: they sync hundreds of times.
func volatileDir(t *testing.T) (dir string, inMemory bool) {
	t.Helper()
	var st unix.Statfs_t
	if err := unix.Statfs("/dev/shm", &st); err == nil && st.Type == unix.TMPFS_MAGIC {
		if dir, err := os.MkdirTemp("/dev/shm", "rec-test-"); err == nil {
			t.Cleanup(func() { _ = os.RemoveAll(dir) })
			return dir, true
		}
	}
	return t.TempDir(), false
}

func volatileRoot(t *testing.T) *durable.Root {
	t.Helper()
	dir, _ := volatileDir(t)
	return openRoot(t, dir)
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, fsys durable.FS, name string) string {
	t.Helper()
	p, err := durable.ReadFile(fsys, name, 1<<20)
	must(t, err)
	return string(p)
}

func exists(t *testing.T, fsys durable.FS, name string) bool {
	t.Helper()
	there, err := durable.Exists(fsys, name)
	must(t, err)
	return there
}

// names lists everything below the root, as an operator's find would.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	must(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, _ fs.DirEntry, err error) error {
		if name != "." {
			all = append(all, name)
		}
		return err
	}))
	return all
}

// The test binary is also the other process: it does its task in its root, says how that went, and lives on until its
// standard input ends.
const (
	helperRoot = "DURABLE_TEST_ROOT"
	helperTask = "DURABLE_TEST_TASK"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperRoot); dir != "" {
		os.Exit(help(dir, os.Getenv(helperTask)))
	}
	os.Exit(m.Run())
}

func help(dir, task string) int {
	root, err := durable.OpenRoot(dir)
	switch {
	case err == nil && task == "lock":
		_, err = root.Lock("LOCK", true)
	case err == nil && task == "map":
		var m *durable.Mapping
		if m, err = root.CreateMapping("stage", int64(len(mapped))); err == nil {
			copy(m.Bytes, mapped)
		}
	}
	switch {
	case err == nil:
		fmt.Println("ready")
	case errors.Is(err, durable.ErrLocked):
		fmt.Println("locked")
	default:
		fmt.Println(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent is done with us, or dead
	return 0
}

// mapped is what the helper stores into its mapping.
var mapped = strings.Repeat("said before the end. ", 1000)

type helper struct {
	cmd   *exec.Cmd
	stdin io.Closer
	said  string
}

// startHelper returns when the helper has said how it went.
func startHelper(t *testing.T, dir, task string) *helper {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), helperRoot+"="+dir, helperTask+"="+task)
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	h := &helper{cmd: cmd, stdin: stdin}
	t.Cleanup(func() { h.kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	must(t, err)
	h.said = line[:len(line)-1]
	return h
}

// kill is kill -9, and waits until the process is gone.
func (h *helper) kill() {
	_ = h.cmd.Process.Kill() // dead already is as good
	_ = h.cmd.Wait()
}

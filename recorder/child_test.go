package recorder_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// A test that needs a process of its own runs this program once more, as one of its children.
const childEnv = "REC_TEST_CHILD"

// children are what such a process does: with a root, and the lines that its parent sends.
var children = map[string]func(root string, parent *bufio.Scanner) error{
	"few files":     fewFiles,
	"little memory": littleMemory,
	"records":       records,
}

func TestMain(m *testing.M) {
	if name := os.Getenv(childEnv); name != "" {
		if err := children[name](os.Args[1], bufio.NewScanner(os.Stdin)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// child is such a process.
type child struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
	err string // file
}

func startChild(t *testing.T, name, root string, env ...string) *child {
	t.Helper()
	c := &child{Cmd: exec.Command(os.Args[0], root), err: filepath.Join(t.TempDir(), "stderr")}
	c.Env = append(append(os.Environ(), childEnv+"="+name), env...)
	in, err1 := c.StdinPipe()
	out, err2 := c.StdoutPipe()
	stderr, err3 := os.Create(c.err)
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	c.in, c.out, c.Stderr = in, bufio.NewScanner(out), stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// says waits for a line of it.
func (c *child) says(t *testing.T, want string) {
	t.Helper()
	if !c.out.Scan() || c.out.Text() != want {
		said := c.out.Text()
		_ = c.Process.Kill()
		_ = c.Wait()
		p, _ := os.ReadFile(c.err)
		t.Fatalf("the child said %q, want %q: %s", said, want, p)
	}
}

// ends waits until it has ended, which it must well.
func (c *child) ends(t *testing.T) {
	t.Helper()
	if err := errors.Join(c.in.Close(), c.Wait()); err != nil {
		p, _ := os.ReadFile(c.err)
		t.Fatalf("%v: %s", err, p)
	}
}

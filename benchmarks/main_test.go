package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ilenia-live/rec/benchmarks/peer"
	"github.com/ilenia-live/rec/internal/exit"
)

// The program starts itself again for each measurement, so the test's binary must know how to be one.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args[1:], measureCommand) {
		os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// left lists what a run should have removed.
func left(t *testing.T, dirs ...string) (names []string) {
	t.Helper()
	for _, dir := range dirs {
		found, err := filepath.Glob(filepath.Join(dir, "rec-benchmarks-*"))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	return names
}

// Four channels of a second, two rounds, all contestants, every form of output.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	var out, said bytes.Buffer
	stat := filepath.Join(dir, "bench.txt")
	code := execute([]string{"--dir", dir, "--channels", "4", "--seconds", "1", "--rounds", "2", "--processes", "2", "--json", "-", "--benchstat", stat}, &out, &said)
	if code != exit.OK {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Entries) != len(peer.Contestants()) || r.Rounds != 2 || r.Channels != 4 || len(r.Sequential.Go) != 2 {
		t.Errorf("%+v", r)
	}
	for _, e := range r.Entries {
		if e.LeftOut != "" {
			continue
		}
		if len(e.Rounds) != 2 || e.Median == nil {
			t.Errorf("%s: %d rounds, %+v", e.Name, len(e.Rounds), e.Median)
			continue
		}
		if e.Rounds[0].Bytes != 4*96000 {
			t.Errorf("%s: %d bytes, want the same as all others", e.Name, e.Rounds[0].Bytes)
		}
		if !strings.Contains(said.String(), e.Label) {
			t.Errorf("the table doesn't have %s", e.Label)
		}
	}
	lines, err := os.ReadFile(stat)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(lines), "BenchmarkFrame/peer="+"bufio/sync=none-"); n != 2 {
		t.Errorf("%d lines for bufio, want one a round:\n%s", n, lines)
	}
	if names := left(t, dir); names != nil {
		t.Errorf("left behind: %q", names)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{"--rounds", "0"}, {"--seconds", "x"}, {"--channels", "-1"}, {"--only", "("}, {"--only", "nobody"}, {"argument"},
		{"--nonsense"}, {"--json", "-", "--benchstat", "-"}, {"--session-channels", "129"},
	} {
		dir := t.TempDir()
		var out, said bytes.Buffer
		if code := execute(append([]string{"--dir", dir}, args...), &out, &said); code != exit.Usage {
			t.Errorf("%q: exit code %d, want %d: %s", args, code, exit.Usage, said.String())
		}
		if names := left(t, dir); names != nil {
			t.Errorf("%q left behind %q", args, names)
		}
	}
	var out, said bytes.Buffer
	if code := execute([]string{"--dir", filepath.Join(t.TempDir(), "none")}, &out, &said); code != exit.Env {
		t.Errorf("a directory that is not there: exit code %d, want %d: %s", code, exit.Env, said.String())
	}
}

// An interruption in the middle of a measurement ends it, and leaves nothing behind.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	said := interrupter{after: "MB each time"}
	code := execute([]string{"--dir", dir, "--channels", "4", "--seconds", "60"}, &out, &said)
	if code != exit.Wrong || !strings.Contains(said.text.String(), errInterrupted.Error()) {
		t.Errorf("exit code %d: %s", code, said.text.String())
	}
	if names := left(t, dir); names != nil {
		t.Errorf("left behind: %q", names)
	}
}

// interrupter is standard error; when it reads a line with those words it presses Ctrl-C.
type interrupter struct {
	after string
	text  bytes.Buffer
}

func (i *interrupter) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(i.after)) {
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			return 0, err
		}
	}
	return i.text.Write(p)
}

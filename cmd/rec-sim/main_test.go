package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rec-sim": main})
}

// TestScripts runs the command as a script would: one topic in each file of testdata.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits, "keys": keys, "flip": flip, "drop": drop,
		},
	})
}

// exits CODE COMMAND... runs a command and asks for its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// keys FILE prints the keys of a JSON object, sorted, those within objects with a dot.
func keys(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: keys FILE")
	}
	var v map[string]any
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(d.Decode(&v))
	if d.More() {
		ts.Fatalf("%s holds more than one JSON value", args[0])
	}
	var names []string
	var walk func(prefix string, v map[string]any)
	walk = func(prefix string, v map[string]any) {
		for k, x := range v {
			if inner, ok := x.(map[string]any); ok {
				walk(prefix+k+".", inner)
				continue
			}
			names = append(names, prefix+k)
		}
	}
	walk("", v)
	slices.Sort(names)
	fmt.Fprintln(ts.Stdout(), strings.Join(names, "\n"))
}

// flip DIR NAME OFFSET damages one byte of the first file of that name below DIR.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: flip DIR NAME OFFSET")
	}
	offset, err := strconv.Atoi(args[2])
	ts.Check(err)
	name := firstNamed(ts, args[0], args[1])
	p, err := os.ReadFile(name)
	ts.Check(err)
	p[offset] ^= 0x10
	replace(ts, name, p)
}

// drop DIR NAME removes the first file of that name below DIR.
func drop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: drop DIR NAME")
	}
	ts.Check(os.Remove(firstNamed(ts, args[0], args[1])))
}

func firstNamed(ts *testscript.TestScript, dir, base string) string {
	var found string
	ts.Check(filepath.WalkDir(ts.MkAbs(dir), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == base && found == "" {
			found = path
		}
		return err
	}))
	if found == "" {
		ts.Fatalf("no file called %s below %s", base, dir)
	}
	return found
}

// replace writes a file anew: finished recordings are read-only.
func replace(ts *testscript.TestScript, name string, p []byte) {
	ts.Check(os.Remove(name))
	ts.Check(os.WriteFile(name, p, 0o640))
}

// command runs a command line in this process.
func command(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = execute(args, &out, &errs)
	return code, out.String(), errs.String()
}

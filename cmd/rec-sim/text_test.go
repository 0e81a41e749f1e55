package main

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ilenia-live/rec/internal/exit"
)

func TestShellQuote(t *testing.T) {
	for name, want := range map[string]string{
		"a/b-1.wav": "a/b-1.wav", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "-rf": "'./-rf'", "$x": "'$x'", "ñ": "'ñ'",
	} {
		if got := shellQuote(name); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", name, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	if got := clean("a\x1b[2Jñ\n"); got != "a\uFFFD[2Jñ\uFFFD" {
		t.Errorf("%q", got)
	}
}

func TestExitCode(t *testing.T) {
	for _, row := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{exit.Usagef("x"), 2},
		{fmt.Errorf("outer: %w", exit.Usagef("x")), 2},
		{exit.Wrongf("x: %w", syscall.ENOSPC), 1}, // who says wrong means wrong
		{exit.Envf("x"), 3},
		{fmt.Errorf("create: %w", syscall.ENOSPC), 3},
		{fmt.Errorf("create: %w", syscall.EROFS), 3},
		{fmt.Errorf("something"), 1},
	} {
		if got := exit.Code(row.err); got != row.want {
			t.Errorf("exit code of %v is %d, want %d", row.err, got, row.want)
		}
	}
}

func TestSplitDates(t *testing.T) {
	for dir, want := range map[string][2]string{
		"/x/rec":                 {"/x/rec", "."},
		"/x/rec/2026":            {"/x/rec/2026", "."},
		"/x/rec/2026/11":         {"/x/rec/", "2026/11"},
		"/x/rec/2026/11/23":      {"/x/rec/", "2026/11/23"},
		"/x/rec/2026/11/23/abc/": {"/x/rec/", "2026/11/23/abc"},
		"/2026/11/23":            {"/", "2026/11/23"},
		"/x/26/11/23":            {"/x/26/11/23", "."},
	} {
		root, below, err := splitDates(dir)
		if err != nil || filepath.Clean(root) != filepath.Clean(want[0]) || below != want[1] {
			t.Errorf("splitDates(%s) = %s, %s, %v; want %v", dir, root, below, err, want)
		}
	}
}

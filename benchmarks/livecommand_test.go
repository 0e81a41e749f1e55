package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/internal/exit"
)

func TestLive(t *testing.T) {
	dir := t.TempDir()
	var out, said bytes.Buffer
	code := execute([]string{"live", "--dir", dir, "--channels", "3", "--seconds", "1", "--speed", "max", "--bare", "--json", "-"}, &out, &said)
	if code != exit.OK {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	var results []live.Result
	if err := json.Unmarshal(out.Bytes(), &results); err != nil {
		t.Fatal(err)
	}
	if len(results) != 2 || results[0].Accepted != 150 || results[0].Recovery.Count == 0 || !results[1].Task.Nothing || results[1].Recovery.Count != 0 {
		t.Errorf("%+v", results)
	}
	for _, want := range []string{"3 channels × 1s of 48 kHz, as fast as it can, a sync a file", "150 accepted, 0 refused", "KiB a channel", "no recorder"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("no %q in\n%s", want, said.String())
		}
	}
	if names := left(t, dir); names != nil {
		t.Errorf("left behind: %q", names)
	}
}

func TestLiveUsage(t *testing.T) {
	for _, args := range [][]string{
		{"--speed", "2"}, {"--channels", "0"}, {"--rate", "44100"}, {"--seconds", "0"}, {"--buffer", "1ms"}, {"--staging", "heap"},
		{"--rounds", "0"}, {"--session-channels", "200"}, {"argument"},
	} {
		var out, said bytes.Buffer
		if code := execute(append([]string{"live", "--dir", t.TempDir()}, args...), &out, &said); code != exit.Usage {
			t.Errorf("%q: exit code %d, want %d: %s", args, code, exit.Usage, said.String())
		}
	}
	var out, said bytes.Buffer
	if code := execute([]string{"live", "--dir", filepath.Join(t.TempDir(), "none")}, &out, &said); code != exit.Env {
		t.Errorf("a directory that is not there: exit code %d: %s", code, said.String())
	}
	// A day of 20,000 channels is more than any disk has.
	if code := execute([]string{"live", "--dir", t.TempDir(), "--channels", "20000", "--seconds", "86400"}, &out, &said); code != exit.Env {
		t.Errorf("no room: exit code %d: %s", code, said.String())
	}
}

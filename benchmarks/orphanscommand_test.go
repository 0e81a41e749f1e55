package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/benchmarks/orphans"
	"github.com/ilenia-live/rec/internal/exit"
)

func TestOrphans(t *testing.T) {
	dir := t.TempDir()
	var out, said bytes.Buffer
	code := execute([]string{"orphans", "--dir", dir, "--sessions", "5", "--channels", "2", "--seconds", "1", "--json", "-"}, &out, &said)
	if code != exit.OK {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	var r orphans.Result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if r.Sessions != 5 || r.Channels != 2 || r.Seconds != 1 || r.Wall <= 0 || r.CPU <= 0 || r.PeakRSS <= 0 {
		t.Errorf("%+v", r)
	}
	if !strings.Contains(said.String(), "5 orphans of 2 × 1 s of 48 kHz: recovered in ") {
		t.Errorf("said %s", said.String())
	}
	if names := left(t, dir); names != nil {
		t.Errorf("left behind: %q", names)
	}
}

func TestOrphansUsage(t *testing.T) {
	for _, args := range [][]string{{"--sessions", "0"}, {"--channels", "129"}, {"--seconds", "0"}, {"--dir", ""}, {"argument"}} {
		var out, said bytes.Buffer
		if code := execute(append([]string{"orphans"}, args...), &out, &said); code != exit.Usage {
			t.Errorf("%q: exit code %d, want %d: %s", args, code, exit.Usage, said.String())
		}
	}
}

// Recovery that finds less than was left is not a measurement.
func TestOrphansMustAllBeThere(t *testing.T) {
	p, err := newPlace(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	task := live.Task{Channels: 2, SessionChannels: 1, Rate: 48000, Seconds: 1}
	err = p.use(false, func(dir, staging string) error {
		one := task
		one.Channels = 1
		if err := spawnHeld(t.Context(), job{Hold: &liveJob{Task: one, Dir: dir, Staging: staging}}); err != nil {
			t.Fatal(err)
		}
		_, err := spawn[orphans.Result](t.Context(), job{Recover: &liveJob{Task: task, Dir: dir, Staging: staging}})
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "2 sessions were left; recovery: ") {
		t.Errorf("%v", err)
	}
}

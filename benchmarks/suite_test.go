package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ilenia-live/rec/internal/exit"
)

// All that this program measures by itself, in sizes that are over at once, and the page of it.
func TestSuiteAndPage(t *testing.T) {
	dir, results := t.TempDir(), filepath.Join(t.TempDir(), "results")
	var out, said bytes.Buffer
	code := execute([]string{"suite", "--dir", dir, "--results", results, "--try", "--only", "peers|latency|realtime|scale|growth|ends|orphans"}, &out, &said)
	if code != exit.OK {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	if names := left(t, dir); names != nil {
		t.Errorf("left behind: %q", names)
	}
	said.Reset()
	if code := execute([]string{"print", "--results", results, "--link", "figures"}, &out, &said); code != exit.OK {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	page := out.String()
	for _, want := range []string{
		"# Benchmarks\n", "## Targets\n", "| CPU, go-audio/wav with the same syncing : recorder | ≥ 12× |", "## Each write\n", "| in real time, the loop without a recorder |",
		"## In real time\n", "| KiB a channel | all |", "## Growth\n", "## Ending a session\n", "## Recovering thousands\n", "| 10 of 1 × 1s |", "## Beside the others\n", "| bufio, 64 KiB | never |",
		"go run . suite --dir DIR --only growth`, commit ", "| allocations of a write | ≤ 0 | not measured |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	for _, bad := range []string{dir, "NaN", "Inf", "%!"} {
		if strings.Contains(page, bad) {
			t.Errorf("a page for everybody has %q", bad)
		}
	}
	for _, name := range []string{pictureLatency, pictureGrowthCPU, pictureGrowthChannels, pictureGrowthLengths} {
		if !strings.Contains(page, "](figures/"+name+".png)") {
			t.Errorf("no picture %s", name)
		}
		if info, err := os.Stat(picturePath(results, name)); err != nil || info.Size() == 0 {
			t.Errorf("%v, %v", info, err)
		}
	}
	if t.Failed() {
		t.Log(page)
	}
}

// What isn't measured anew keeps its figures, and says of when they are.
func TestPageOfOldAndNew(t *testing.T) {
	dir := t.TempDir()
	old := machine{Processor: "p", Cores: 2, Commit: "old", Date: "2026-01-01", Kernel: "1"}
	young := old
	young.Commit, young.Date, young.Kernel = "young", "2026-02-02", "2"
	if err := save(dir, partGo, old, "x", []printed{{Command: "go test -run ^$ -bench Finalize ./recorder", Text: "BenchmarkFinalize 1 2 ns/op\n"}}); err != nil {
		t.Fatal(err)
	}
	if err := save(dir, partDisk, young, "y", printed{Command: "go run ./cmd/rec-sim disk", Text: "Verdict: so and so\n"}); err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	if code := execute([]string{"print", "--results", dir}, &out, &said); code != exit.OK {
		t.Fatalf("exit code %d: %s", code, said.String())
	}
	for _, want := range []string{
		"| kernel, Go | 2, ", "Printed by `go test -run '^$' -bench Finalize ./recorder`, commit old, 2026-01-01, on 2 × p, 0 GiB, , kernel 1, .",
		"BenchmarkFinalize 1 2 ns/op\n```", "Printed by `go run ./cmd/rec-sim disk`, commit young, 2026-02-02.\n", "Verdict: so and so\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestSuiteUsage(t *testing.T) {
	results := t.TempDir()
	for _, args := range [][]string{
		{"suite", "--only", "("}, {"suite", "--only", "nothing", "--results", results}, {"suite", "--try"}, {"suite", "argument"}, {"print", "argument"},
	} {
		var out, said bytes.Buffer
		if code := execute(args, &out, &said); code != exit.Usage {
			t.Errorf("%q: exit code %d, want %d: %s", args, code, exit.Usage, said.String())
		}
	}
	damaged := t.TempDir()
	if err := os.WriteFile(resultFile(damaged, partDisk), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"print", "--results", results}, {"print", "--results", damaged}, {"suite", "--dir", filepath.Join(results, "none"), "--only", "disk"}} {
		var out, said bytes.Buffer
		if code := execute(args, &out, &said); code != exit.Env {
			t.Errorf("%q: exit code %d, want %d: %s", args, code, exit.Env, said.String())
		}
	}
}

func TestForShell(t *testing.T) {
	if got := forShell("go test -bench A|B -run ^$ ./x"); got != "go test -bench 'A|B' -run '^$' ./x" {
		t.Error(got)
	}
	if got := onlyBenchmarks("goos: linux\nBenchmarkA 1\nok\nBenchmarkB 2\n"); got != "BenchmarkA 1\nBenchmarkB 2\n" {
		t.Errorf("%q", got)
	}
	for seconds, want := range map[int]string{10: "10s", 60: "1m", 90: "1m30s", 600: "10m", 3600: "1h", 21600: "6h", 4: "4s"} {
		if got := inWords(seconds); got != want {
			t.Errorf("%d s: %q, want %q", seconds, got, want)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"

	"github.com/ilenia-live/rec/internal/exit"
)

// What other programs of the repository measure is kept as they print it.

// goBenchmarks are those whose figures are in BENCHMARKS.md, in groups.
var goBenchmarks = []struct{ run, times, packages string }{
	{"Finalize", "7x", "./recorder"},
	{"WritePCMAt", "100000x -count 3", "./recorder"},
	{"WriteRTP|ChannelMemory", "5x", "./recorder"},
	{"DecoderMemory", "3x", "./internal/codec"},
	{".", "1s", "./internal/checksum ./internal/level ./internal/wavfile"},
}

func (s *suite) goBenchmarks(ctx context.Context) (any, error) {
	var out []printed
	for _, b := range goBenchmarks {
		times := b.times
		if s.o.try {
			times = "1x"
		}
		p, err := s.atTop(ctx, fmt.Sprintf("go test -run ^$ -bench %s -benchtime %s %s", b.run, times, b.packages))
		if err != nil {
			return nil, err
		}
		p.Text = onlyBenchmarks(p.Text)
		out = append(out, p)
	}
	return out, nil
}

// onlyBenchmarks leaves out what go test prints beside.
func onlyBenchmarks(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "Benchmark") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func (s *suite) disk(ctx context.Context) (any, error) {
	size := "--bytes 1GiB"
	if s.o.try {
		size = "--bytes 1MiB --rounds 1"
	}
	return s.atTop(ctx, "go run ./cmd/rec-sim disk "+size+" --dir "+dirWord)
}

func (s *suite) ramp(ctx context.Context) (any, error) {
	steps := "--duration 10s --ramp-max 20000"
	if s.o.try {
		steps = "--duration 1s --sessions 1 --ramp-max 2"
	}
	return s.atTop(ctx, "go run ./cmd/rec-sim run --ramp --source pattern --channels 2 "+steps+" --dir "+dirWord)
}

// dirWord stands for the directory that is measured, in a command that is printed.
const dirWord = "DIR"

// atTop runs a command of plain words at the top of the repository.
func (s *suite) atTop(ctx context.Context, command string) (p printed, err error) {
	top, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/ilenia-live/rec").Output()
	if err != nil {
		return p, fmt.Errorf("where is the repository? go list: %w", err)
	}
	err = s.place.use(false, func(dir, _ string) error {
		words := strings.Fields(command)
		for i, word := range words {
			if word == dirWord {
				words[i] = dir
			}
		}
		fmt.Fprintln(s.say, command)
		cmd := exec.CommandContext(ctx, words[0], words[1:]...)
		var out, said bytes.Buffer
		// go run has a child of its own: a kill must reach it.
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		cmd.Dir, cmd.Stdout, cmd.Stderr = strings.TrimSpace(string(top)), &out, &said
		err := cmd.Run()
		p = printed{Command: command, Text: strings.ReplaceAll(out.String(), dir, dirWord)}
		if ctx.Err() != nil {
			return errInterrupted
		}
		var ended *exec.ExitError
		if errors.As(err, &ended) {
			return exit.Wrongf("%s: %w: %s", command, err, bytes.TrimSpace(said.Bytes()))
		}
		return err
	})
	return p, err
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/ilenia-live/rec/internal/exit"
)

// spawn does a job in a process of its own. When ctx ends, that process and all that it started are killed: what they were
// writing is removed anyway.
func spawn(ctx context.Context, j job) (m measurement, err error) {
	self, err := os.Executable()
	if err != nil {
		return m, err
	}
	ask, err := json.Marshal(j)
	if err != nil {
		return m, err
	}
	cmd := exec.CommandContext(ctx, self, measureCommand)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(ask), &out, &said
	// A group of its own: the terminal's Ctrl-C is for us alone, and a kill reaches the programs that it started.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Run()
	if ctx.Err() != nil {
		return m, errInterrupted
	}
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		text := string(bytes.TrimPrefix(bytes.TrimSpace(said.Bytes()), []byte("benchmarks: ")))
		if ended.ExitCode() < 0 {
			text = fmt.Sprintf("%s: %v: %s", j.Contestant, ended, text)
		}
		return m, &exit.Error{Code: max(ended.ExitCode(), exit.Wrong), Err: errors.New(text)}
	}
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(out.Bytes(), &m)
}

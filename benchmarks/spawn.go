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

	"github.com/spf13/cobra"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/internal/exit"
)

// A job is one measurement, done in a process of its own, so that nobody's memory, garbage or processor time is in another's figure.
// One of the fields is set.
type job struct {
	Peer *peerJob
	Live *liveJob
}

type liveJob struct {
	live.Task
	Dir, Staging string
}

// do does the job in this process.
func (j job) do(ctx context.Context) (any, error) {
	switch {
	case j.Peer != nil:
		return measure(*j.Peer)
	case j.Live != nil:
		t := j.Live.Task
		t.Dir, t.Staging = j.Live.Dir, j.Live.Staging
		return live.Run(ctx, t)
	}
	return nil, exit.Usagef("%s: no job", measureCommand)
}

const measureCommand = "measure"

// newMeasureCommand is this program's other half: one measurement, asked for on standard input and answered on standard
// output.
func newMeasureCommand() *cobra.Command {
	return &cobra.Command{
		Use:    measureCommand,
		Hidden: true,
		Args:   noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			var j job
			if err := json.NewDecoder(c.InOrStdin()).Decode(&j); err != nil {
				return exit.Usagef("%s is for this program itself: %w", measureCommand, err)
			}
			answer, err := j.do(c.Context())
			if err != nil {
				return err
			}
			return json.NewEncoder(c.OutOrStdout()).Encode(answer)
		},
	}
}

// spawn does a job in a process of its own. When ctx ends, that process and all that it started are killed: what they were
// writing is removed anyway.
func spawn[T any](ctx context.Context, j job) (answer T, err error) {
	self, err := os.Executable()
	if err != nil {
		return answer, err
	}
	ask, err := json.Marshal(j)
	if err != nil {
		return answer, err
	}
	cmd := exec.CommandContext(ctx, self, measureCommand)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(ask), &out, &said
	// A group of its own: the terminal's Ctrl-C is for us alone, and a kill reaches the programs that it started.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Run()
	if ctx.Err() != nil {
		return answer, errInterrupted
	}
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		text := string(bytes.TrimPrefix(bytes.TrimSpace(said.Bytes()), []byte("benchmarks: ")))
		if ended.ExitCode() < 0 {
			text = fmt.Sprintf("%s: %v: %s", ask, ended, text)
		}
		return answer, &exit.Error{Code: max(ended.ExitCode(), exit.Wrong), Err: errors.New(text)}
	}
	if err != nil {
		return answer, err
	}
	return answer, json.Unmarshal(out.Bytes(), &answer)
}

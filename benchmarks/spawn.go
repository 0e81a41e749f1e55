package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/benchmarks/orphans"
	"github.com/ilenia-live/rec/internal/exit"
)

// A job is one measurement, done in a process of its own, so that nobody's memory, garbage or processor time is in another's figure.
// One of the fields is set.
type job struct {
	Peer    *peerJob
	Live    *liveJob
	Hold    *liveJob // feeds, says so, and waits to be killed
	Recover *liveJob
}

type liveJob struct {
	live.Task
	Dir, Staging string
}

func (j *liveJob) task() live.Task {
	t := j.Task
	t.Dir, t.Staging = j.Dir, j.Staging
	return t
}

// do does the job in this process. ready is for one that waits to be killed.
func (j job) do(ctx context.Context, ready func() error) (any, error) {
	switch {
	case j.Peer != nil:
		return measure(*j.Peer)
	case j.Live != nil:
		return live.Run(ctx, j.Live.task())
	case j.Hold != nil:
		return nil, live.Hold(ctx, j.Hold.task(), ready)
	case j.Recover != nil:
		return orphans.Recover(ctx, j.Recover.task())
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
			out := json.NewEncoder(c.OutOrStdout())
			answer, err := j.do(c.Context(), func() error { return out.Encode(true) })
			if err != nil {
				return err
			}
			return out.Encode(answer)
		},
	}
}

// spawn does a job in a process of its own and returns its answer. When ctx ends, that process and all that it started are killed: what
// they were writing is removed anyway.
func spawn[T any](ctx context.Context, j job) (answer T, err error) {
	c, err := start(ctx, j)
	if err != nil {
		return answer, err
	}
	err = errors.Join(c.answer(&answer), c.wait(ctx))
	return answer, err
}

// spawnHeld does a job until it says that it is ready, and kills it with SIGKILL.
func spawnHeld(ctx context.Context, j job) error {
	c, err := start(ctx, j)
	if err != nil {
		return err
	}
	var ready bool
	if err := c.answer(&ready); err != nil || !ready {
		return errors.Join(err, c.wait(ctx))
	}
	if err := c.cmd.Cancel(); err != nil {
		return errors.Join(err, c.wait(ctx))
	}
	_ = c.cmd.Wait() // says that it was killed
	if ctx.Err() != nil {
		return errInterrupted
	}
	return nil
}

// A child is a process that does a job.
type child struct {
	ask    []byte
	cmd    *exec.Cmd
	stdout io.ReadCloser
	said   bytes.Buffer // on standard error
}

func start(ctx context.Context, j job) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, self, measureCommand)}
	if c.ask, err = json.Marshal(j); err != nil {
		return nil, err
	}
	c.cmd.Stdin, c.cmd.Stderr = bytes.NewReader(c.ask), &c.said
	if c.stdout, err = c.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	// A group of its own: the terminal's Ctrl-C is for us alone, and a kill reaches the programs that it started.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.cmd.Cancel = func() error { return syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) }
	err = c.cmd.Start()
	if err != nil && ctx.Err() != nil {
		err = errInterrupted
	}
	return c, err
}

// answer reads what the child says on its standard output. That it says nothing has its reason in how it ends.
func (c *child) answer(v any) error {
	if err := json.NewDecoder(c.stdout).Decode(v); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("%s: %w", c.ask, err)
	}
	return nil
}

// wait returns the error with which the child ended, in its own words.
func (c *child) wait(ctx context.Context) error {
	err := c.cmd.Wait()
	if ctx.Err() != nil {
		return errInterrupted
	}
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return err
	}
	text := string(bytes.TrimPrefix(bytes.TrimSpace(c.said.Bytes()), []byte("benchmarks: ")))
	if ended.ExitCode() < 0 {
		text = fmt.Sprintf("%s: %v: %s", c.ask, ended, text)
	}
	return &exit.Error{Code: max(ended.ExitCode(), exit.Wrong), Err: errors.New(text)}
}

package main

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"
)

// A child is one process of this program that was started to be killed, or to clean up after one that was.
type child struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	began  error
	done   chan struct{} // closed when it has ended
	ended  error
}

// start starts this program once more. It ends with ctx.
func (r *round) start(ctx context.Context, args ...string) *child {
	c := &child{cmd: exec.CommandContext(ctx, r.exe, args...), done: make(chan struct{})}
	c.cmd.Stderr = &c.stderr
	if c.began = c.cmd.Start(); c.began != nil {
		close(c.done)
		return c
	}
	go func() {
		c.ended = c.cmd.Wait()
		close(c.done)
	}()
	return c
}

// lookEvery is how often until looks.
const lookEvery = 500 * time.Microsecond

// until returns when something is true, or the child has ended.
func (c *child) until(so func() bool) {
	for !so() {
		select {
		case <-c.done:
			return
		case <-time.After(lookEvery):
		}
	}
}

// killAfter kills the child after a while, and reports whether that is how it ended.
func (c *child) killAfter(d time.Duration) (killed bool, err error) {
	select {
	case <-c.done:
	case <-time.After(d):
		if c.began == nil {
			// SIGKILL. An error says that it has ended meanwhile.
			_ = c.cmd.Process.Kill()
		}
	}
	if err := c.wait(); err != nil {
		return false, err
	}
	return !c.cmd.ProcessState.Exited(), nil
}

// wait waits for the end. Its error is not the child's failure, but that there was no child to fail.
func (c *child) wait() error {
	<-c.done
	var exit *exec.ExitError
	if c.began != nil || c.ended == nil || errors.As(c.ended, &exit) {
		return c.began
	}
	return c.ended
}

// failed reports whether the child ended with an exit code other than 0, or by a signal.
func (c *child) failed() bool { return c.ended != nil }

// complaint is how it ended and the last it said.
func (c *child) complaint() string {
	text := strings.TrimSpace(c.stderr.String())
	const enough = 2000 // a panic may be long; it begins with what matters
	if len(text) > enough {
		text = text[:enough] + "…"
	}
	return c.ended.Error() + ": " + text
}

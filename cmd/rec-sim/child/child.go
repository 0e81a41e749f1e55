// Package child runs processes that are started to be killed, and notices those that hang.
package child

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// A Child is one process.
type Child struct {
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr bytes.Buffer
	began  error
	done   chan struct{} // closed when it has ended
	ended  error
	hung   bool
}

// Start starts a process. It ends with ctx.
func Start(ctx context.Context, exe string, args ...string) *Child {
	c := &Child{cmd: exec.CommandContext(ctx, exe, args...), done: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
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

// PID is its number, or 0 if it could not be started.
func (c *Child) PID() int {
	if c.began != nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// lookEvery is how often Until looks.
const lookEvery = 500 * time.Microsecond

// Until returns when something is true, or the child has ended, which is when it returns false.
func (c *Child) Until(so func() bool) bool {
	for !so() {
		select {
		case <-c.done:
			return so()
		case <-time.After(lookEvery):
		}
	}
	return true
}

// WaitFor waits a while, or until the child has ended.
func (c *Child) WaitFor(d time.Duration) {
	select {
	case <-c.done:
	case <-time.After(d):
	}
}

// Kill is kill -9. A child that has ended takes no notice.
func (c *Child) Kill() {
	if c.began == nil {
		_ = c.cmd.Process.Kill() // an error says that it has ended meanwhile
	}
}

// KillAfter kills the child after a while, and reports whether that is how it ended.
func (c *Child) KillAfter(d time.Duration) (killed bool, err error) {
	c.WaitFor(d)
	c.Kill()
	if err := c.Wait(); err != nil {
		return false, err
	}
	return c.Killed(), nil
}

// Wait waits for the end. Its error is not the child's failure, but that there was no child to fail.
func (c *Child) Wait() error {
	<-c.done
	var exit *exec.ExitError
	if c.began != nil || c.ended == nil || errors.As(c.ended, &exit) {
		return c.began
	}
	return c.ended
}

// WaitAtMost is Wait for a child that may hang: then it is made to say where, and killed.
func (c *Child) WaitAtMost(d time.Duration) error {
	select {
	case <-c.done:
	case <-time.After(d):
		c.hung = true
		if c.began == nil {
			_ = c.cmd.Process.Signal(syscall.SIGQUIT) // Go's runtime prints what all goroutines do
		}
		select {
		case <-c.done:
		case <-time.After(2 * time.Second):
			c.Kill()
		}
	}
	return c.Wait()
}

// Ended reports whether it has.
func (c *Child) Ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// Failed reports whether an ended child did so with an exit code other than 0, or by a signal.
func (c *Child) Failed() bool { return c.ended != nil }

// Killed reports whether an ended child was ended by a signal.
func (c *Child) Killed() bool { return c.began == nil && !c.cmd.ProcessState.Exited() }

// Crashed reports whether an ended child hung, or panicked, or died of anything but a kill.
func (c *Child) Crashed() bool {
	if c.began != nil {
		return false
	}
	status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
	died := ok && status.Signaled() && status.Signal() != syscall.SIGKILL
	text := c.stderr.String()
	return c.hung || died || strings.Contains(text, "panic: ") || strings.Contains(text, "fatal error: ")
}

// Output is what an ended child wrote to its standard output.
func (c *Child) Output() []byte { return c.stdout.Bytes() }

// Complaint is how an ended child ended and what it said.
func (c *Child) Complaint() string {
	text := strings.TrimSpace(c.stderr.String())
	const enough = 2000 // a panic may be long; it begins with what matters
	if len(text) > enough {
		text = text[:enough] + "…"
	}
	how := "exit status 0"
	switch {
	case c.hung:
		how = "it hung"
	case c.ended != nil:
		how = c.ended.Error()
	}
	return how + ": " + text
}

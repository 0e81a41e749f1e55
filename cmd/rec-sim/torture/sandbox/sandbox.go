// Package sandbox runs the present program once more in a mount namespace of its own: whatever it mounts is seen by nobody else and
// gone when it ends, however it ends, and with it the loop devices behind.
package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

// inside is set in the environment of a program that runs in a sandbox.
const inside = "REC_SIM_SANDBOX"

// Root reports whether this process may mount.
func Root() bool { return os.Geteuid() == 0 }

// Inside reports whether this process runs in a sandbox.
func Inside() bool { return os.Getenv(inside) != "" }

// Again runs this program with its arguments in a sandbox, and returns its exit code. Signals are passed on; when this process is
// killed, so is that one.
func Again() (code int, err error) {
	exe, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find myself: %w", err)
	}
	// The kernel takes the end of the thread that started a child for that of the parent.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c := exec.Command(exe, os.Args[1:]...)
	c.Env = append(os.Environ(), inside+"=1")
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if err := c.Start(); err != nil {
		return 0, fmt.Errorf("begin a mount namespace: %w", err)
	}
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case s := <-signals:
				_ = c.Process.Signal(s) // it may have ended meanwhile
			case <-done:
				return
			}
		}
	}()
	err = c.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// Main is for the TestMain of packages that mount. Without root there is no sandbox: their tests skip.
func Main(run func() int) {
	if !Root() || Inside() {
		os.Exit(run())
	}
	code, err := Again()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

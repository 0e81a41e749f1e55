package main

import (
	"errors"
	"fmt"
	"syscall"
)

// Exit codes, as rec-sim has them. They are a contract with scripts.
const (
	exitOK    = 0
	exitWrong = 1 // a contestant failed or wrote something else, or the run was interrupted
	exitUsage = 2
	exitEnv   = 3 // no space, no permission, no such directory
)

// A codedError knows with which code the program must end.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &codedError{exitUsage, fmt.Errorf(format, args...)}
}

func envf(format string, args ...any) error {
	return &codedError{exitEnv, fmt.Errorf(format, args...)}
}

// errInterrupted ends a run that somebody stopped, after what was measured so far is printed.
var errInterrupted = errors.New("interrupted")

// exitCode is what an error means to the caller.
func exitCode(err error) int {
	var coded *codedError
	if err == nil {
		return exitOK
	}
	if errors.As(err, &coded) {
		return coded.code
	}
	for _, errno := range []syscall.Errno{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.ENOENT, syscall.ENOTDIR,
		syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
	} {
		if errors.Is(err, errno) {
			return exitEnv
		}
	}
	return exitWrong
}

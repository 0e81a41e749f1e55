package main

import (
	"errors"
	"fmt"
	"syscall"
)

// Exit codes. They are a contract with scripts.
const (
	exitOK    = 0
	exitWrong = 1 // something recorded is wrong or lost
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

func wrongf(format string, args ...any) error {
	return &codedError{exitWrong, fmt.Errorf(format, args...)}
}

// saidError ends the program with exitWrong when everything there is to say was printed already.
type saidError struct{}

func (saidError) Error() string { return "something is wrong" }

// exitCode is what an error of a running command means to the caller.
func exitCode(err error) int {
	var coded *codedError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &coded):
		return coded.code
	case isEnvironment(err):
		return exitEnv
	default:
		return exitWrong
	}
}

// isEnvironment reports whether an error is of the kind that an operator cures and a developer doesn't.
func isEnvironment(err error) bool {
	for _, errno := range []syscall.Errno{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.ENOENT, syscall.ENOTDIR,
		syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
	} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}

// Package exit says with which code a command ends, and what an error means to the script that started it: mend the command
// line, mend the machine, or call a developer.
package exit

import (
	"errors"
	"fmt"
	"syscall"
)

// The codes. They are a contract with scripts.
const (
	OK    = 0
	Wrong = 1 // something recorded is wrong or lost, or a measurement says nothing
	Usage = 2
	Env   = 3 // no space, no permission, no such directory
)

// An Error knows with which code the program must end.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Usagef is an error of the command line.
func Usagef(format string, args ...any) error {
	return &Error{Usage, fmt.Errorf(format, args...)}
}

// Envf is an error of the machine's.
func Envf(format string, args ...any) error {
	return &Error{Env, fmt.Errorf(format, args...)}
}

// Wrongf is an error of the program's, or of what it recorded.
func Wrongf(format string, args ...any) error {
	return &Error{Wrong, fmt.Errorf(format, args...)}
}

// environment is what an operator cures and a developer doesn't.
var environment = []syscall.Errno{
	syscall.ENOSPC, syscall.EDQUOT, syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.ENOENT, syscall.ENOTDIR,
	syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
}

// Code is what an error means to the caller.
func Code(err error) int {
	var coded *Error
	if err == nil {
		return OK
	}
	if errors.As(err, &coded) {
		return coded.Code
	}
	for _, errno := range environment {
		if errors.Is(err, errno) {
			return Env
		}
	}
	return Wrong
}

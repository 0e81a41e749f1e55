// Package faultfs is a disk that breaks on request: it passes every call on to another durable.FS, numbers them, and makes
// the one asked for fail, with or without having done its work.
//
// It is for the tests of whoever writes through durable, and for nobody else. The usual shape is "fail call 1, then 2, then
// 3, until none fails":
//
//	for _, mode := range faultfs.Modes {
//		for k := 1; ; k++ {
//			disk := faultfs.New(root) // on a fresh directory
//			disk.FailAt(k, mode, syscall.EIO)
//			err := doIt(disk)
//			// ... whatever must hold after err, and after doing it once more
//			if !disk.Failed() {
//				break // doIt makes fewer than k calls
//			}
//		}
//	}
//
// Numbers mean the same call in every run as long as the code under test calls in the same order; with several goroutines
// they don't, and the loop is only as good as chance.
package faultfs

import (
	"fmt"
	"io/fs"
	"sync"

	"github.com/ilenia-live/rec/internal/durable"
)

// Mode is the way in which a call fails.
type Mode int

const (
	// Before fails the call without doing anything.
	Before Mode = iota
	// After does the work and fails all the same: a reply that was lost.
	After
	// Torn writes the first half and fails, as a volume does that becomes full. Calls other than WriteAt fail as Before.
	Torn
)

// Modes are all of them.
var Modes = []Mode{Before, After, Torn}

func (m Mode) String() string {
	return [...]string{"before", "after", "torn"}[m]
}

// FS is a durable.FS that fails on request. All its methods, and those of its files, may be called by several goroutines.
type FS struct {
	inner durable.FS

	mu     sync.Mutex
	calls  int
	log    []string
	first  int // the first call to fail, 0 for none
	last   int
	mode   Mode
	err    error
	failed bool
	opened int
}

var _ durable.FS = (*FS)(nil)

// New returns an FS that passes everything on to inner.
func New(inner durable.FS) *FS { return &FS{inner: inner} }

// FailAt makes the k-th call from now on fail with err, and only that one; k = 1 is the next. It replaces an earlier
// request. k = 0 asks for no failure.
func (f *FS) FailAt(k int, mode Mode, err error) { f.arm(k, k, mode, err) }

// FailFrom makes the k-th call from now on and all that follow fail with err, until FailAt or FailFrom is called again: a
// disk that has died.
func (f *FS) FailFrom(k int, mode Mode, err error) { f.arm(k, int(^uint(0)>>1), mode, err) }

func (f *FS) arm(first, last int, mode Mode, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.first, f.last, f.mode, f.err, f.failed = 0, 0, mode, err, false
	if first > 0 {
		f.first, f.last = f.calls+first, last
		if last == first {
			f.last = f.first
		}
	}
}

// Failed reports whether a call failed as the last FailAt or FailFrom asked. Errors of the inner FS don't count.
func (f *FS) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

// Calls returns the number of calls since New.
func (f *FS) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// OpenFiles returns the number of files that were opened and not yet closed.
func (f *FS) OpenFiles() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opened
}

// Log returns one line for each call since New, in order: number, name of the method, its subject, and how it was made to
// fail.
func (f *FS) Log() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.log...)
}

// fault is what is to happen to one call. A nil fault is no fault.
type fault struct {
	mode Mode
	err  error
}

// count gives a call its number and its fate.
func (f *FS) count(op, subject string) *fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	line := fmt.Sprintf("%d %s %s", f.calls, op, subject)
	var flt *fault
	if f.first > 0 && f.calls >= f.first && f.calls <= f.last {
		f.failed = true
		flt = &fault{mode: f.mode, err: &fs.PathError{Op: op + " (injected, " + f.mode.String() + ")", Path: subject, Err: f.err}}
		line += fmt.Sprintf(": %v, %s", f.err, f.mode)
	}
	f.log = append(f.log, line)
	return flt
}

// do makes a call that has nothing to give back.
func (f *FS) do(op, subject string, call func() error) error {
	flt := f.count(op, subject)
	if flt == nil {
		return call()
	}
	if flt.mode == After {
		_ = call() // its error, if any, is covered by ours
	}
	return flt.err
}

func (f *FS) Mkdir(name string) error {
	return f.do("Mkdir", name, func() error { return f.inner.Mkdir(name) })
}

func (f *FS) Rename(oldName, newName string) error {
	return f.do("Rename", oldName+" -> "+newName, func() error { return f.inner.Rename(oldName, newName) })
}

func (f *FS) Remove(name string) error {
	return f.do("Remove", name, func() error { return f.inner.Remove(name) })
}

func (f *FS) Chmod(name string, mode fs.FileMode) error {
	return f.do("Chmod", name, func() error { return f.inner.Chmod(name, mode) })
}

func (f *FS) SyncDir(name string) error {
	return f.do("SyncDir", name, func() error { return f.inner.SyncDir(name) })
}

func (f *FS) Stat(name string) (info fs.FileInfo, err error) {
	err = f.do("Stat", name, func() (err error) { info, err = f.inner.Stat(name); return err })
	if err != nil {
		return nil, err
	}
	return info, nil
}

func (f *FS) ReadDir(name string) (entries []fs.DirEntry, err error) {
	err = f.do("ReadDir", name, func() (err error) { entries, err = f.inner.ReadDir(name); return err })
	if err != nil {
		return nil, err
	}
	return entries, nil
}

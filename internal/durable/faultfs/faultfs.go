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
// they don't, and the loop is only as good as chance. There one goes by sites: what a run without a fault called is in Sites, and
// FailSite makes one of those calls fail, wherever in the order it comes.
//
// Who wants something else of a call, that it takes long, or kills somebody, or is skipped, sets a Plan.
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
	// Scattered writes every second sector of 512 bytes and fails, as a device does that breaks. Calls other than WriteAt fail as
	// Before.
	Scattered
	// Skip does nothing and says that it did: a disk that lies. Calls that return something are made all the same.
	Skip
)

// Modes are those in which a call fails.
var Modes = []Mode{Before, After, Torn, Scattered}

func (m Mode) String() string {
	return [...]string{"before", "after", "torn", "scattered", "skip"}[m]
}

// Call is one call of a method, of an FS or of its files.
type Call struct {
	N       int    // since New, from 1
	Op      string // name of the method
	Subject string // name of the file; of a rename, "old -> new"
	Nth     int    // of the calls with this Op and Subject, from 1
	detail  string // range or size
}

func (c Call) String() string { return fmt.Sprintf("%d %s %s%s", c.N, c.Op, c.Subject, c.detail) }

// Fault is what is to happen to one call.
type Fault struct {
	Mode Mode
	Err  error
}

// Site is a method and its subject, and how often it was called.
type Site struct {
	Op, Subject string
	Calls       int
}

// FS is a durable.FS that fails on request. All its methods, and those of its files, may be called by several goroutines.
type FS struct {
	inner durable.FS

	mu     sync.Mutex
	calls  int
	times  map[[2]string]int // by Op and Subject
	sites  [][2]string       // in the order of their first calls
	log    []string
	plan   func(Call) *Fault
	failed bool
	opened int
}

var _ durable.FS = (*FS)(nil)

// New returns an FS that passes everything on to inner.
func New(inner durable.FS) *FS { return &FS{inner: inner, times: map[[2]string]int{}} }

// Plan lets plan decide about each call from now on; nil, or a nil Fault, is no fault. It replaces an earlier request. plan is called
// before the call is made, by the goroutine that makes it, and may take its time.
func (f *FS) Plan(plan func(Call) *Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plan, f.failed = plan, false
}

// FailAt makes the k-th call from now on fail with err, and only that one; k = 1 is the next. It replaces an earlier
// request. k = 0 asks for no failure.
func (f *FS) FailAt(k int, mode Mode, err error) {
	at := f.Calls() + k
	f.Plan(func(c Call) *Fault {
		if k == 0 || c.N != at {
			return nil
		}
		return &Fault{mode, err}
	})
}

// FailFrom makes the k-th call from now on and all that follow fail with err, until another request: a disk that has died.
func (f *FS) FailFrom(k int, mode Mode, err error) {
	from := f.Calls() + k
	f.Plan(func(c Call) *Fault {
		if c.N < from {
			return nil
		}
		return &Fault{mode, err}
	})
}

// FailSite makes the n-th call since New of one method on one subject fail with err.
func (f *FS) FailSite(op, subject string, n int, mode Mode, err error) {
	f.Plan(func(c Call) *Fault {
		if c.Op != op || c.Subject != subject || c.Nth != n {
			return nil
		}
		return &Fault{mode, err}
	})
}

// Sites returns what was called since New, in the order of the first calls.
func (f *FS) Sites() (sites []Site) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.sites {
		sites = append(sites, Site{s[0], s[1], f.times[s]})
	}
	return sites
}

// Failed reports whether a call was made to fail, or skipped, as the last request asked. Errors of the inner FS don't count.
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

// count gives a call its number and its fate.
func (f *FS) count(op, subject, detail string) *Fault {
	f.mu.Lock()
	f.calls++
	site := [2]string{op, subject}
	if f.times[site]++; f.times[site] == 1 {
		f.sites = append(f.sites, site)
	}
	c := Call{N: f.calls, Op: op, Subject: subject, Nth: f.times[site], detail: detail}
	at := len(f.log)
	f.log = append(f.log, c.String())
	plan := f.plan
	f.mu.Unlock()
	if plan == nil {
		return nil
	}
	flt := plan(c)
	if flt == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failed = true
	if flt.Mode == Skip {
		f.log[at] += ": skipped"
		return flt
	}
	f.log[at] += fmt.Sprintf(": %v, %s", flt.Err, flt.Mode)
	return &Fault{flt.Mode, &fs.PathError{Op: op + " (injected, " + flt.Mode.String() + ")", Path: subject + detail, Err: flt.Err}}
}

// do makes a call that has nothing to give back.
func (f *FS) do(op, subject, detail string, call func() error) error {
	flt := f.count(op, subject, detail)
	if flt == nil {
		return call()
	}
	switch flt.Mode {
	case Skip:
		return nil
	case After:
		_ = call() // its error, if any, is covered by ours
	}
	return flt.Err
}

// ask makes a call that returns something, by way of its arguments. It can't be skipped.
func (f *FS) ask(op, subject string, call func() error) error {
	flt := f.count(op, subject, "")
	if flt == nil || flt.Mode == Skip {
		return call()
	}
	return flt.Err // whether something was read is nobody's business
}

func (f *FS) Mkdir(name string) error {
	return f.do("Mkdir", name, "", func() error { return f.inner.Mkdir(name) })
}

func (f *FS) Rename(oldName, newName string) error {
	return f.do("Rename", oldName+" -> "+newName, "", func() error { return f.inner.Rename(oldName, newName) })
}

func (f *FS) Remove(name string) error {
	return f.do("Remove", name, "", func() error { return f.inner.Remove(name) })
}

func (f *FS) Chmod(name string, mode fs.FileMode) error {
	return f.do("Chmod", name, "", func() error { return f.inner.Chmod(name, mode) })
}

func (f *FS) SyncDir(name string) error {
	return f.do("SyncDir", name, "", func() error { return f.inner.SyncDir(name) })
}

func (f *FS) Stat(name string) (info fs.FileInfo, err error) {
	err = f.ask("Stat", name, func() (err error) { info, err = f.inner.Stat(name); return err })
	if err != nil {
		return nil, err
	}
	return info, nil
}

func (f *FS) ReadDir(name string) (entries []fs.DirEntry, err error) {
	err = f.ask("ReadDir", name, func() (err error) { entries, err = f.inner.ReadDir(name); return err })
	if err != nil {
		return nil, err
	}
	return entries, nil
}

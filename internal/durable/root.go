package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Root is the real FS: a directory held open.
type Root struct {
	root *os.Root
	self *os.File // the directory once more: of the volume's errors syncfs reports those since it was opened
}

// MakeRoot opens dir, which it makes if it isn't there, with its parents. When it returns, all of their names are on stable storage:
// what lies in a directory is no more durable than its name.
func MakeRoot(dir string) (*Root, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	made := 0 // directories
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) {
			break // there, or as MkdirAll will say
		}
		made++
	}
	if err := os.MkdirAll(dir, DirMode); err != nil {
		return nil, err
	}
	for at := filepath.Dir(dir); ; at = filepath.Dir(at) {
		// Also of one found in place, which may have been made a moment ago; but then its parent may be somebody else's, or a file
		// system on which this means nothing.
		if err := syncPath(at); err != nil && made > 0 {
			return nil, err
		}
		if made--; made <= 0 {
			return OpenRoot(dir)
		}
	}
}

func syncPath(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// OpenRoot opens dir, which must exist.
func OpenRoot(dir string) (*Root, error) {
	r, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	self, err := r.Open(".")
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return &Root{root: r, self: self}, nil
}

// Close gives the directory back. Files opened through it stay open.
func (r *Root) Close() error { return errors.Join(r.self.Close(), r.root.Close()) }

// SyncVolume returns nil when everything written so far to any file of the volume, by anybody, is on stable storage, lengths and
// names included (syncfs). An error (reported since Linux 5.8) may be of anybody's file: each file's own Sync then says whether it
// is one of ours.
func (r *Root) SyncVolume() error {
	return uninterrupted("syncfs", r.Name(), func() error { return unix.Syncfs(int(r.self.Fd())) })
}

// Name returns the path that the root was opened by, for messages: it may no longer lead there.
func (r *Root) Name() string { return r.root.Name() }

func (r *Root) Create(name string) (File, error) {
	return r.open(name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
}
func (r *Root) Open(name string) (File, error)     { return r.open(name, os.O_RDWR) }
func (r *Root) OpenRead(name string) (File, error) { return r.open(name, os.O_RDONLY) }

func (r *Root) open(name string, flag int) (File, error) {
	// O_NONBLOCK: a FIFO put where a file should be must not hold us until somebody writes to it.
	f, err := r.root.OpenFile(name, flag|unix.O_NONBLOCK, FileMode)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("open %s: %s, want a regular file", name, info.Mode().Type())
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &osFile{File: f, fd: int(f.Fd())}, nil
}

func (r *Root) Mkdir(name string) error                   { return r.root.Mkdir(name, DirMode) }
func (r *Root) Rename(oldName, newName string) error      { return r.root.Rename(oldName, newName) }
func (r *Root) Remove(name string) error                  { return r.root.Remove(name) }
func (r *Root) Chmod(name string, mode fs.FileMode) error { return r.root.Chmod(name, mode) }
func (r *Root) Stat(name string) (fs.FileInfo, error)     { return r.root.Lstat(name) }

func (r *Root) ReadDir(name string) ([]fs.DirEntry, error) {
	d, err := r.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = d.Close() }() // only read
	entries, err := d.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

func (r *Root) SyncDir(name string) error {
	d, err := r.root.Open(name)
	if err != nil {
		return err
	}
	if err := d.Sync(); err != nil {
		return errors.Join(fmt.Errorf("sync directory %s: %w", name, err), d.Close())
	}
	return d.Close()
}

type osFile struct {
	*os.File
	fd     int
	align  int  // what Direct returned; 0 before it was asked, -1 for no
	direct bool // the descriptor has O_DIRECT
}

func (f *osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Sync is fdatasync: the length goes with the bytes, the modification time need not.
func (f *osFile) Sync() error {
	return uninterrupted("fdatasync", f.Name(), func() error { return unix.Fdatasync(f.fd) })
}

// uninterrupted makes a system call, anew as long as a signal comes in between. EINTR says that the call did not happen, so it is the
// one error after which asking again is right.
func uninterrupted(op, name string, call func() error) error {
	for {
		err := call()
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return &fs.PathError{Op: op, Path: name, Err: err}
		}
	}
}

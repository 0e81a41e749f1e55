// Package durable is what the recorder believes about disks: which calls make bytes and names survive, in which order,
// behind an interface small enough to be broken on purpose.
//
// Two things survive separately. Bytes survive when File.Sync on the file that holds them returned nil. A name survives
// when FS.SyncDir on the directory that holds it returned nil; a rename without it is atomic and can still be lost. The
// helpers in this package (WriteFile, MkdirAll) do both, so that callers can't forget one half.
//
// Everything is relative to one directory held open as an os.Root: a name can't leave it, and a different volume mounted
// over its path later receives nothing.
//
// Assumptions, as far as they go: a write that returned is visible to every later reader on the same machine until power
// is lost; rename within one volume is atomic; a sector of 512 bytes is written whole or not at all; fsync tells the
// truth. Known hole: SyncDir opens the directory anew, so a write error of a directory inode that left the cache in
// between is not reported to us.
package durable

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"syscall"
)

// Modes of what the recorder makes (contract C8): the group may read, others nothing.
const (
	FileMode     fs.FileMode = 0o640
	DirMode      fs.FileMode = 0o750
	FinishedMode fs.FileMode = 0o440 // a published file: read-only, also for its owner
)

// File is one open regular file.
//
// ReadAt, WriteAt and Size may be called by several goroutines at once, while none calls WriteDirect.
type File interface {
	io.ReaderAt
	io.WriterAt
	// Direct returns what the address, the length and the offset of a WriteDirect must be multiples of, which is MaxAlign; or 0 for a file
	// that can't be written that way.
	Direct() int
	// WriteDirect is WriteAt past the kernel's page cache (O_DIRECT): it returns when the disk has taken the bytes, which says as
	// little as after WriteAt about whether they survive a loss of power. Only Sync may be called meanwhile.
	WriteDirect(p []byte, off int64) (int, error)
	// Reserve allocates room for the bytes [off, off+n) and makes the file reach that far. What was not written reads as zeros.
	Reserve(off, n int64) error
	// NextData returns where, from off on, the first byte may be that was written and not only reserved or left out; -1 when there is none.
	NextData(off int64) (int64, error)
	// Size returns the file's length in bytes.
	Size() (int64, error)
	// Truncate sets the length. Growing it leaves a hole, which reads as zeros and takes no room.
	Truncate(size int64) error
	// Sync returns nil when every byte written so far, and the length, are on stable storage (fdatasync). After an error
	// the file's unsynced pages are in an unknown state: the call must not be repeated on the same File.
	Sync() error
	Close() error
}

// FS is a directory tree. Names are slash-separated and relative; "." is the root itself.
type FS interface {
	// Create makes a new file for reading and writing; an existing name is fs.ErrExist, never overwritten.
	Create(name string) (File, error)
	// Open opens an existing file for reading and writing.
	Open(name string) (File, error)
	// OpenRead opens an existing file for reading.
	OpenRead(name string) (File, error)
	Mkdir(name string) error
	// Rename moves a file or directory. A file at newName would be replaced, so callers ask first; a directory that holds
	// anything is never replaced.
	Rename(oldName, newName string) error
	// Remove deletes a file or an empty directory.
	Remove(name string) error
	Chmod(name string, mode fs.FileMode) error
	// Stat describes the name itself: a symbolic link is not followed.
	Stat(name string) (fs.FileInfo, error)
	// ReadDir lists a directory, sorted by name.
	ReadDir(name string) ([]fs.DirEntry, error)
	// SyncDir returns nil when the names in directory name are on stable storage.
	SyncDir(name string) error
}

// ErrTooLarge is wrapped when a file is larger than its reader is willing to hold.
var ErrTooLarge = errors.New("file is larger than its limit")

// WriteFile makes name hold data, whole or not at all, and returns when both the bytes and the name are on stable storage.
// An existing file is replaced. The temporary file is name + ".tmp"; one left by a crash is taken over.
func WriteFile(fsys FS, name string, data []byte) error {
	tmp := name + ".tmp"
	if err := fsys.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := NewFile(fsys, tmp, data); err != nil {
		return err
	}
	if err := fsys.Rename(tmp, name); err != nil {
		return err
	}
	return fsys.SyncDir(path.Dir(name))
}

// NewFile makes the file name with data and syncs it. The name itself is durable once its directory is synced. When it
// fails, nothing of that name is left, as far as the disk allows.
func NewFile(fsys FS, name string, data []byte) error {
	f, err := fsys.Create(name)
	if err != nil {
		return err
	}
	if err := fill(f, data); err != nil {
		// It holds nothing that anyone was told about; that it can't even be removed adds nothing to err.
		_ = fsys.Remove(name)
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func fill(f File, data []byte) error {
	if _, err := f.WriteAt(data, 0); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Sync(); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// ReadFile returns the contents of name, or ErrTooLarge when it holds more than limit bytes.
func ReadFile(fsys FS, name string, limit int64) ([]byte, error) {
	f, err := fsys.OpenRead(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read: nothing can be lost by it
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, fmt.Errorf("read %s: %d bytes, limit %d: %w", name, size, limit, ErrTooLarge)
	}
	p := make([]byte, size)
	n, err := f.ReadAt(p, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return p[:n], nil
}

// MkdirAll makes name and its missing parents, and syncs the parent of each one that it made, outermost first: the name
// of the innermost directory survives when MkdirAll returned nil.
//
// A directory found in place is not assumed durable: another process may have made it a moment ago and not yet synced it.
// Its parent is synced too, which costs next to nothing when there is nothing to write.
func MkdirAll(fsys FS, name string) error {
	if name == "." {
		return nil
	}
	if !fs.ValidPath(name) {
		return &fs.PathError{Op: "mkdir", Path: name, Err: fs.ErrInvalid}
	}
	if err := MkdirAll(fsys, path.Dir(name)); err != nil {
		return err
	}
	if err := fsys.Mkdir(name); err != nil {
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		if info, err := fsys.Stat(name); err != nil {
			return err
		} else if !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: name, Err: syscall.ENOTDIR}
		}
	}
	return fsys.SyncDir(path.Dir(name))
}

// IsZero reports whether p holds nothing but zeros, and so need not be written where there is a hole.
func IsZero(p []byte) bool { return len(bytes.TrimLeft(p, "\x00")) == 0 }

// Exists reports whether name is there. Any error but "not there" is returned.
func Exists(fsys FS, name string) (bool, error) {
	_, err := fsys.Stat(name)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	default:
		return false, err
	}
}

// RemoveTree deletes name and everything below it, deepest first. What is already gone is not an error.
func RemoveTree(fsys FS, name string) error {
	info, err := fsys.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.IsDir() {
		entries, err := fsys.ReadDir(name)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := RemoveTree(fsys, path.Join(name, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := fsys.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// ErrLocked is wrapped when somebody else holds the lock.
var ErrLocked = errors.New("locked by a living process")

// Lock is a kernel lock on a file: it ends with the process that holds it, however that process ends.
//
// It belongs to the open file, not to the process, so two holders within one process exclude each other as well. It is
// not passed on to children. A process that hangs in the kernel keeps it until its last disk request returns.
type Lock struct{ f *os.File }

// Lock takes the lock on the file name, without waiting, making the file if create is set. ErrLocked is wrapped when it
// is held, fs.ErrNotExist when there is no such file (any longer).
func (r *Root) Lock(name string, create bool) (*Lock, error) {
	flag := os.O_RDWR
	if create {
		flag |= os.O_CREATE
	}
	f, err := r.root.OpenFile(name, flag, FileMode)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = ErrLocked
		}
		return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), f.Close())
	}
	// Between our open and our lock its holder may have finished and removed the file: then we hold nothing.
	held, err := f.Stat()
	if err == nil {
		var now fs.FileInfo
		if now, err = r.root.Lstat(name); err == nil && !os.SameFile(held, now) {
			err = fmt.Errorf("lock %s: replaced meanwhile: %w", name, fs.ErrNotExist)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Lock{f: f}, nil
}

// Note writes text into the lock file, for people who look at it; nothing depends on it.
func (l *Lock) Note(text string) error {
	if err := l.f.Truncate(0); err != nil {
		return err
	}
	_, err := l.f.WriteAt([]byte(text), 0)
	return err
}

// Release gives the lock up.
func (l *Lock) Release() error { return l.f.Close() }

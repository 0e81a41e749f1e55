package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/ilenia-live/rec/internal/diskprobe"
)

const shm = "/dev/shm"

// A place is a directory that measurements write into, one after the other.
type place struct{ dir string }

// newPlace makes it below dir. The caller calls remove.
func newPlace(dir string) (p place, err error) {
	p.dir, err = os.MkdirTemp(dir, "rec-benchmarks-")
	return p, err
}

func (p place) remove() error { return os.RemoveAll(p.dir) }

// use calls do with an empty directory, and one on a tmpfs if the stages are to be there ("volume" if not), when the file system has nothing
// left to write; and removes what was written.
func (p place) use(tmpfs bool, do func(dir, staging string) error) (err error) {
	dir, staging := filepath.Join(p.dir, "files"), "volume"
	if err := os.Mkdir(dir, 0o750); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if tmpfs {
		if staging, err = os.MkdirTemp(shm, "rec-benchmarks-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	}
	if err := (diskprobe.Bench{Dir: p.dir}).Settle(); err != nil {
		return err
	}
	return do(dir, staging)
}

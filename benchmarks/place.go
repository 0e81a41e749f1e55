package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/internal/diskprobe"
	"github.com/ilenia-live/rec/internal/exit"
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

// hasRoom is an error if the volume hasn't for what a task records.
func (p place) hasRoom(t live.Task) error {
	room, err := freeBytes(p.dir)
	if err != nil {
		return exit.Envf("--dir: %w", err)
	}
	if need := uint64(t.Bytes() + diskSlack); !t.Nothing && room < need {
		return exit.Envf("%s: %d MB are needed, the volume has %d MB", t, need/1e6, room/1e6)
	}
	return nil
}

// mayOpen is an error if one process may not have as many files as a task takes.
func mayOpen(t live.Task) error {
	if most := mostSessions(t.SessionChannels); !t.Nothing && t.Sessions() > most {
		return exit.Envf("%s: open files are limited (ulimit -n) to what %d sessions of %d channels take: try larger sessions", t, most, t.SessionChannels)
	}
	return nil
}

package recorder

import (
	"errors"
	"fmt"
	"os"
	"path"
	"time"

	"github.com/google/uuid"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
)

// instance is this process's place in the spool: a directory that it holds a kernel lock on, so that other processes on
// the same root can tell its sessions from orphans.
type instance struct {
	id   string
	root *durable.Root
	lock *durable.Lock
}

// newInstance makes the directory under a name that recovery leaves alone, locks it, and only then gives it its name:
// nobody ever sees it unlocked while we live.
func newInstance(root *durable.Root) (*instance, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	if err := durable.MkdirAll(root, layout.SpoolDir); err != nil {
		return nil, err
	}
	in := &instance{id: id.String(), root: root}
	birth := path.Join(layout.SpoolDir, layout.BirthPrefix+in.id)
	if err := root.Mkdir(birth); err != nil {
		return nil, err
	}
	undo := func(err error) error {
		if in.lock != nil {
			err = errors.Join(err, in.lock.Release())
		}
		return errors.Join(err, durable.RemoveTree(root, birth))
	}
	if in.lock, err = root.Lock(path.Join(birth, layout.LockFile), true); err != nil {
		return nil, undo(err)
	}
	host, _ := os.Hostname() // for people only
	if err := in.lock.Note(fmt.Sprintf("pid %d\nhost %s\nsince %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339))); err != nil {
		return nil, undo(err)
	}
	if err := root.SyncDir(birth); err != nil {
		return nil, undo(err)
	}
	if err := root.Rename(birth, in.dir()); err != nil {
		return nil, undo(err)
	}
	if err := root.SyncDir(layout.SpoolDir); err != nil {
		return nil, errors.Join(err, in.close())
	}
	return in, nil
}

func (in *instance) dir() string { return layout.Instance(in.id) }

// close removes the directory if no session is left in it, and gives the lock up.
func (in *instance) close() error {
	return errors.Join(spool.Retire(in.root, in.id), in.lock.Release())
}

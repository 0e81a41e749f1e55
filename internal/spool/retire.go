package spool

import (
	"errors"
	"io/fs"
	"path"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
)

// Retire removes the directory of an instance in which no session is left; one with anything in it stays as it is. The
// caller holds its lock, and releases it afterwards.
//
// The directory first gets the name of one that is being born, under which recoveries leave it alone: at no moment is there
// an instance without its lock file.
func Retire(fsys durable.FS, instance string) error {
	dir := layout.Instance(instance)
	entries, err := fsys.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || len(entries) != 1 || entries[0].Name() != layout.LockFile {
		return err
	}
	// What was removed from it stays so: under its last name nobody would look for a session that came back.
	if err := fsys.SyncDir(dir); err != nil {
		return err
	}
	last := path.Join(layout.SpoolDir, layout.BirthPrefix+instance)
	if err := fsys.Rename(dir, last); err != nil {
		return err
	}
	return durable.RemoveTree(fsys, last)
}

package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// Files are the open files of a session in progress.
type Files struct {
	Journal durable.File
	Parts   []durable.File // in the order of Meta.Channels
}

// Close closes all of them.
func (f *Files) Close() error {
	var errs []error
	for _, p := range f.Parts {
		errs = append(errs, p.Close())
	}
	if f.Journal != nil {
		errs = append(errs, f.Journal.Close())
	}
	f.Parts, f.Journal = nil, nil
	return errors.Join(errs...)
}

// Create makes the directory of a session, with everything in it, and returns when its name is on stable storage.
//
// It is built under another name and renamed last: a directory that ends in layout.NewSuffix belongs to a Create that
// never returned, and nothing in it was ever accepted. makeStage is called when session.json, which tells where the stage
// is, is in place.
func Create(fsys durable.FS, m Meta, makeStage func(dir string) error) (_ *Files, err error) {
	dir := m.Dir()
	tmp := dir + layout.NewSuffix
	if there, err := durable.Exists(fsys, dir); err != nil {
		return nil, err
	} else if there {
		return nil, fmt.Errorf("create %s: %w", dir, fs.ErrExist)
	}
	// Left by a Create of the same id that failed half-way.
	if err := durable.RemoveTree(fsys, tmp); err != nil {
		return nil, err
	}
	if err := fsys.Mkdir(tmp); err != nil {
		return nil, err
	}
	stays := false
	defer func() {
		if err != nil && !stays {
			err = errors.Join(err, durable.RemoveTree(fsys, tmp))
		}
	}()
	p, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := durable.WriteFile(fsys, path.Join(tmp, layout.SessionFile), append(p, '\n')); err != nil {
		return nil, err
	}
	if err := makeStage(tmp); err != nil {
		return nil, err
	}
	for _, c := range m.Channels {
		var header [wavfile.HeaderSize]byte
		if err := EncodeHeader(&header, m.Header(c), Mark{}, &[RecentMarks]Mark{}, Mark{}); err != nil {
			return nil, err
		}
		if err := begin(fsys, path.Join(tmp, layout.Part(c.ID)), header[:]); err != nil {
			return nil, err
		}
	}
	if err := begin(fsys, path.Join(tmp, layout.JournalFile), nil); err != nil {
		return nil, err
	}
	// For finalize, which moves files there that are durable: so must its name be, and here that costs nothing.
	if err := fsys.Mkdir(path.Join(tmp, layout.PubDir)); err != nil {
		return nil, err
	}
	if err := fsys.SyncDir(tmp); err != nil {
		return nil, err
	}
	files := &Files{}
	err = fsys.Rename(tmp, dir)
	if err == nil {
		files, err = open(fsys, m)
	}
	if err == nil {
		err = fsys.SyncDir(path.Dir(dir))
	}
	if err != nil {
		// First, for it may be descriptors that are missing.
		err = errors.Join(err, files.Close())
		// Also a rename that failed may have happened. Under its first name it is again what nothing was accepted for.
		back := fsys.Rename(dir, tmp)
		if back == nil {
			// Before anything in it goes: half a session under its last name is one that no crash explains.
			back = fsys.SyncDir(path.Dir(dir))
		}
		if stays = back != nil && !errors.Is(back, fs.ErrNotExist); stays {
			err = errors.Join(err, back)
		}
		return nil, err
	}
	return files, nil
}

// begin makes a file. It isn't synced: a header that is lost with the power is rebuilt from session.json.
func begin(fsys durable.FS, name string, contents []byte) error {
	f, err := fsys.Create(name)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(contents, 0)
	return errors.Join(err, f.Close())
}

// open opens the session's files under their final names, which are what a later error will show.
func open(fsys durable.FS, m Meta) (_ *Files, err error) {
	files := &Files{}
	if files.Journal, err = fsys.Open(path.Join(m.Dir(), layout.JournalFile)); err != nil {
		return files, err
	}
	for _, c := range m.Channels {
		f, err := fsys.Open(path.Join(m.Dir(), layout.Part(c.ID)))
		if err != nil {
			return files, err
		}
		files.Parts = append(files.Parts, f)
	}
	return files, nil
}

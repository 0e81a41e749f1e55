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
	files := &Files{}
	defer func() {
		if err != nil {
			err = errors.Join(err, files.Close(), durable.RemoveTree(fsys, tmp))
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
		f, err := fsys.Create(path.Join(tmp, layout.Part(c.ID)))
		if err != nil {
			return nil, err
		}
		files.Parts = append(files.Parts, f)
		var header [wavfile.HeaderSize]byte
		if err := EncodeHeader(&header, m.Header(c), Mark{}, &[RecentMarks]Mark{}); err != nil {
			return nil, err
		}
		// Not synced: a header that is lost with the power is rebuilt from session.json.
		if _, err := f.WriteAt(header[:], 0); err != nil {
			return nil, err
		}
	}
	if files.Journal, err = fsys.Create(path.Join(tmp, layout.JournalFile)); err != nil {
		return nil, err
	}
	if err := fsys.SyncDir(tmp); err != nil {
		return nil, err
	}
	if err := fsys.Rename(tmp, dir); err != nil {
		return nil, err
	}
	if err := fsys.SyncDir(path.Dir(dir)); err != nil {
		// The rename happened, so the cleanup above would miss it.
		return nil, errors.Join(err, durable.RemoveTree(fsys, dir))
	}
	return files, nil
}

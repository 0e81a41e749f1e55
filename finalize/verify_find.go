package finalize

import (
	"cmp"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
)

// trashDir is where retention puts what it will purge.
const trashDir = ".trash"

// maxDepth ends the walk through directories that are nested for no good reason; a recordings root needs five.
const maxDepth = 32

// A finder walks a directory tree and tells recordings from the places that only hold them.
//
// Three things are recordings: a directory with a manifest, wherever it lies; a directory where the date folders say
// that one must be; and a directory outside of them that holds audio. The last two without a manifest are findings.
type finder struct {
	fsys       durable.FS
	recordings []string
	report     VerifyReport // counts of the places beside, and findings about what is no recording
}

// find starts at dir, which may lie anywhere: its own name tells how deep in the date folders it is.
func (f *finder) find(dir string) error {
	entries, err := f.fsys.ReadDir(dir)
	if err != nil {
		return err
	}
	isManifest := func(e fs.DirEntry) bool { return e.Name() == layout.ManifestFile && e.Type().IsRegular() }
	depth := 0
	if dir != "." {
		for _, part := range strings.Split(path.Clean(dir), "/") {
			depth = dateDepth(depth, part)
		}
	}
	switch {
	case slices.ContainsFunc(entries, isManifest) || depth == sessionDepth:
		f.recordings = append(f.recordings, dir)
		return nil
	default:
		return f.walk(dir, depth, 0)
	}
}

// Depths within the date folders: 0 outside of them, 1 to 3 in a year, month and day, and then a session.
const (
	dayDepth     = 3
	sessionDepth = 4
)

// dateDepth is how deep the directory name lies, in a directory of the given depth.
func dateDepth(parent int, name string) int {
	digits := func(n int) bool { return len(name) == n && strings.Trim(name, "0123456789") == "" }
	switch {
	case parent == dayDepth:
		return sessionDepth
	case parent == 0 && digits(4), (parent == 1 || parent == 2) && digits(2):
		return parent + 1
	}
	return 0
}

func (f *finder) walk(dir string, depth, level int) error {
	entries, err := f.fsys.ReadDir(dir)
	if err != nil && level > 0 {
		// One directory that can't be read must not hide the others.
		f.wrong(dir, "", err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	holdsAudio := false
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
			f.beside(dir, e.Name())
		case !e.IsDir() && depth > 0:
			f.wrong(dir, e.Name(), "lies in a date folder, outside of every recording")
		case !e.IsDir():
			holdsAudio = holdsAudio || strings.HasSuffix(e.Name(), layout.WAVSuffix)
		case level == maxDepth:
			f.wrong(dir, e.Name(), "lies too deep to be looked at")
		default:
			if err := f.descend(name, depth, level); err != nil {
				return err
			}
		}
	}
	// The place that the caller named may hold anything of his.
	if holdsAudio && level > 0 {
		f.wrong(dir, "", "holds audio and no "+layout.ManifestFile)
	}
	return nil
}

func (f *finder) descend(name string, parent, level int) error {
	depth := dateDepth(parent, path.Base(name))
	info, err := f.fsys.Stat(path.Join(name, layout.ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	// A session may be called like the file.
	there := info != nil && info.Mode().IsRegular()
	switch {
	case there || depth == sessionDepth || err != nil: // an error will come back when the manifest is read
		f.recordings = append(f.recordings, name)
		return nil
	case depth == 0 && parent > 0:
		f.wrong(name, "", "lies where a month or a day should be")
		return nil
	}
	return f.walk(name, depth, level+1)
}

// beside counts what the recorder keeps next to the finished recordings. Other hidden names are none of our business.
func (f *finder) beside(dir, name string) {
	dir = path.Join(dir, name)
	switch name {
	case layout.SpoolDir:
		for _, instance := range f.dirs(dir) {
			f.report.InSpool += len(f.dirs(path.Join(dir, instance)))
		}
	case layout.QuarantineDir:
		f.report.Quarantined += len(f.dirs(dir))
	case trashDir:
		f.report.Trashed += len(f.dirs(dir))
	}
}

// dirs returns the names of the directories in dir; none if it can't be listed, as a recorder at work may have removed it
// meanwhile.
func (f *finder) dirs(dir string) []string {
	entries, _ := f.fsys.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

func (f *finder) wrong(dir, file, problem string) {
	f.report.Findings = append(f.report.Findings, Finding{Recording: dir, File: file, Problem: problem})
}

// sortFindings brings them into the order of the recordings; within one, they stay as they were found.
func sortFindings(all []Finding) {
	slices.SortStableFunc(all, func(a, b Finding) int { return cmp.Compare(a.Recording, b.Recording) })
}

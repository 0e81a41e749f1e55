package faultfs

import (
	"fmt"
	"sync"

	"github.com/ilenia-live/rec/internal/durable"
)

func (f *FS) Create(name string) (durable.File, error) { return f.open("Create", name, f.inner.Create) }
func (f *FS) Open(name string) (durable.File, error)   { return f.open("Open", name, f.inner.Open) }
func (f *FS) OpenRead(name string) (durable.File, error) {
	return f.open("OpenRead", name, f.inner.OpenRead)
}

func (f *FS) open(op, name string, call func(string) (durable.File, error)) (durable.File, error) {
	flt := f.count(op, name)
	if flt != nil && flt.mode != After {
		return nil, flt.err
	}
	inner, err := call(name)
	if flt != nil {
		if err == nil {
			_ = inner.Close() // nobody will: the caller is told that there is none
		}
		return nil, flt.err
	}
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.opened++
	f.mu.Unlock()
	return &file{fs: f, name: name, inner: inner}, nil
}

// file numbers its calls together with those of its FS.
type file struct {
	fs    *FS
	name  string
	inner durable.File
	shut  sync.Once
}

func (f *file) ReadAt(p []byte, off int64) (n int, err error) {
	flt := f.fs.count("ReadAt", f.span(p, off))
	if flt != nil {
		return 0, flt.err // whether something was read is nobody's business
	}
	return f.inner.ReadAt(p, off)
}

func (f *file) WriteAt(p []byte, off int64) (n int, err error) {
	return f.write("WriteAt", f.inner.WriteAt, p, off, 1)
}

func (f *file) Direct() int { return f.inner.Direct() } // asks nothing of the disk

func (f *file) WriteDirect(p []byte, off int64) (n int, err error) {
	return f.write("WriteDirect", f.inner.WriteDirect, p, off, f.inner.Direct())
}

func (f *file) write(op string, call func([]byte, int64) (int, error), p []byte, off int64, align int) (n int, err error) {
	flt := f.fs.count(op, f.span(p, off))
	if flt == nil {
		return call(p, off)
	}
	switch flt.mode {
	case After:
		_, _ = call(p, off)
	case Torn:
		n, _ = call(p[:len(p)/2/align*align], off)
	}
	return n, flt.err
}

func (f *file) Reserve(off, n int64) error {
	return f.fs.do("Reserve", fmt.Sprintf("%s [%d,%d)", f.name, off, off+n), func() error { return f.inner.Reserve(off, n) })
}

func (f *file) NextData(off int64) (at int64, err error) {
	err = f.fs.do("NextData", fmt.Sprintf("%s %d", f.name, off), func() (err error) { at, err = f.inner.NextData(off); return err })
	return at, err
}

func (f *file) span(p []byte, off int64) string {
	return fmt.Sprintf("%s [%d,%d)", f.name, off, off+int64(len(p)))
}

func (f *file) Truncate(size int64) error {
	return f.fs.do("Truncate", fmt.Sprintf("%s %d", f.name, size), func() error { return f.inner.Truncate(size) })
}

func (f *file) Sync() error { return f.fs.do("Sync", f.name, f.inner.Sync) }

func (f *file) Size() (size int64, err error) {
	err = f.fs.do("Size", f.name, func() (err error) { size, err = f.inner.Size(); return err })
	if err != nil {
		return 0, err
	}
	return size, nil
}

// Close closes the inner file in every mode, as Linux does: a descriptor is gone after close(2), whatever it returned.
func (f *file) Close() error {
	flt := f.fs.count("Close", f.name)
	f.shut.Do(func() {
		f.fs.mu.Lock()
		f.fs.opened--
		f.fs.mu.Unlock()
	})
	err := f.inner.Close()
	if flt != nil {
		return flt.err
	}
	return err
}

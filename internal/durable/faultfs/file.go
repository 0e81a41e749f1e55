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
	flt := f.count(op, name, "")
	if flt != nil && flt.Mode != After && flt.Mode != Skip {
		return nil, flt.Err
	}
	inner, err := call(name)
	if flt != nil && flt.Mode == After {
		if err == nil {
			_ = inner.Close() // nobody will: the caller is told that there is none
		}
		return nil, flt.Err
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
	err = f.fs.ask("ReadAt", f.name, func() (err error) { n, err = f.inner.ReadAt(p, off); return err })
	return n, err
}

func (f *file) WriteAt(p []byte, off int64) (n int, err error) {
	return f.write("WriteAt", f.inner.WriteAt, p, off, 1)
}

func (f *file) Direct() int { return f.inner.Direct() } // asks nothing of the disk

func (f *file) WriteDirect(p []byte, off int64) (n int, err error) {
	return f.write("WriteDirect", f.inner.WriteDirect, p, off, f.inner.Direct())
}

func (f *file) write(op string, call func([]byte, int64) (int, error), p []byte, off int64, align int) (n int, err error) {
	flt := f.fs.count(op, f.name, fmt.Sprintf(" [%d,%d)", off, off+int64(len(p))))
	if flt == nil {
		return call(p, off)
	}
	switch flt.Mode {
	case Skip:
		return len(p), nil
	case After:
		_, _ = call(p, off)
	case Torn:
		n, _ = call(p[:len(p)/2/align*align], off)
	case Scattered:
		f.scatter(p, off)
	}
	return n, flt.Err
}

func (f *file) Reserve(off, n int64) error {
	return f.fs.do("Reserve", f.name, fmt.Sprintf(" [%d,%d)", off, off+n), func() error { return f.inner.Reserve(off, n) })
}

func (f *file) NextData(off int64) (at int64, err error) {
	err = f.fs.ask("NextData", f.name, func() (err error) { at, err = f.inner.NextData(off); return err })
	return at, err
}

const sectorBytes = 512

// scatter writes what lies in sectors of an odd number.
func (f *file) scatter(p []byte, off int64) {
	for at := off; at < off+int64(len(p)); {
		number := at / sectorBytes
		to := min(off+int64(len(p)), (number+1)*sectorBytes)
		if number%2 == 1 {
			_, _ = f.inner.WriteAt(p[at-off:to-off], at) // its error, if any, is covered by ours
		}
		at = to
	}
}

func (f *file) Truncate(size int64) error {
	return f.fs.do("Truncate", f.name, fmt.Sprintf(" %d", size), func() error { return f.inner.Truncate(size) })
}

// Sync tells an inner file that knows of such things when it was made to fail: what it was about is lost then, as Linux does it.
func (f *file) Sync() error {
	err := f.fs.do("Sync", f.name, "", func() error { return f.inner.Sync() })
	if disk, ok := f.inner.(interface{ SyncFailed() }); ok && err != nil {
		disk.SyncFailed()
	}
	return err
}

func (f *file) Size() (size int64, err error) {
	err = f.fs.ask("Size", f.name, func() (err error) { size, err = f.inner.Size(); return err })
	if err != nil {
		return 0, err
	}
	return size, nil
}

// Close closes the inner file in every mode, as Linux does: a descriptor is gone after close(2), whatever it returned.
func (f *file) Close() error {
	flt := f.fs.count("Close", f.name, "")
	f.shut.Do(func() {
		f.fs.mu.Lock()
		f.fs.opened--
		f.fs.mu.Unlock()
	})
	err := f.inner.Close()
	if flt != nil && flt.Mode != Skip {
		return flt.Err
	}
	return err
}

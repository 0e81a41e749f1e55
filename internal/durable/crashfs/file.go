package crashfs

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/ilenia-live/rec/internal/durable"
)

// file is an open file. It stays what it is when its name goes.
type file struct {
	disk     *Disk
	name     string // it was opened by
	id       int
	readOnly bool
	closed   bool
}

// use returns the file's node, with the disk's lock held, or an error, without it.
func (f *file) use(op string, write bool) (*node, error) {
	f.disk.begin(op)
	switch {
	case f.closed:
		f.disk.mu.Unlock()
		return nil, pathError(op, f.name, fs.ErrClosed)
	case write && f.readOnly:
		f.disk.mu.Unlock()
		return nil, pathError(op, f.name, syscall.EBADF)
	}
	return f.disk.now.nodes[f.id], nil
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.use("ReadAt", false)
	if err != nil {
		return 0, err
	}
	defer f.disk.mu.Unlock()
	if off < 0 {
		return 0, pathError("ReadAt", f.name, syscall.EINVAL)
	}
	got := copy(p, n.data[min(off, int64(len(n.data))):])
	if got < len(p) {
		return got, io.EOF
	}
	return got, nil
}

func (f *file) WriteAt(p []byte, off int64) (int, error) {
	if _, err := f.use("WriteAt", true); err != nil {
		return 0, err
	}
	defer f.disk.mu.Unlock()
	if off < 0 {
		return 0, pathError("WriteAt", f.name, syscall.EINVAL)
	}
	if len(p) > 0 {
		f.disk.change(entry{op: "WriteAt", subject: f.name, node: f.id, off: off, data: bytes.Clone(p)})
	}
	return len(p), nil
}

// Direct says that the file can be written past a cache, so that whoever writes does as on a real disk. Here it is the same.
func (f *file) Direct() int { return durable.MaxAlign }

func (f *file) WriteDirect(p []byte, off int64) (int, error) {
	if off%durable.MaxAlign != 0 || len(p)%durable.MaxAlign != 0 {
		return 0, pathError("WriteDirect", f.name, syscall.EINVAL)
	}
	return f.WriteAt(p, off)
}

func (f *file) Reserve(off, n int64) error {
	size, err := f.Size()
	if err != nil || off+n <= size {
		return err
	}
	return f.Truncate(off + n)
}

func (f *file) NextData(off int64) (int64, error) {
	if size, err := f.Size(); err != nil || off >= size {
		return -1, err
	}
	return off, nil
}

func (f *file) Truncate(size int64) error {
	n, err := f.use("Truncate", true)
	if err != nil {
		return err
	}
	defer f.disk.mu.Unlock()
	if size < 0 {
		return pathError("Truncate", f.name, syscall.EINVAL)
	}
	if size != int64(len(n.data)) {
		f.disk.change(entry{op: "Truncate", subject: f.name, node: f.id, off: size, cuts: true})
	}
	return nil
}

func (f *file) Size() (int64, error) {
	n, err := f.use("Size", false)
	if err != nil {
		return 0, err
	}
	defer f.disk.mu.Unlock()
	return int64(len(n.data)), nil
}

func (f *file) Sync() error {
	f.disk.mu.Lock()
	began := len(f.disk.log)
	f.disk.mu.Unlock()
	if _, err := f.use("Sync", false); err != nil {
		return err
	}
	defer f.disk.mu.Unlock()
	f.disk.log = append(f.disk.log, entry{op: "Sync", subject: f.name, node: f.id, synced: true, upTo: began})
	return nil
}

// SyncFailed is for a wrapper that makes Sync fail without calling it: what that Sync was about is lost, unless it is written again.
func (f *file) SyncFailed() {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	f.disk.log = append(f.disk.log, entry{op: "failed Sync", subject: f.name, node: f.id, lost: true})
}

func (f *file) Close() error {
	if _, err := f.use("Close", false); err != nil {
		return err
	}
	f.closed = true
	f.disk.mu.Unlock()
	return nil
}

// entry is one change, one sync, or a note.
type entry struct {
	op, subject string
	note        any

	// A change of names, and what was made for it.
	names []nameChange
	made  int
	mode  fs.FileMode // with node: a change of mode

	// A change of a file's bytes or length.
	node int
	off  int64
	data []byte
	cuts bool // to the length off

	// A sync of node that succeeded, of all before upTo; or one that lost all before it.
	synced bool
	upTo   int
	lost   bool
}

type nameChange struct {
	dir  int
	name string
	to   int // 0: nothing any longer
}

func (e *entry) String() string {
	switch {
	case e.data != nil:
		return fmt.Sprintf("%s %s [%d,%d)", e.op, e.subject, e.off, e.off+int64(len(e.data)))
	case e.cuts:
		return fmt.Sprintf("%s %s %d", e.op, e.subject, e.off)
	default:
		return e.op + " " + e.subject
	}
}

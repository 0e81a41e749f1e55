package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Mapping is memory that outlives the process: a file mapped shared, so that a store into it belongs to the kernel as
// soon as it is made. It survives kill -9, not a loss of power.
type Mapping struct {
	Bytes []byte
	Lazy  bool // Back decides what of it is there

	mu sync.RWMutex // keeps Back and Drop off memory that was given back
}

// CreateMapping makes the file name with size bytes, all zero, and maps it for reading and writing.
//
// The room is allocated before it is mapped: storing into a page for which a full volume has no room would be SIGBUS, which
// kills the process. (A volume that copies on write, btrfs say, may want room again for a page it wrote back; stages belong
// on a tmpfs there.) The pages are faulted in at once; on a tmpfs no store waits for anything after that.
func (r *Root) CreateMapping(name string, size int64) (*Mapping, error) {
	f, err := r.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, FileMode)
	if err != nil {
		return nil, err
	}
	return r.mapFile(f, name, size, unix.MAP_POPULATE, func() error { return unix.Fallocate(int(f.Fd()), 0, 0, size) })
}

// CreateLazyMapping is CreateMapping, on a tmpfs, of memory that takes room only where Back is called; nothing else of it may be touched.
// A kernel before 5.14 can't say whether there is room: then the mapping isn't lazy.
func (r *Root) CreateLazyMapping(name string, size int64) (*Mapping, error) {
	f, err := r.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, FileMode)
	if err != nil {
		return nil, err
	}
	m, err := r.mapFile(f, name, size, 0, func() error { return f.Truncate(size) })
	if err != nil {
		return nil, err
	}
	m.Lazy = true
	if err := m.Back(0, pageSize); errors.Is(err, unix.EINVAL) {
		if err := errors.Join(m.Close(), r.root.Remove(name)); err != nil {
			return nil, err
		}
		return r.CreateMapping(name, size)
	} else if err != nil {
		return nil, errors.Join(err, m.Close(), r.root.Remove(name))
	}
	return m, nil
}

// mapFile maps a new file, which is closed in any case, and gone if that fails.
func (r *Root) mapFile(f *os.File, name string, size int64, flags int, allocate func() error) (*Mapping, error) {
	err := allocate()
	var mem []byte
	if err == nil {
		mem, err = unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|flags)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("allocate %s, %d bytes: %w", name, size, err), f.Close(), r.root.Remove(name))
	}
	// The mapping holds the file; the descriptor is not needed any longer, and there may be thousands.
	if err := f.Close(); err != nil {
		return nil, errors.Join(err, unix.Munmap(mem))
	}
	return &Mapping{Bytes: mem}, nil
}

// Back takes room for the bytes [off, off+n) and returns when a store into them waits for nothing. Offsets are rounded to pages. An
// error says that there is no room: then nobody may touch what was not backed before.
func (m *Mapping) Back(off, n int64) error {
	return m.advise(off, n, unix.MADV_POPULATE_WRITE)
}

// Drop gives back the room of the whole pages in [off, off+n). What was in them is gone; nobody may touch them before they are backed anew.
func (m *Mapping) Drop(off, n int64) error {
	from := (off + pageSize - 1) / pageSize * pageSize
	to := (off + n) / pageSize * pageSize
	if from >= to {
		return nil
	}
	return m.advise(from, to-from, unix.MADV_REMOVE)
}

func (m *Mapping) advise(off, n int64, advice int) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.Bytes == nil {
		return fs.ErrClosed
	}
	if n == 0 {
		return nil
	}
	from := off / pageSize * pageSize
	for {
		err := unix.Madvise(m.Bytes[from:off+n], advice)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) && !errors.Is(err, unix.EAGAIN) {
			return fmt.Errorf("memory of a stage, bytes %d to %d: %w", from, off+n, err)
		}
	}
}

var pageSize = int64(os.Getpagesize())

// Close unmaps. Nobody may touch Bytes afterwards; the file stays.
func (m *Mapping) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	mem := m.Bytes
	m.Bytes = nil
	return unix.Munmap(mem)
}

// FreeBytes returns the room left on the volume for an ordinary user.
func (r *Root) FreeBytes() (int64, error) {
	st, err := r.statfs()
	if err != nil {
		return 0, err
	}
	return int64(st.Bavail) * st.Bsize, nil
}

// InMemory reports whether the root lies on a tmpfs, whose pages are never written to a disk.
func (r *Root) InMemory() (bool, error) {
	st, err := r.statfs()
	if err != nil {
		return false, err
	}
	return st.Type == unix.TMPFS_MAGIC, nil
}

func (r *Root) statfs() (unix.Statfs_t, error) {
	var st unix.Statfs_t
	d, err := r.root.Open(".")
	if err != nil {
		return st, err
	}
	err = unix.Fstatfs(int(d.Fd()), &st)
	return st, errors.Join(err, d.Close())
}

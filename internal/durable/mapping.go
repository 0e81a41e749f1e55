package durable

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Mapping is memory that outlives the process: a file mapped shared, so that a store into it belongs to the kernel as
// soon as it is made. It survives kill -9, not a loss of power.
type Mapping struct {
	Bytes []byte
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
	fd := int(f.Fd())
	err = unix.Fallocate(fd, 0, 0, size)
	var mem []byte
	if err == nil {
		mem, err = unix.Mmap(fd, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
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

// Close unmaps. Nobody may touch Bytes afterwards; the file stays.
func (m *Mapping) Close() error {
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

// Package fusefs mounts a durable.FS, so that a process which knows nothing of it takes it for a disk: each of its system calls
// becomes a call of the FS, and what the FS answers becomes what the system call returned.
//
// Over faultfs that is a disk whose n-th call fails, or takes long; over crashfs one that can be looked at as it would be after
// a loss of power; over durable.Root a window on a real directory.
//
// The kernel caches names for as long as the mount lives, so the FS must not change behind it. It keeps locks (flock) by itself, and
// pages of files that are mapped, which it writes back when they are unmapped, also by the death of a process. Only root may
// mount. This is the one package that knows go-fuse.
package fusefs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"syscall"
	"time"

	fusenodes "github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/ilenia-live/rec/internal/durable"
)

// Mount serves fsys at dir, an empty directory, until unmount is called.
func Mount(dir string, fsys durable.FS) (unmount func() error, err error) {
	s := &server{fsys: fsys, since: time.Now()}
	forLong := 24 * time.Hour
	f, err := fusenodes.Mount(dir, &node{server: s}, &fusenodes.Options{
		EntryTimeout: &forLong, AttrTimeout: &forLong,
		MountOptions: fuse.MountOptions{
			DirectMountStrict: true, DirectMountFlags: syscall.MS_NOSUID | syscall.MS_NODEV,
			FsName: "rec-sim", Name: "rec-sim", DisableXAttrs: true, MaxWrite: 1 << 20,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("mount %s: %w", dir, err)
	}
	return func() error {
		if err := f.Unmount(); err != nil {
			// Somebody still has a file open, or works in it. Out of sight it ends when they do.
			return errors.Join(fmt.Errorf("unmount %s: %w", dir, err), syscall.Unmount(dir, syscall.MNT_DETACH))
		}
		f.Wait()
		return nil
	}, nil
}

type server struct {
	fsys  durable.FS
	since time.Time
}

// errno is what a system call returns for an error.
func errno(err error) syscall.Errno {
	var no syscall.Errno
	switch {
	case err == nil:
		return 0
	case errors.As(err, &no):
		return no
	case errors.Is(err, fs.ErrNotExist):
		return syscall.ENOENT
	case errors.Is(err, fs.ErrExist):
		return syscall.EEXIST
	case errors.Is(err, fs.ErrInvalid):
		return syscall.EINVAL
	default:
		return syscall.EIO
	}
}

func (s *server) attr(out *fuse.Attr, mode fs.FileMode, size int64) {
	out.Mode = kind(mode) | uint32(mode.Perm())
	out.Size, out.Blocks, out.Blksize, out.Nlink = uint64(size), uint64(size+511)/512, 4096, 1
	out.SetTimes(&s.since, &s.since, &s.since)
}

func kind(mode fs.FileMode) uint32 {
	if mode.IsDir() {
		return syscall.S_IFDIR
	}
	return syscall.S_IFREG
}

// handle is an open file.
type handle struct{ file durable.File }

func (h *handle) size() (int64, error) { return h.file.Size() }

func (h *handle) read(dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n, err := h.file.ReadAt(dest, off)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errno(err)
	}
	return fuse.ReadResultData(dest[:n]), 0
}

func (h *handle) write(data []byte, off int64) (uint32, syscall.Errno) {
	n, err := h.file.WriteAt(data, off)
	if err != nil && !(n > 0 && errors.Is(err, io.ErrShortWrite)) {
		return 0, errno(err)
	}
	return uint32(n), 0
}

// below is the name of something in a node's directory.
func (n *node) below(name string) string { return path.Join(n.name(), name) }

func (n *node) name() string {
	if p := n.Path(nil); p != "" {
		return p
	}
	return "."
}

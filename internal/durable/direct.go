package durable

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// MaxAlign is the alignment that a File's Direct asks for, in bytes: a page, a block of the file system, and a sector of disks of the larger
// kind. Disks of the smaller kind would take 512, but a piece of a block makes the file system wait.
const MaxAlign = 4096

// Direct finds out once whether the file can be written past the page cache.
//
// Only on ext4 and xfs: elsewhere the kernel reads the memory more than once (btrfs, for its checksums) or takes the request and
// caches all the same, and there is nothing to win.
func (f *osFile) Direct() int {
	if f.align == 0 {
		f.align = f.directAlign()
	}
	return max(f.align, 0)
}

func (f *osFile) directAlign() int {
	const no = -1
	var st unix.Statfs_t
	if err := unix.Fstatfs(f.fd, &st); err != nil || st.Type != unix.EXT4_SUPER_MAGIC && st.Type != unix.XFS_SUPER_MAGIC {
		return no
	}
	var stx unix.Statx_t
	if err := unix.Statx(f.fd, "", unix.AT_EMPTY_PATH, unix.STATX_DIOALIGN, &stx); err != nil || stx.Mask&unix.STATX_DIOALIGN == 0 {
		return no // a kernel before 6.1
	}
	if a := max(stx.Dio_mem_align, stx.Dio_offset_align); stx.Dio_offset_align == 0 || MaxAlign%a != 0 {
		return no
	}
	return MaxAlign
}

func (f *osFile) WriteDirect(p []byte, off int64) (int, error) {
	if f.align < 0 {
		return f.WriteAt(p, off)
	}
	if err := f.setDirect(true); err != nil {
		return 0, err
	}
	for done := 0; ; {
		n, err := unix.Pwrite(f.fd, p[done:], off+int64(done))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		done += max(n, 0)
		switch {
		case errors.Is(err, unix.EINVAL):
			// Not here, whatever the file system says of itself: from now on through the page cache.
			f.align = -1
			n, err := f.WriteAt(p[done:], off+int64(done))
			return done + n, err
		case err != nil:
			return done, &fs.PathError{Op: "write", Path: f.Name(), Err: err}
		case done == len(p):
			return done, nil
		}
	}
}

// WriteAt and ReadAt go through the page cache, for pieces of any length.
func (f *osFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.setDirect(false); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, off)
}

func (f *osFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.setDirect(false); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

// setDirect changes the descriptor's way of writing, unless it is the one asked for. A second descriptor would do too, but there may be thousands of files.
func (f *osFile) setDirect(on bool) error {
	if f.direct == on {
		return nil
	}
	flags := unix.O_NONBLOCK
	if on {
		flags |= unix.O_DIRECT
	}
	if _, err := unix.FcntlInt(uintptr(f.fd), unix.F_SETFL, flags); err != nil {
		return &fs.PathError{Op: "fcntl", Path: f.Name(), Err: err}
	}
	f.direct = on
	return nil
}

func (f *osFile) Reserve(off, n int64) error {
	return uninterrupted("fallocate", f.Name(), func() error { return unix.Fallocate(f.fd, 0, off, n) })
}

func (f *osFile) NextData(off int64) (int64, error) {
	at, err := unix.Seek(f.fd, off, unix.SEEK_DATA)
	switch {
	case err == nil:
		return at, nil
	case errors.Is(err, unix.ENXIO):
		return -1, nil
	case errors.Is(err, unix.EINVAL):
		return off, nil // a file system that can't tell
	}
	return 0, &fs.PathError{Op: "lseek", Path: f.Name(), Err: err}
}

// Package staging decides where the memory of sessions in progress lives: on a tmpfs, which no disk can slow down, or on
// the recordings volume, which also outlives a container.
//
// Both survive the death of the process. A tmpfs never waits for a disk (contract C6 to the letter), but it ends with the
// container it belongs to, and with the machine. The volume survives both, but the kernel may hold up a store into one of
// its pages while the file system is frozen, full or its journal is stuck. Hence the automatic choice: a tmpfs with room,
// but the volume where this process is what its container lives for, so that the tmpfs would end with the process.
package staging

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/ilenia-live/rec/internal/durable"
)

// Policies. Any other value is the path of a directory on a tmpfs.
const (
	Auto   = ""
	Volume = "volume"
)

const (
	shm = "/dev/shm"
	// minFree is the room that a tmpfs must have to be chosen by itself: Docker gives a container 64 MiB by default, and a
	// session of two channels takes 0.4 MiB.
	minFree = 256 << 20
)

// Choose returns the directory for stages under a policy, made if need be, or "" for the recordings volume.
func Choose(policy string) (string, error) {
	switch policy {
	case Volume:
		return "", nil
	case Auto:
		if endsWithContainer(os.Getpid(), os.Getppid(), containerMarks()) {
			return "", nil
		}
		dir, err := prepare(filepath.Join(shm, "rec-"+strconv.Itoa(os.Geteuid())))
		if err != nil {
			return "", nil // not to be had: the volume always is
		}
		return dir, nil
	default:
		dir, err := prepare(policy)
		if err != nil {
			return "", fmt.Errorf("staging directory: %w", err)
		}
		return dir, nil
	}
}

// endsWithContainer reports whether a process looks like the main one of a container: there are the marks that Docker,
// Podman or Kubernetes leave, and it is the first process, or the child of a minimal init or shell that is.
func endsWithContainer(pid, parent int, marked bool) bool {
	return marked && (pid == 1 || parent == 1)
}

func containerMarks() bool {
	for _, name := range []string{"/.dockerenv", "/run/.containerenv"} {
		if _, err := os.Stat(name); err == nil {
			return true
		}
	}
	return os.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

func prepare(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	err = os.Mkdir(dir, 0o700)
	if err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	made := err == nil
	if err := suits(dir); err != nil {
		if made {
			err = errors.Join(err, os.Remove(dir))
		}
		return "", err
	}
	return dir, nil
}

// suits returns nil if stages can be made in dir: it is ours, in memory, and has room.
func suits(dir string) error {
	root, err := OpenOwn(dir)
	if err != nil {
		return err
	}
	inMemory, err := root.InMemory()
	free, err2 := root.FreeBytes()
	if err := errors.Join(err, err2, root.Close()); err != nil {
		return err
	}
	if !inMemory {
		return fmt.Errorf("%s is not on a tmpfs", dir)
	}
	if free < minFree {
		return fmt.Errorf("%s has %d bytes free, want %d", dir, free, minFree)
	}
	return nil
}

// OpenOwn opens a directory in which to make stages: what Open asks for, and it must be our own also when we are root, who
// would otherwise put the memory of sessions where somebody else can change it.
func OpenOwn(dir string) (*durable.Root, error) {
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	if owner, ok := ownerOf(info); !ok || owner != os.Geteuid() {
		return nil, fmt.Errorf("open %s: it belongs to user %d", dir, owner)
	}
	return Open(dir)
}

func ownerOf(info os.FileInfo) (uid int, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1, false
	}
	return int(st.Uid), true
}

// Open opens a directory of stages, to recover what they hold. In a place where everybody may write, such as /dev/shm,
// somebody else could have made it first: it must be a real directory, ours (or we are root), and closed to others.
func Open(dir string) (*durable.Root, error) {
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("open %s: %s, want a directory", dir, info.Mode().Type())
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("open %s: mode %o, want one that nobody else may write to", dir, info.Mode().Perm())
	}
	if owner, ok := ownerOf(info); !ok || owner != os.Geteuid() && os.Geteuid() != 0 {
		return nil, fmt.Errorf("open %s: it belongs to user %d", dir, owner)
	}
	root, err := durable.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return root, nil
}

// OpenFS is Open in the form that finalize asks for.
func OpenFS(dir string) (durable.FS, func() error, error) {
	root, err := Open(dir)
	if err != nil {
		return nil, nil, err
	}
	return root, root.Close, nil
}

package recorder_test

import (
	"io/fs"
	"path"
	"sync"
	"syscall"

	"github.com/ilenia-live/rec/internal/durable"
)

// modelDisk is a disk that refuses or stalls on request; or that is spoilt: it says that it has done what it hasn't.
type modelDisk struct {
	durable.FS
	spoil func(op, name string, p []byte) (drop bool) // of each write; it may change p

	mu      sync.Mutex
	refuses bool
	stall   chan struct{} // not nil while it stalls
}

func (d *modelDisk) set(refuses, stalls bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuses = refuses
	switch {
	case stalls && d.stall == nil:
		d.stall = make(chan struct{})
	case !stalls && d.stall != nil:
		close(d.stall)
		d.stall = nil
	}
}

// enter is what happens to each call that changes something.
func (d *modelDisk) enter(op, name string) error {
	for {
		d.mu.Lock()
		stall, refuses := d.stall, d.refuses
		d.mu.Unlock()
		switch {
		case stall != nil:
			<-stall
		case refuses:
			return &fs.PathError{Op: op, Path: name, Err: syscall.ENOSPC}
		default:
			return nil
		}
	}
}

func (d *modelDisk) Create(name string) (durable.File, error) {
	return d.open("create", name, d.FS.Create)
}

func (d *modelDisk) Open(name string) (durable.File, error) {
	return d.open("open", name, d.FS.Open)
}

func (d *modelDisk) open(op, name string, call func(string) (durable.File, error)) (durable.File, error) {
	if err := d.enter(op, name); err != nil {
		return nil, err
	}
	f, err := call(name)
	if err != nil {
		return nil, err
	}
	return &modelFile{File: f, disk: d, name: name}, nil
}

func (d *modelDisk) Mkdir(name string) error {
	if err := d.enter("mkdir", name); err != nil {
		return err
	}
	return d.FS.Mkdir(name)
}

func (d *modelDisk) Rename(from, to string) error {
	if err := d.enter("rename", from); err != nil {
		return err
	}
	return d.FS.Rename(from, to)
}

func (d *modelDisk) Remove(name string) error {
	if err := d.enter("remove", name); err != nil {
		return err
	}
	return d.FS.Remove(name)
}

func (d *modelDisk) Chmod(name string, mode fs.FileMode) error {
	if err := d.enter("chmod", name); err != nil {
		return err
	}
	return d.FS.Chmod(name, mode)
}

func (d *modelDisk) SyncDir(name string) error {
	if err := d.enter("sync directory", name); err != nil {
		return err
	}
	return d.FS.SyncDir(name)
}

type modelFile struct {
	durable.File
	disk *modelDisk
	name string
}

func (f *modelFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.disk.enter("write", f.name); err != nil {
		return 0, err
	}
	if f.disk.spoil != nil {
		kind := path.Ext(f.name)
		switch {
		case path.Base(f.name) == "journal":
			kind = "journal"
		case kind == ".part" && off >= 4096:
			kind = "samples"
		}
		p = append([]byte(nil), p...)
		if f.disk.spoil(kind, f.name, p) {
			return len(p), nil
		}
	}
	return f.File.WriteAt(p, off)
}

func (f *modelFile) Truncate(size int64) error {
	if err := f.disk.enter("truncate", f.name); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

func (f *modelFile) Sync() error {
	if err := f.disk.enter("sync", f.name); err != nil {
		return err
	}
	return f.File.Sync()
}

package diskprobe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Made is what new files cost.
type Made struct {
	Files int
	Each  Spread
}

// Files makes so many files one after the other as whoever publishes one must: create under another name, write a little,
// sync, rename, sync the directory.
func (b Bench) Files(ctx context.Context, n int) (m Made, err error) {
	parent := filepath.Join(b.Dir, "files")
	if err := os.Mkdir(parent, 0o750); err != nil {
		return m, err
	}
	// Held open, as syncing it needs a descriptor each time.
	dir, err := os.Open(parent)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, dir.Close(), os.RemoveAll(parent)) }()
	data := make([]byte, small)
	noise(data)
	over := b.until(ctx)
	var took []time.Duration
	for len(took) < n && (len(took) == 0 || !over()) {
		begun := time.Now()
		if err := publish(dir, fmt.Sprintf("%d", len(took)), data); err != nil {
			return m, err
		}
		took = append(took, time.Since(begun))
	}
	return Made{Files: len(took), Each: spreadOf(took)}, nil
}

func publish(dir *os.File, name string, data []byte) error {
	final := filepath.Join(dir.Name(), name)
	f, err := os.OpenFile(final+".part", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(final+".part", final); err != nil {
		return err
	}
	// Until this returned, the name may be lost with the power.
	return dir.Sync()
}

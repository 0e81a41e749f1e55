package diskprobe

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// block is one write. Larger ones are no faster.
	block = 4 << 20
	// stretch is how much is written between two syncs: what fio gets with --bs=1M --fsync=64.
	stretch = 64 << 20
)

// Written is what a sequential writer got.
type Written struct {
	Bytes int64
	Took  time.Duration
}

// Rate is bytes a second.
func (w Written) Rate() float64 { return float64(w.Bytes) / w.Took.Seconds() }

// Sequential writes size bytes to one file in large blocks and makes each stretch of 64 MiB, and the last, durable.
func (b Bench) Sequential(ctx context.Context, size int64) (w Written, err error) {
	data := make([]byte, block)
	noise(data)
	name := filepath.Join(b.Dir, "sequential")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return w, err
	}
	// Without the file the next measurement has all of the volume again.
	defer func() { err = errors.Join(err, f.Close(), os.Remove(name)) }()
	over, begun := b.until(ctx), time.Now()
	for w.Bytes < size && (w.Bytes == 0 || !over()) {
		n, err := f.Write(data[:min(size-w.Bytes, block)])
		if err != nil {
			return w, err
		}
		w.Bytes += int64(n)
		if w.Bytes%stretch == 0 {
			if err := unix.Fdatasync(int(f.Fd())); err != nil {
				return w, err
			}
		}
	}
	if err := unix.Fdatasync(int(f.Fd())); err != nil {
		return w, err
	}
	w.Took = time.Since(begun)
	return w, nil
}

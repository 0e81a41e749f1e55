package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const sequentialBlock = 4 << 20

// sequential writes size bytes to one file in large blocks, makes them durable with one sync, and returns bytes a second:
// what the file system takes from a single writer who has nothing else in mind.
func sequential(ctx context.Context, dir string, size int64) (rate float64, err error) {
	block := make([]byte, sequentialBlock)
	for i := range block { // not zeros, which a disk may be clever about
		block[i] = byte(uint32(i) * 2654435761 >> 24)
	}
	f, err := os.OpenFile(filepath.Join(dir, "sequential"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	begun := time.Now()
	for left := size; left > 0; {
		if ctx.Err() != nil {
			return 0, errInterrupted
		}
		n, err := f.Write(block[:min(left, sequentialBlock)])
		if err != nil {
			return 0, err
		}
		left -= int64(n)
	}
	if err := unix.Fdatasync(int(f.Fd())); err != nil {
		return 0, err
	}
	return float64(size) / time.Since(begun).Seconds(), nil
}

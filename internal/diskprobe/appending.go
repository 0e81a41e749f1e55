package diskprobe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// small is what is appended before each sync: one page.
const small = 4096

// Synced is what small appends cost that had to be durable one by one.
type Synced struct {
	Files   int // at once
	Syncs   int // of all of them
	Took    time.Duration
	Latency Spread // of one fdatasync
}

// Rate is syncs a second.
func (s Synced) Rate() float64 { return float64(s.Syncs) / s.Took.Seconds() }

// Append appends to so many files at once, each times so often, and waits for an fdatasync after every one. Their lengths
// change, so each sync is a commit of the file system's journal too, as it is for a recording that grows.
func (b Bench) Append(ctx context.Context, files, times int) (s Synced, err error) {
	over, begun := b.until(ctx), time.Now()
	took := make([][]time.Duration, files)
	errs := make([]error, files)
	var all sync.WaitGroup
	for i := range files {
		all.Go(func() {
			took[i], errs[i] = b.appendTo(filepath.Join(b.Dir, fmt.Sprintf("append-%d", i)), times, over)
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return s, err
	}
	var together []time.Duration
	for _, t := range took {
		together = append(together, t...)
	}
	s = Synced{Files: files, Syncs: len(together), Took: time.Since(begun), Latency: spreadOf(together)}
	return s, nil
}

func (b Bench) appendTo(name string, times int, over func() bool) (took []time.Duration, err error) {
	data := make([]byte, small)
	noise(data)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(name)) }()
	for len(took) < times && (len(took) == 0 || !over()) {
		if _, err := f.Write(data); err != nil {
			return nil, err
		}
		begun := time.Now()
		if err := unix.Fdatasync(int(f.Fd())); err != nil {
			return nil, err
		}
		took = append(took, time.Since(begun))
	}
	return took, nil
}

package diskprobe

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/ilenia-live/rec/internal/usage"
	"golang.org/x/sys/unix"
)

// copied is far larger than a cache: audio that waits for a disk has long left it.
const copied = 64 << 20

// Copy copies memory by one goroutine, size bytes in all, and says how fast: bytes copied, not bytes moved, of which there are
// twice as many.
func (b Bench) Copy(ctx context.Context, size int64) (w Written) {
	from, to := make([]byte, copied), make([]byte, copied)
	noise(from)
	copy(to, from) // the first touch of memory is the kernel's work, not the copy's
	over, begun := b.until(ctx), time.Now()
	for w.Bytes < size && (w.Bytes == 0 || !over()) {
		w.Bytes += int64(copy(to, from[:min(size-w.Bytes, copied)]))
	}
	w.Took = time.Since(begun)
	return w
}

// Warm touches that many bytes of fresh memory, no more than half of what is free, gives them back, and returns how many a second
// it got.
//
// A virtual machine may return free memory to its host after seconds (free page reporting), and the next to touch it waits
// for the host: ten times as long as the kernel needs itself. A benchmark has freed much and touches much, as page cache, so
// it would measure the host more than the volume; a service that has run for a day has no free memory to return. What was
// touched a moment ago is still the machine's own.
func Warm(bytes int64) (rate float64, err error) {
	if bytes = min(bytes, usage.Available()/2); bytes <= 0 {
		return 0, nil
	}
	begun := time.Now()
	p, err := unix.Mmap(-1, 0, int(bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return 0, fmt.Errorf("mmap %d bytes: %w", bytes, err)
	}
	// Fewer faults; where there are no huge pages the small ones do.
	_ = unix.Madvise(p, unix.MADV_HUGEPAGE)
	for i := 0; i < len(p); i += os.Getpagesize() {
		p[i] = 1
	}
	rate = float64(bytes) / time.Since(begun).Seconds()
	if err := unix.Munmap(p); err != nil {
		return 0, fmt.Errorf("munmap: %w", err)
	}
	return rate, nil
}

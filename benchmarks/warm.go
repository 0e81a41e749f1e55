package main

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// warm touches that many bytes of fresh memory, gives them back, and returns how many a second it got.
//
// A virtual machine may return free memory to its host after seconds (free page reporting), and the next to touch it waits for the
// host: ten times as long as the kernel needs itself. A benchmark has freed much and touches much, as page cache, so it
// would measure the host more than the contestant; a service that has run for a day has no free memory to return. What was
// touched a moment ago is still the machine's own.
func warm(bytes int64) (rate float64, err error) {
	begun := time.Now()
	p, err := unix.Mmap(-1, 0, int(bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return 0, fmt.Errorf("mmap %d bytes: %w", bytes, err)
	}
	// Fewer faults; where there are no huge pages the small ones do.
	_ = unix.Madvise(p, unix.MADV_HUGEPAGE)
	const page = 4096
	for i := 0; i < len(p); i += page {
		p[i] = 1
	}
	rate = float64(bytes) / time.Since(begun).Seconds()
	if err := unix.Munmap(p); err != nil {
		return 0, fmt.Errorf("munmap: %w", err)
	}
	return rate, nil
}

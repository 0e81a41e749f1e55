package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ilenia-live/rec/benchmarks/peer"
)

// A reading is what this process and its children have used since they began.
type reading struct {
	at        time.Time
	user, sys time.Duration // of this process and of children that ended
	living    time.Duration // of children that run, user and sys
	mallocs   uint64
}

func read(p peer.Peer) (r reading, err error) {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	r.mallocs = stats.Mallocs
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var ru unix.Rusage
		if err := unix.Getrusage(who, &ru); err != nil {
			return r, fmt.Errorf("getrusage: %w", err)
		}
		r.user += time.Duration(ru.Utime.Nano())
		r.sys += time.Duration(ru.Stime.Nano())
	}
	if f, ok := p.(peer.Family); ok {
		r.living = peer.OnCPU(f.PIDs())
	}
	r.at = time.Now()
	return r, nil
}

// A spent is what lies between two readings.
type spent struct {
	Wall   float64 `json:"wallSeconds"`
	CPU    float64 `json:"cpuSeconds"`
	User   float64 `json:"userSeconds"` // of CPU; what children spent that still run is in neither
	Sys    float64 `json:"sysSeconds"`
	Allocs uint64  `json:"allocations"`
}

func (r reading) since(before reading) spent {
	user, sys := r.user-before.user, r.sys-before.sys
	return spent{
		Wall: r.at.Sub(before.at).Seconds(), CPU: (user + sys + r.living - before.living).Seconds(),
		User: user.Seconds(), Sys: sys.Seconds(), Allocs: r.mallocs - before.mallocs,
	}
}

// resident is how much memory a process has, and the most that it had since resetPeak. Rusage's maximum won't do: a process
// inherits it from the one that started it.
func resident(pid string) (now, peak int64, err error) {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kib); n == 1 {
			now = kib << 10
		}
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			peak = kib << 10
		}
	}
	return now, peak, nil
}

// resetPeak makes the present size the largest so far: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
func resetPeak() error {
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// familyPeak is the most memory that this process had since resetPeak, and its children that run since they began.
func familyPeak(p peer.Peer) (sum int64, err error) {
	if _, sum, err = resident("self"); err != nil {
		return 0, err
	}
	if f, ok := p.(peer.Family); ok {
		for _, pid := range f.PIDs() {
			if _, peak, err := resident(fmt.Sprint(pid)); err == nil { // one that just ended takes none
				sum += peak
			}
		}
	}
	return sum, nil
}

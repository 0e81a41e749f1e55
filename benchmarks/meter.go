package main

import (
	"fmt"
	"runtime"
	"time"

	"github.com/ilenia-live/rec/benchmarks/peer"
	"github.com/ilenia-live/rec/internal/usage"
)

// A reading is what this process and its children have used since they began.
type reading struct {
	at        time.Time
	user, sys time.Duration // of this process and of children that ended
	living    time.Duration // of children that run, user and sys
	mallocs   uint64
	machine   usage.Ticks
}

func read(p peer.Peer) (r reading) {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	r.mallocs = stats.Mallocs
	own, children := usage.Self(), usage.Children()
	r.user, r.sys = own.User+children.User, own.Sys+children.Sys
	if f, ok := p.(peer.Family); ok {
		r.living = peer.OnCPU(f.PIDs())
	}
	r.machine = usage.ReadTicks()
	r.at = time.Now()
	return r
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

// familyPeak is the most memory that this process had since usage.ResetPeak, and its children that run since they began. Rusage's maximum won't
// do: a process inherits it from the one that started it.
func familyPeak(p peer.Peer) (sum int64, err error) {
	own, err := usage.MemoryOf("self")
	if err != nil {
		return 0, err
	}
	sum = own.Peak
	if f, ok := p.(peer.Family); ok {
		for _, pid := range f.PIDs() {
			if m, err := usage.MemoryOf(fmt.Sprint(pid)); err == nil { // one that just ended takes none
				sum += m.Peak
			}
		}
	}
	return sum, nil
}

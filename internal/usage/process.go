package usage

import (
	"syscall"
	"time"
)

// Processor is the time that this process has been on a processor, or children of it that ended.
type Processor struct{ User, Sys time.Duration }

// Total is both.
func (p Processor) Total() time.Duration { return p.User + p.Sys }

// Self is this process's.
func Self() Processor { return rusage(syscall.RUSAGE_SELF) }

// Children is that of children that ended.
func Children() Processor { return rusage(syscall.RUSAGE_CHILDREN) }

func rusage(who int) Processor {
	var ru syscall.Rusage
	if err := syscall.Getrusage(who, &ru); err != nil {
		return Processor{} // only for a who that doesn't exist
	}
	return Processor{User: time.Duration(ru.Utime.Nano()), Sys: time.Duration(ru.Stime.Nano())}
}

package live

import (
	"time"

	"github.com/ilenia-live/rec/internal/usage"
)

// Spent is what a part of a measurement took.
type Spent struct {
	Wall    float64 `json:"wallSeconds"`
	CPU     float64 `json:"cpuSeconds"`        // of this process
	User    float64 `json:"userSeconds"`       // of CPU
	Machine float64 `json:"machineCpuSeconds"` // of all processes, and of the kernel's threads that write back
	Others  float64 `json:"othersCpuSeconds"`  // of it, of processes that have nothing to do with the measurement and disturbed it
}

// A reading is what was used up at a moment.
type reading struct {
	cpu     usage.Processor
	machine usage.Ticks
	others  time.Duration
}

func read() reading { return reading{usage.Self(), usage.ReadTicks(), usage.Others()} }

// since is what was spent between two readings.
func (r reading) since(before reading) Spent {
	return Spent{
		Wall: r.machine.At.Sub(before.machine.At).Seconds(), CPU: (r.cpu.Total() - before.cpu.Total()).Seconds(),
		User: (r.cpu.User - before.cpu.User).Seconds(), Machine: r.machine.Used(before.machine).Seconds(),
		Others: max(r.others-before.others, 0).Seconds(),
	}
}

// add sums up repeats.
func (s *Spent) add(o Spent) {
	s.Wall += o.Wall
	s.CPU += o.CPU
	s.User += o.User
	s.Machine += o.Machine
	s.Others += o.Others
}

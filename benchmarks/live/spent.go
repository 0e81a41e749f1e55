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

// A Reading is what was used up when something began.
type Reading struct {
	others  time.Duration
	machine usage.Ticks
	cpu     usage.Processor
}

// Begin reads the process's own account last and Spent reads it first: looking at all others takes some time itself.
func Begin() Reading {
	return Reading{others: usage.Others(), machine: usage.ReadTicks(), cpu: usage.Self()}
}

// Spent is what was used since.
func (r Reading) Spent() Spent {
	cpu, machine := usage.Self(), usage.ReadTicks()
	return Spent{
		Wall: machine.At.Sub(r.machine.At).Seconds(), CPU: (cpu.Total() - r.cpu.Total()).Seconds(), User: (cpu.User - r.cpu.User).Seconds(),
		Machine: machine.Used(r.machine).Seconds(), Others: max(usage.Others()-r.others, 0).Seconds(),
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

package disk

import (
	"fmt"
	"os"
	"time"
)

// Ticks are what the machine's processors did since it started, in units of one processor.
type Ticks struct{ Idle, All time.Duration }

// ReadTicks reads them: https://man7.org/linux/man-pages/man5/proc_stat.5.html. Where the kernel doesn't tell, it returns zeros.
func ReadTicks() Ticks {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Ticks{}
	}
	return parseTicks(string(text))
}

// tick is a hundredth of a second wherever Linux runs: USER_HZ.
const tick = time.Second / 100

func parseTicks(text string) (t Ticks) {
	var user, nice, system, idle, wait, irq, softirq, steal int64
	n, _ := fmt.Sscanf(text, "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &wait, &irq, &softirq, &steal)
	if n < 4 {
		return Ticks{}
	}
	// Who waits for a disk leaves the processor to others.
	t.Idle = time.Duration(idle+wait) * tick
	t.All = time.Duration(user+nice+system+idle+wait+irq+softirq+steal) * tick
	return t
}

// Busy is the share of the processors that was in use since before, by anybody: the kernel's own threads, which write back
// what a recorder wrote, are in nobody's account. 0 if that isn't known.
func (t Ticks) Busy(before Ticks) float64 {
	all := t.All - before.All
	if all <= 0 {
		return 0
	}
	return 1 - float64(t.Idle-before.Idle)/float64(all)
}

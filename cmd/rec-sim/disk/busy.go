package disk

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Ticks are what the machine's processors did since it started, in units of one processor.
type Ticks struct {
	Idle, All  time.Duration
	Processors int
}

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
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "cpu") && !strings.HasPrefix(line, "cpu ") {
			t.Processors++
		}
	}
	// Who waits for a disk leaves the processor to others.
	t.Idle = time.Duration(idle+wait) * tick
	t.All = time.Duration(user+nice+system+idle+wait+irq+softirq+steal) * tick
	return t
}

// Used is the time that the processors spent since before, for anybody: the kernel's own threads, which write back what a
// recorder wrote, are in nobody's account.
func (t Ticks) Used(before Ticks) time.Duration {
	return max((t.All-before.All)-(t.Idle-before.Idle), 0)
}

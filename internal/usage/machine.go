// Package usage reads what a process and its machine have used up so far: processor time, which the kernel's own threads spend
// on a process's behalf as well, and memory, of which the kernel keeps some in nobody's account.
package usage

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Ticks are what the machine's processors did since it started, in units of one processor.
type Ticks struct {
	At         time.Time
	Idle       time.Duration // and what the host of a virtual machine took for others
	Processors int           // 0 where the kernel doesn't tell
}

// ReadTicks reads them: https://man7.org/linux/man-pages/man5/proc_stat.5.html
func ReadTicks() Ticks {
	text, _ := os.ReadFile("/proc/stat")
	t := parseTicks(string(text))
	t.At = time.Now()
	return t
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
	t.Idle = time.Duration(idle+wait+steal) * tick
	return t
}

// Used is the time that the processors spent since before, for anybody: the kernel's own threads, which write back what a
// recorder wrote, are in nobody's account. It is exact to a few hundredths of a second.
//
// It is what is left of the clock's time when nobody was idle: the kernel measures how long a processor is idle, while what it
// says of user and system it samples at its ticks, which work that a timer begins may always miss.
func (t Ticks) Used(before Ticks) time.Duration {
	if t.Processors == 0 || t.Processors != before.Processors {
		return 0
	}
	return max(t.At.Sub(before.At)*time.Duration(t.Processors)-(t.Idle-before.Idle), 0)
}

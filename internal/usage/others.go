package usage

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Others is the processor time of all processes but this one, its descendants and the kernel's threads, since they began: what was none
// of a measurement's business and disturbed it. It is exact to a hundredth of a second for each, and forgets what a process had
// used that ended and nobody had waited for.
func Others() time.Duration {
	names, _ := filepath.Glob("/proc/[0-9]*/stat") // no /proc: nobody is to be seen
	var all []process
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it just ended
		}
		if p, err := parseProcess(string(text)); err == nil {
			all = append(all, p)
		}
	}
	return strangers(all, os.Getpid())
}

// A process is a line of /proc/PID/stat: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
type process struct {
	pid, parent int
	kernel      bool
	used        time.Duration // children that ended and were waited for included
}

// kernelThread is PF_KTHREAD of the kernel's include/linux/sched.h.
const kernelThread = 0x00200000

func parseProcess(text string) (p process, err error) {
	// The second field is a name in brackets, in which there may be anything.
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return p, fmt.Errorf("%q: no name", text)
	}
	fields := strings.Fields(text[end+1:])
	const parent, flags, user, last = 4 - 3, 9 - 3, 14 - 3, 17 - 3 // counted from the third field
	if len(fields) <= last {
		return p, fmt.Errorf("%q: %d fields behind the name", text, len(fields))
	}
	number := func(s string) (n int64) {
		if err == nil {
			n, err = strconv.ParseInt(s, 10, 64)
		}
		return n
	}
	p.pid, p.parent = int(number(strings.TrimSpace(text[:open]))), int(number(fields[parent]))
	p.kernel = number(fields[flags])&kernelThread != 0
	for _, field := range fields[user : last+1] {
		p.used += time.Duration(number(field)) * tick
	}
	return p, err
}

// strangers sums up who is neither a kernel thread nor self or a descendant of it.
func strangers(all []process, self int) (sum time.Duration) {
	parents := map[int]int{}
	for _, p := range all {
		parents[p.pid] = p.parent
	}
	for _, p := range all {
		ours := p.pid == self
		for at, steps := p.pid, 0; !ours && at > 1 && steps < len(all); steps++ {
			at = parents[at]
			ours = at == self
		}
		if !ours && !p.kernel {
			sum += p.used
		}
	}
	return sum
}

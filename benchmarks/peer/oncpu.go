package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// OnCPU is how long processes that still run have been on a processor. Rusage has only those that ended; /proc/PID/stat
// has all, but in hundredths of a second, too coarse for many processes that do little.
func OnCPU(pids []int) (sum time.Duration) {
	for _, pid := range pids {
		// A process that ends meanwhile has no tasks: then it is in rusage.
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, name := range tasks {
			text, err := os.ReadFile(name)
			if err != nil {
				continue
			}
			// on CPU, waiting, time slices: https://docs.kernel.org/scheduler/sched-stats.html
			if fields := strings.Fields(string(text)); len(fields) == 3 {
				ns, _ := strconv.ParseInt(fields[0], 10, 64)
				sum += time.Duration(ns)
			}
		}
	}
	return sum
}

package usage

import (
	"fmt"
	"os"
	"strings"
)

// Memory is what a process has of it, in bytes: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
type Memory struct {
	Anonymous int64 `json:"anonymous"` // heap and stacks
	File      int64 `json:"file"`      // pages of files that it has mapped and touched, its own code among them
	Shared    int64 `json:"shared"`    // likewise of files on a tmpfs
	Tables    int64 `json:"tables"`    // page tables, which are in no resident size
	Peak      int64 `json:"peak"`      // largest resident size since it began, or since ResetPeak
}

// Resident is what the kernel calls the resident size.
func (m Memory) Resident() int64 { return m.Anonymous + m.File + m.Shared }

// MemoryOf reads that of the process with this number, or of "self".
func MemoryOf(pid string) (m Memory, err error) {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return m, err
	}
	return parseMemory(string(text)), nil
}

func parseMemory(text string) (m Memory) {
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, ":")
		into := map[string]*int64{
			"RssAnon": &m.Anonymous, "RssFile": &m.File, "RssShmem": &m.Shared, "VmPTE": &m.Tables, "VmHWM": &m.Peak,
		}[name]
		var kib int64
		if n, _ := fmt.Sscanf(value, "%d kB", &kib); into != nil && n == 1 {
			*into = kib << 10
		}
	}
	return m
}

// ResetPeak makes the present size of this process the largest so far: https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
func ResetPeak() error {
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// Available is how much memory the kernel can give without swapping; 0 if it doesn't say.
func Available() (bytes int64) {
	text, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(text)) {
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &bytes); n == 1 {
			return bytes << 10
		}
	}
	return 0
}

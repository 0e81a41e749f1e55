package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A machine is where and of what figures were measured: without it they mean nothing.
type machine struct {
	Processor  string `json:"processor"`
	Cores      int    `json:"cores"`
	Memory     uint64 `json:"memoryBytes"`
	FileSystem string `json:"fileSystem"`
	Kernel     string `json:"kernel"`
	Go         string `json:"go"`
	Commit     string `json:"commit"`
	Date       string `json:"date"`
}

func lookAtMachine(dir string) machine {
	m := machine{
		Processor: processor(), Cores: runtime.NumCPU(), FileSystem: fileSystem(dir), Kernel: "unknown", Go: runtime.Version(),
		Commit: commit(), Date: time.Now().UTC().Format(time.DateOnly),
	}
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		m.Memory = uint64(info.Totalram) * uint64(info.Unit)
	}
	return m
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // "unknown" does as well
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// fileSystems are those that a recorder is likely to meet: https://man7.org/linux/man-pages/man2/statfs.2.html
var fileSystems = map[int64]string{
	unix.EXT4_SUPER_MAGIC: "ext4", unix.XFS_SUPER_MAGIC: "xfs", unix.BTRFS_SUPER_MAGIC: "btrfs", unix.TMPFS_MAGIC: "tmpfs",
	unix.OVERLAYFS_SUPER_MAGIC: "overlayfs", unix.NFS_SUPER_MAGIC: "nfs", unix.F2FS_SUPER_MAGIC: "f2fs",
}

func fileSystem(dir string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return "unknown"
	}
	if name, ok := fileSystems[int64(st.Type)]; ok {
		return name
	}
	return fmt.Sprintf("type %#x", st.Type)
}

// commit asks git, because go run doesn't put it into the program. What the program prints itself doesn't make the tree dirty.
func commit() string {
	head, err := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(head))
	changed, err := exec.Command("git", "status", "--porcelain", "--untracked-files=no", "--",
		":/", ":(top,exclude)BENCHMARKS.md", ":(top,exclude)docs/benchmarks").Output()
	if err != nil || len(changed) > 0 {
		name += "-dirty"
	}
	return name
}

package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ilenia-live/rec/benchmarks/peer"
)

const (
	// memoryPerChannel is what the hungriest contestant, go-audio/wav, was seen to take, garbage included, with as much again.
	memoryPerChannel = 4 << 20
	// diskAtMost is what a run without --channels takes.
	diskAtMost = 3e9
	// diskSlack is what there must be beside the samples: headers, journals, blocks that aren't full.
	diskSlack = 256 << 20
)

// A host is what there is to be used up.
type host struct {
	memory, disk uint64 // bytes that are free
	shm          uint64 // likewise of the tmpfs for staging; 0 if there is none
	files        uint64 // that a process may open
}

func lookAtHost(dir string) (h host, err error) {
	if h.disk, err = freeBytes(dir); err != nil {
		return h, envf("--dir: %w", err)
	}
	h.shm, _ = freeBytes(shm) // none: the contestant that needs it is left out
	if h.memory, err = memAvailable(); err != nil {
		return h, envf("%w", err)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return h, envf("getrlimit: %w", err)
	}
	h.files = limit.Max
	return h, nil
}

func freeBytes(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", dir, err)
	}
	return st.Bavail * uint64(st.Bsize), nil
}

func memAvailable() (uint64, error) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }() // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var kib uint64
		if n, _ := fmt.Sscanf(lines.Text(), "MemAvailable: %d kB", &kib); n == 1 {
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("%s: no MemAvailable", f.Name())
}

// fit is the most channels of that many seconds that h has room for, and what there is least of.
func (h host) fit(seconds int) (channels int, why string) {
	bytes := float64(seconds * peer.FramesPerSecond * peer.FrameBytes)
	channels, why = int(float64(h.memory)/memoryPerChannel), "memory"
	if n := int((float64(h.disk) - diskSlack) / bytes); n < channels {
		channels, why = n, "disk"
	}
	// A file each, a journal for each session, and some.
	if n := int(h.files/2) - 100; n < channels {
		channels, why = n, "file descriptors (ulimit -n)"
	}
	return max(channels, 0), why
}

// choose is the number of channels for a run: as asked for, if there is room, or the default or what fits.
func (h host) choose(o *options) (int, error) {
	most, why := h.fit(o.seconds)
	if o.channels > 0 {
		if o.channels > most {
			return 0, envf("--channels %d: there is too little %s for more than %d", o.channels, why, most)
		}
		return o.channels, nil
	}
	n := min(defaultChannels, most, int(diskAtMost)/(o.seconds*peer.FramesPerSecond*peer.FrameBytes))
	if n < 1 {
		return 0, envf("there is too little %s for a single channel", why)
	}
	return n, nil
}

// stageBytes is what the recorder's staging takes for a channel, generously: README.md has 192 KiB.
const stageBytes = 320 << 10

func (o *options) wants(names ...string) bool {
	return o.wanted.MatchString(strings.Join(names, " "))
}

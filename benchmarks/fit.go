package main

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ilenia-live/rec/benchmarks/peer"
	"github.com/ilenia-live/rec/internal/diskprobe"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/usage"
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
		return h, exit.Envf("--dir: %w", err)
	}
	h.shm, _ = freeBytes(shm) // none: the contestant that needs it is left out
	if h.memory = uint64(usage.Available()); h.memory == 0 {
		return h, exit.Envf("/proc/meminfo: no MemAvailable")
	}
	h.files = uint64(openFiles())
	return h, nil
}

func freeBytes(dir string) (uint64, error) {
	n, err := diskprobe.Bench{Dir: dir}.Room()
	return uint64(max(n, 0)), err
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
			return 0, exit.Envf("--channels %d: there is too little %s for more than %d", o.channels, why, most)
		}
		return o.channels, nil
	}
	n := min(defaultChannels, most, int(diskAtMost)/(o.seconds*peer.FramesPerSecond*peer.FrameBytes))
	if n < 1 {
		return 0, exit.Envf("there is too little %s for a single channel", why)
	}
	return n, nil
}

// stageBytes is what the recorder's staging takes for a channel, generously: README.md has 192 KiB.
const stageBytes = 320 << 10

func (o *options) wants(names ...string) bool {
	return o.wanted.MatchString(strings.Join(names, " "))
}

// What the recorder holds open: docs/OPERATIONS.md.
const (
	filesPerSession = 2
	filesPerChannel = 1
	filesBeside     = 100
)

// mostSessions is how many sessions of so many channels a process may have open, by its limit of files.
func mostSessions(channels int) int {
	return (openFiles() - filesBeside) / (filesPerSession + filesPerChannel*channels)
}

// openFiles is how many this process may have, or 0 if the kernel doesn't say.
func openFiles() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(limit.Max, maxChannels*(filesPerSession+filesPerChannel)+filesBeside))
}

// raiseFiles allows this process, and those that it starts, as many open files as the most channels take, if it may.
func raiseFiles() {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return
	}
	const most = maxChannels*(filesPerSession+filesPerChannel) + filesBeside
	limit.Cur, limit.Max = max(limit.Max, most), max(limit.Max, most)
	// Without the privilege it stays as it is, and whoever wants more is told.
	_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
}

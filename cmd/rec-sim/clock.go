package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A clock tells a feeder the time since the start of feeding and wakes it up.
type clock interface {
	now() time.Duration
	// wait returns at the moment due or a little later, or at once when that has passed, with the time then.
	wait(due time.Duration) (time.Duration, error)
	close() error
}

// kernelClock wakes up by a periodic timer of the kernel, read through the runtime's poller. time.Sleep would be simpler,
// but it rounds up to whole milliseconds when the process is idle, and that millisecond would be counted as the
// recorder's.
type kernelClock struct {
	start time.Time
	timer *os.File
	buf   [8]byte
}

// newKernelClock ticks every slot of the pacer, the first time at its offset after start.
func newKernelClock(start time.Time, p pacer) (*kernelClock, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create timer: %w", err)
	}
	timer := os.NewFile(uintptr(fd), "timer")
	first := time.Until(start.Add(p.offset))
	// A start that has passed already keeps its rhythm; zero would disarm the timer.
	for first <= 0 {
		first += p.slot()
	}
	spec := unix.ItimerSpec{
		Value:    unix.NsecToTimespec(int64(first)),
		Interval: unix.NsecToTimespec(int64(p.slot())),
	}
	if err := unix.TimerfdSettime(fd, 0, &spec, nil); err != nil {
		return nil, errors.Join(fmt.Errorf("set timer: %w", err), timer.Close())
	}
	return &kernelClock{start: start, timer: timer}, nil
}

func (c *kernelClock) now() time.Duration { return time.Since(c.start) }

func (c *kernelClock) wait(due time.Duration) (time.Duration, error) {
	now := c.now()
	for now < due {
		if _, err := c.timer.Read(c.buf[:]); err != nil {
			return now, fmt.Errorf("wait for frame: %w", err)
		}
		if binary.NativeEndian.Uint64(c.buf[:]) == 0 {
			return now, errors.New("wait for frame: timer did not tick")
		}
		now = c.now()
	}
	return now, nil
}

func (c *kernelClock) close() error { return c.timer.Close() }

package pace

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A Clock tells a feeder the time since the start of feeding and wakes it up.
type Clock interface {
	Now() time.Duration
	// Wait returns at the moment due or a little later, or at once when that has passed, with the time then.
	Wait(due time.Duration) (time.Duration, error)
	Close() error
}

// KernelClock wakes up by a periodic timer of the kernel, read through the runtime's poller. time.Sleep would be simpler,
// but it rounds up to whole milliseconds when the process is idle, and that millisecond would be counted as the
// recorder's.
type KernelClock struct {
	start time.Time
	timer *os.File
	buf   [8]byte
}

// NewKernelClock ticks every slot of the pacer, the first time at its offset after start.
func NewKernelClock(start time.Time, p Pacer) (*KernelClock, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create timer: %w", err)
	}
	timer := os.NewFile(uintptr(fd), "timer")
	first := time.Until(start.Add(p.offset))
	// A start that has passed already keeps its rhythm; zero would disarm the timer.
	for first <= 0 {
		first += p.Slot()
	}
	spec := unix.ItimerSpec{
		Value:    unix.NsecToTimespec(int64(first)),
		Interval: unix.NsecToTimespec(int64(p.Slot())),
	}
	if err := unix.TimerfdSettime(fd, 0, &spec, nil); err != nil {
		return nil, errors.Join(fmt.Errorf("set timer: %w", err), timer.Close())
	}
	return &KernelClock{start: start, timer: timer}, nil
}

// Now is the time since the start of feeding.
func (c *KernelClock) Now() time.Duration { return time.Since(c.start) }

// Wait is Clock's.
func (c *KernelClock) Wait(due time.Duration) (time.Duration, error) {
	now := c.Now()
	for now < due {
		if _, err := c.timer.Read(c.buf[:]); err != nil {
			return now, fmt.Errorf("wait for frame: %w", err)
		}
		if binary.NativeEndian.Uint64(c.buf[:]) == 0 {
			return now, errors.New("wait for frame: timer did not tick")
		}
		now = c.Now()
	}
	return now, nil
}

// Close gives the timer back.
func (c *KernelClock) Close() error { return c.timer.Close() }

// Package diskprobe measures what a volume and its machine take from a program that has nothing else in mind: large writes, small
// ones that must be durable, new files, and memory. It is what a recorder on the same volume is held against.
//
// Every measurement ends when its work is done, when its time is up, or when its context ends; then it has done less, and
// says how much. All of them write below one directory, which is the caller's to remove.
package diskprobe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// A Bench is a directory to measure in, and the longest that one measurement may take.
type Bench struct {
	Dir  string
	Most time.Duration
}

// until returns what says that a measurement must end.
func (b Bench) until(ctx context.Context) (over func() bool) {
	end := time.Now().Add(b.Most)
	return func() bool { return ctx.Err() != nil || time.Now().After(end) }
}

// A Spread tells of durations without listing them.
type Spread struct {
	P50, P99, Max time.Duration
}

// spreadOf sorts its argument.
func spreadOf(d []time.Duration) Spread {
	if len(d) == 0 {
		return Spread{}
	}
	slices.Sort(d)
	at := func(percent int) time.Duration { return d[(len(d)-1)*percent/100] }
	return Spread{P50: at(50), P99: at(99), Max: at(100)}
}

// Settle waits until the file system has nothing left to write: what the one before left behind is not to be paid for by
// the next.
func (b Bench) Settle() error {
	d, err := os.Open(b.Dir)
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(d.Fd())), d.Close())
}

// Room is how many bytes the volume has left for the likes of us.
func (b Bench) Room() (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(b.Dir, &st); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", b.Dir, err)
	}
	return int64(st.Bavail) * st.Bsize, nil
}

// noise fills p with what a disk can't be clever about, as it could be with zeros.
func noise(p []byte) {
	for i := range p {
		p[i] = byte(uint32(i) * 2654435761 >> 24)
	}
}

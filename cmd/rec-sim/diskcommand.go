package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/ilenia-live/rec/internal/exit"
	"github.com/spf13/cobra"
)

// diskOptions are the flags of disk.
type diskOptions struct {
	dir      string
	bytes    byteSize
	duration time.Duration
	rounds   int
	staging  string
	json     string
}

// Less than this is over before a sync was needed, more than this before anybody comes back to look.
const (
	diskBytesMin = 1 << 20
	diskBytesMax = 1 << 40
	// More medians than this make no figure truer.
	diskRoundsMax = 99
)

func newDiskCommand() *cobra.Command {
	o := diskOptions{bytes: 1 << 30}
	c := &cobra.Command{
		Use:   "disk [flags]",
		Short: "What this disk can do, beside what the recorder gets from it",
		Long: `disk measures what the volume of --dir takes from a program that has nothing else in mind: sequential writing with a sync
each 64 MiB; the latency of a sync after a small append, by one file and by 64 at once; making a file for good (create,
sync, rename, sync the directory); and how fast memory is copied. In the same run the recorder writes as many bytes, as
fast as it can (as run --speed max does: a sync of each channel for each second of audio), first with a sync of each file,
which is the default, then with a sync of the whole volume (--sync-volume of run). All of it is done --rounds times, one after
the other; figures are medians, ratios are medians of each round's, and a max is that of all. Ratios travel from machine to
machine, absolute figures don't.

The verdict is the smaller of

  by the CPU   margin × cores × 3600 / CPU seconds per channel-hour
  by the disk  margin × sustained bytes a second / 96000, which is what a channel of 48 kHz mono makes in a second

CPU seconds are the machine's while the recorder writes, without beginning and ending sessions: the simulator, the kernel's
threads that write back, and whatever else runs are in it (the process's own, where it may not use all processors).
Sustained is what the recorder got; but if the processors were busy for 85 % of that time or more, then the disk was
not asked for all that it has, and what it takes sequentially stands for it. The margin is ½: in real time frames come one by one and find cold
caches, everything else on the machine wants its part, and a disk has bad moments. 'rec-sim run --ramp' finds out by
trying.

All is written into a directory of its own below --dir, and removed, also after Ctrl-C; only kill -9 leaves a
rec-sim-disk-* there. It needs room for --bytes and an eighth more. It exits with 3 if the volume doesn't let it.`,
		Example: `  rec-sim disk
  rec-sim disk --dir /mnt/recordings --json disk.json
  rec-sim disk --bytes 16GiB --duration 1m      # longer than any cache of the disk lasts`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return measureDisk(ctx, &o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.dir, "dir", ".", "a directory on the volume to be measured")
	f.Var(&o.bytes, "bytes", "how much is written, each time: such as 256MB or 4GiB")
	f.DurationVar(&o.duration, "duration", 20*time.Second, "the longest that each of the measurements may take")
	f.IntVar(&o.rounds, "rounds", 3, "how often all of it is done; figures are medians")
	f.StringVar(&o.staging, "staging", "", "where the recorder's staging memory lies, as in run")
	f.StringVar(&o.json, "json", "", "write the measurements to this file, - for standard output")
	return c
}

func (o *diskOptions) check() error {
	switch {
	case o.bytes < diskBytesMin || o.bytes > diskBytesMax:
		return exit.Usagef("--bytes %s: want 1MiB to 1TiB", &o.bytes)
	case o.duration < time.Millisecond || o.duration > time.Hour:
		return exit.Usagef("--duration %s: want 1ms to 1h", o.duration)
	case o.rounds < 1 || o.rounds > diskRoundsMax:
		return exit.Usagef("--rounds %d: want 1 to %d", o.rounds, diskRoundsMax)
	}
	return nil
}

// measureDisk is everything from the first directory to the last line of the report.
func measureDisk(ctx context.Context, o *diskOptions, stdout, stderr io.Writer) error {
	human := stdout
	if o.json == "-" {
		human = stderr // standard output is for the machine that reads the JSON
	}
	r, err := benchDisk(ctx, o, stderr)
	if err != nil {
		return err
	}
	r.show(human)
	if o.json != "" {
		return writeJSON(r, o.json, stdout)
	}
	return nil
}

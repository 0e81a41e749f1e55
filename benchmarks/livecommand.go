package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/internal/exit"
)

// liveOptions are the flags of live.
type liveOptions struct {
	dir     string
	task    live.Task
	speed   string
	staging string
	rounds  int
	alone   bool
	json    string
}

func newLiveCommand() *cobra.Command {
	var o liveOptions
	c := &cobra.Command{
		Use:   "live [flags]",
		Short: "Measure each write, in real time or at full speed",
		Long: `live records channels with the recorder alone and measures each call of WritePCMAt by itself, by the monotonic clock: how long
it took, and how long after the frame's moment it returned. Beside it: recovery points, late and refused frames, processor
time by the process's account and by the machine's, memory in whoever's account it is. Sessions are synced every second.

In real time the frames of all channels are spread evenly over each 20 ms. With --speed max they come as soon as there is room, and
the recovery point counts audio: a sync of each channel for each second of it.

--bare runs the same loop without a recorder, too: what it takes is the measuring's own.`,
		Example: `  go run . live --dir /srv/recordings                                 # 2,000 channels, 60 s
  go run . live --dir /srv/recordings --sync-volume --bare
  go run . live --dir /srv/recordings --speed max --seconds 10 --rounds 3
  go run . live --dir /srv/recordings --channels 5000
  go run . live --dir /srv/recordings --buffer 500ms --seconds 20`,
		Args: noArguments,
		RunE: runs(&o, runLive),
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.dir, "dir", ".", "where to write: the file system that is measured")
	f.IntVar(&o.task.Channels, "channels", 2000, "channels at once")
	f.IntVar(&o.task.SessionChannels, "session-channels", 2, "channels in one session")
	f.IntVar(&o.task.Rate, "rate", 48000, "samples a second")
	f.IntVar(&o.task.Seconds, "seconds", 60, "audio on each channel, in seconds")
	f.StringVar(&o.speed, "speed", "1", "1 for real time, max for as fast as the recorder takes it")
	f.BoolVar(&o.task.Volume, "sync-volume", false, "sync the whole volume at once and not each file")
	f.DurationVar(&o.task.Buffer, "buffer", 0, "audio that is staged for each channel (default the recorder's, 2s)")
	f.StringVar(&o.staging, "staging", "tmpfs", "where: tmpfs or volume")
	f.IntVar(&o.rounds, "rounds", 1, "how often")
	f.IntVar(&o.task.Ending, "ending", 0, "sessions that end one after the other while the others go on; in real time")
	f.BoolVar(&o.alone, "bare", false, "in each round, run the loop without a recorder as well")
	f.StringVar(&o.json, "json", "", "write all figures to this file, - for standard output")
	return c
}

func (o *liveOptions) check() error {
	t := &o.task
	switch o.speed {
	case "1", "max":
		t.RealTime = o.speed == "1"
	default:
		return exit.Usagef("--speed %s: want 1 or max", o.speed)
	}
	switch {
	case o.dir == "":
		return exit.Usagef("--dir: want a directory")
	case t.Channels < 1 || t.Channels > maxChannels:
		return exit.Usagef("--channels %d: want 1 to %d", t.Channels, maxChannels)
	case t.SessionChannels < 1 || t.SessionChannels > 128:
		return exit.Usagef("--session-channels %d: want 1 to 128", t.SessionChannels)
	case t.Rate != 8000 && t.Rate != 16000 && t.Rate != 24000 && t.Rate != 32000 && t.Rate != 48000:
		return exit.Usagef("--rate %d: want 8000, 16000, 24000, 32000 or 48000", t.Rate)
	case t.Seconds < 1 || t.Seconds > 24*3600:
		return exit.Usagef("--seconds %d: want 1 to 86400", t.Seconds)
	case t.Buffer != 0 && (t.Buffer < 250*time.Millisecond || t.Buffer > time.Minute):
		return exit.Usagef("--buffer %s: want 250ms to 1m", t.Buffer)
	case o.staging != "tmpfs" && o.staging != "volume":
		return exit.Usagef("--staging %s: want tmpfs or volume", o.staging)
	case o.rounds < 1 || o.rounds > 100:
		return exit.Usagef("--rounds %d: want 1 to 100", o.rounds)
	case t.Ending < 0 || t.Ending > 0 && (t.Ending*t.SessionChannels >= t.Channels || !t.RealTime || t.Seconds < 4):
		return exit.Usagef("--ending %d: want fewer than all sessions, in real time, of 4 s or more", t.Ending)
	}
	return nil
}

// runLive measures a task and prints what came of it, round after round.
func runLive(ctx context.Context, o *liveOptions, stdout, stderr io.Writer) (err error) {
	raiseFiles()
	p, err := newPlace(o.dir)
	if err != nil {
		return exit.Envf("--dir: %w", err)
	}
	defer func() { err = errors.Join(err, p.remove()) }()
	human := stdout
	if o.json == "-" {
		human = stderr
	}
	var results []live.Result
	for range o.rounds {
		tasks := []live.Task{o.task}
		if o.alone {
			bare := o.task
			bare.Nothing = true
			tasks = append(tasks, bare)
		}
		for _, t := range tasks {
			r, err := p.live(ctx, t, o.staging == "tmpfs")
			if err != nil {
				return err
			}
			results = append(results, r)
			showLive(human, r)
		}
	}
	if o.json != "" {
		return to(o.json, stdout, func(w io.Writer) error { return writeJSON(w, results) })
	}
	return nil
}

// live measures a task in a process of its own.
func (p place) live(ctx context.Context, t live.Task, tmpfs bool) (r live.Result, err error) {
	if err := errors.Join(p.hasRoom(t), mayOpen(t)); err != nil {
		return r, err
	}
	err = p.use(tmpfs, func(dir, staging string) (err error) {
		r, err = spawn[live.Result](ctx, job{Live: &liveJob{Task: t, Dir: dir, Staging: staging}})
		return err
	})
	return r, err
}

// showLive prints a measurement for people.
func showLive(w io.Writer, r live.Result) {
	d := func(what string, d live.Distribution, unit string) {
		fmt.Fprintf(w, "  %-16s p50 %s, p99 %s, p99.9 %s, max %s %s\n", what, significant(d.P50), significant(d.P99), significant(d.P999),
			significant(d.Max), unit)
	}
	fmt.Fprintf(w, "%s\n", r.Task)
	d("write", r.Write, fmt.Sprintf("µs each call; looking at the clock twice takes p50 %.0f, mean %.0f ns of it", r.Clock.P50Ns, r.Clock.MeanNs))
	if r.Task.RealTime {
		d("after its moment", r.Lag, "µs")
	}
	fmt.Fprintf(w, "  frames           %d accepted, %d refused, %d late\n", r.Accepted, r.Refused, r.Late)
	fmt.Fprintf(w, "  CPU              %s s per channel-hour of this process (%s user), %s of the machine; %s s in %s s, %s MB/s\n",
		significant(r.CPUPerHour()), significant(r.Feed.User/r.Task.Hours()), significant(r.MachinePerHour()), significant(r.Feed.CPU),
		significant(r.Feed.Wall), significant(r.Rate()/1e6))
	if said := hereDisturbed(othersOf(r)); said != "" {
		fmt.Fprintf(w, "  %s\n", said)
	}
	if r.Task.Nothing {
		fmt.Fprintln(w)
		return
	}
	d("recovery point", r.Recovery, fmt.Sprintf("ms; %d of %d missed", r.Missed, r.Recovery.Count))
	d("destroy", r.Destroy, "ms each, many at once")
	if r.Task.Ending > 0 {
		d("ended", r.Ended, "ms each, while the others went on")
	}
	kib := func(n int64) string { return significant(float64(n) / 1024 / float64(r.Task.Channels)) }
	fmt.Fprintf(w, "  memory           %s KiB a channel: %s process, %s stages on tmpfs, %s page tables\n\n",
		kib(r.Memory.All()), kib(r.Memory.Process), kib(r.Memory.Staging), kib(r.Memory.Tables))
}

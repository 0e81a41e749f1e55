package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/benchmarks/orphans"
	"github.com/ilenia-live/rec/internal/exit"
)

// orphansOptions are the flags of orphans.
type orphansOptions struct {
	dir      string
	sessions int
	channels int
	seconds  int
	json     string
}

func newOrphansCommand() *cobra.Command {
	var o orphansOptions
	c := &cobra.Command{
		Use:   "orphans [flags]",
		Short: "Measure recovery after a kill",
		Long: `orphans records sessions in a process of its own (in several where one may not have as many files open), kills it with SIGKILL when all
of them hold their audio, and measures how long recovery takes until each is a finished recording. Then it reads all of them to the last byte.`,
		Example: `  go run . orphans --dir /srv/recordings
  go run . orphans --dir /srv/recordings --sessions 1000 --channels 4 --seconds 10`,
		Args: noArguments,
		RunE: runs(&o, runOrphans),
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.dir, "dir", ".", "where to write: the file system that is measured")
	f.IntVar(&o.sessions, "sessions", 10000, "sessions that are left behind")
	f.IntVar(&o.channels, "channels", 1, "channels in each")
	f.IntVar(&o.seconds, "seconds", 2, "audio on each channel, in seconds")
	f.StringVar(&o.json, "json", "", "write all figures to this file, - for standard output")
	return c
}

func (o *orphansOptions) check() error {
	switch {
	case o.dir == "":
		return exit.Usagef("--dir: want a directory")
	case o.sessions < 1 || o.sessions > maxChannels:
		return exit.Usagef("--sessions %d: want 1 to %d", o.sessions, maxChannels)
	case o.channels < 1 || o.channels > 128 || o.sessions*o.channels > 2*maxChannels:
		return exit.Usagef("--channels %d: want 1 to 128, and no more than %d in all", o.channels, 2*maxChannels)
	case o.seconds < 1 || o.seconds > maxSeconds:
		return exit.Usagef("--seconds %d: want 1 to %d", o.seconds, maxSeconds)
	}
	return nil
}

func (o *orphansOptions) task() live.Task {
	return live.Task{Channels: o.sessions * o.channels, SessionChannels: o.channels, Rate: 48000, Seconds: o.seconds}
}

func runOrphans(ctx context.Context, o *orphansOptions, stdout, stderr io.Writer) (err error) {
	raiseFiles()
	p, err := newPlace(o.dir)
	if err != nil {
		return exit.Envf("--dir: %w", err)
	}
	defer func() { err = errors.Join(err, p.remove()) }()
	r, err := p.orphans(ctx, o.task())
	if err != nil {
		return err
	}
	human := stdout
	if o.json == "-" {
		human = stderr
	}
	showOrphans(human, r)
	if o.json != "" {
		return to(o.json, stdout, func(w io.Writer) error { return writeJSON(w, r) })
	}
	return nil
}

func showOrphans(w io.Writer, r orphans.Result) {
	fmt.Fprintf(w, "%d orphans of %d × %d s of 48 kHz: recovered in %s s, %s CPU s (%s of the machine), at most %s ms between two; %.0f MiB\n",
		r.Sessions, r.Channels, r.Seconds, significant(r.Wall), significant(r.CPU), significant(r.Machine), significant(r.Slowest),
		float64(r.PeakRSS)/(1<<20))
	if said := hereDisturbed(r.Others / r.Wall); said != "" {
		fmt.Fprintln(w, said)
	}
}

// orphans leaves the sessions of a task behind and measures their recovery, each in a process of its own.
func (p place) orphans(ctx context.Context, t live.Task) (r orphans.Result, err error) {
	if err := p.hasRoom(t); err != nil {
		return r, err
	}
	err = p.use(true, func(dir, staging string) (err error) {
		// One process may not be allowed as many files.
		most := max(mostSessions(t.SessionChannels), 1)
		for left := t.Sessions(); left > 0; left -= min(left, most) {
			one := t
			one.Channels = min(left, most) * t.SessionChannels
			if err := spawnHeld(ctx, job{Hold: &liveJob{Task: one, Dir: dir, Staging: staging}}); err != nil {
				return err
			}
		}
		r, err = spawn[orphans.Result](ctx, job{Recover: &liveJob{Task: t, Dir: dir, Staging: staging}})
		return err
	})
	return r, err
}

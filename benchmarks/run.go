package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ilenia-live/rec/benchmarks/peer"
	"github.com/ilenia-live/rec/internal/exit"
)

// errInterrupted ends a run that somebody stopped, after what was measured so far is printed.
var errInterrupted = errors.New("interrupted")

// run is everything from the first directory to the last line. What it made is gone when it returns.
func run(ctx context.Context, o *options, stdout, stderr io.Writer) error {
	b, err := comparePeers(ctx, o, stderr)
	if b == nil || b.report.Rounds == 0 {
		return err
	}
	return errors.Join(err, b.print(stdout))
}

// comparePeers measures everybody in turn. With an error there is what was measured before it.
func comparePeers(ctx context.Context, o *options, stderr io.Writer) (b *bench, err error) {
	raiseFiles()
	h, err := lookAtHost(o.dir)
	if err != nil {
		return nil, err
	}
	channels, err := h.choose(o)
	if err != nil {
		return nil, err
	}
	place, err := newPlace(o.dir)
	if err != nil {
		return nil, exit.Envf("--dir: %w", err)
	}
	defer func() { err = errors.Join(err, place.remove()) }()
	b = &bench{o: o, host: h, channels: channels, place: place, stderr: stderr}
	if o.profile != "" {
		if err := os.MkdirAll(o.profile, 0o750); err != nil {
			return nil, exit.Envf("--profile: %w", err)
		}
	}
	r := &b.report
	*r = report{
		Machine: lookAtMachine(o.dir), Command: command(o, channels), Channels: channels, Seconds: o.seconds,
		Sequential: ceiling{Size: b.task().Bytes()},
	}
	for _, c := range peer.Contestants() {
		if o.wants(c.Name, c.Label) {
			r.Entries = append(r.Entries, newEntry(c))
		}
	}
	if len(r.Entries) == 0 {
		return nil, exit.Usagef("--only %q: matches nobody", o.only)
	}
	err = b.rounds(ctx)
	r.conclude()
	return b, err
}

// print puts the report where the flags want it.
func (b *bench) print(stdout io.Writer) error {
	human, o, r := stdout, b.o, &b.report
	if o.json == "-" || o.benchstat == "-" {
		human = b.stderr // standard output is for the program that reads it
	}
	r.text(human)
	var err error
	if o.json != "" {
		err = to(o.json, stdout, r.writeJSON)
	}
	if o.benchstat != "" {
		err = errors.Join(err, to(o.benchstat, stdout, r.writeBenchstat))
	}
	return err
}

// A bench measures everybody in turn.
type bench struct {
	o        *options
	host     host
	channels int
	place    place // all that is written is below it, but for stages on the tmpfs
	stderr   io.Writer
	report   report
}

func (b *bench) task() peer.Task {
	return peer.Task{
		Channels: b.channels, Seconds: b.o.seconds, SessionChannels: b.o.sessionChannels, Syncers: b.o.syncers,
	}
}

// taskFor is the task as c gets it: a program for each channel is more than a machine has memory for, so there are fewer
// channels, each as much longer.
func (b *bench) taskFor(c peer.Contestant) peer.Task {
	t := b.task()
	if c.Program != "" && t.Channels > b.o.processes {
		t.Seconds = max(t.Seconds*t.Channels/b.o.processes, 1)
		t.Channels = b.o.processes
	}
	return t
}

// why is the reason for which c can't take part, if there is one.
func (b *bench) why(c peer.Contestant) string {
	switch {
	case !c.Installed():
		return c.Program + " is not installed"
	case c.Tmpfs && b.host.shm < uint64(b.channels)*stageBytes:
		return fmt.Sprintf("%s has %d MB free, too little for %d channels", shm, b.host.shm/1e6, b.channels)
	}
	return ""
}

// once measures a contestant on an empty directory, and removes what it wrote.
func (b *bench) once(ctx context.Context, c peer.Contestant, profile string) (m measurement, err error) {
	err = b.place.use(c.Tmpfs, func(dir, staging string) (err error) {
		j := peerJob{Contestant: c.Name, Task: b.taskFor(c), Profile: profile}
		j.Task.Dir, j.Task.Staging = dir, staging
		m, err = spawn[measurement](ctx, job{Peer: &j})
		return err
	})
	return m, err
}

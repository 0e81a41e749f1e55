package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/spf13/cobra"
)

// crashOptions are the flags of crash.
type crashOptions struct {
	rounds   int
	dir      string
	json     string
	seed     uint64
	sessions int
	channels int
	staging  string
	keep     bool
	verbose  bool
}

func newCrashCommand() *cobra.Command {
	var o crashOptions
	c := &cobra.Command{
		Use:   "crash [flags]",
		Short: "Kill -9 at random moments, then judge what is left",
		Long: `crash starts itself as "run --source pattern", kills that process with SIGKILL in each phase of its life in turn, from before
the first session exists to after the last one is finished, recovers what is left (killing the recovery too, in about half of
the rounds), recovers once more to see that this changes nothing, and judges: every sample whose write had returned must
be in exactly one finished recording, at its place and unchanged. The judge shares no code with the recorder.

The same seed makes the same choices; what a kill hits depends on the machine as well, and is told from what is left.`,
		Example: `  rec-sim crash --rounds 100
  rec-sim crash --rounds 1000 --dir /mnt/disk/crash --json -
  rec-sim crash --rounds 20 --seed 7 --verbose --keep`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(c.Flags().Changed("seed")); err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			human := c.OutOrStdout()
			if o.json == "-" {
				human = c.ErrOrStderr()
			}
			return crash(ctx, &o, human, c.OutOrStdout())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVar(&o.rounds, "rounds", 20, "number of kills of a recording process")
	f.StringVar(&o.dir, "dir", "", "work here (default: a temporary directory, removed unless something is wrong)")
	f.StringVar(&o.json, "json", "", "write the result to this file, - for standard output")
	f.Uint64Var(&o.seed, "seed", 0, "makes the choices (default: different each time)")
	f.IntVar(&o.sessions, "sessions", 3, "sessions in each round")
	f.IntVar(&o.channels, "channels", 2, "channels in each session")
	f.StringVar(&o.staging, "staging", "", "staging of the recorder (default: in some rounds on the volume, in others in memory)")
	f.BoolVar(&o.keep, "keep", false, "keep all recordings")
	f.BoolVar(&o.verbose, "verbose", false, "a line for each round")
	return c
}

func (o *crashOptions) check(seedGiven bool) error {
	switch {
	case o.rounds < 1:
		return exit.Usagef("--rounds %d: want 1 or more", o.rounds)
	case o.sessions < 1 || o.sessions > limits.Sessions:
		return exit.Usagef("--sessions %d: want 1 to %d", o.sessions, limits.Sessions)
	case o.channels < 1 || o.channels > limits.Channels:
		return exit.Usagef("--channels %d: want 1 to %d", o.channels, limits.Channels)
	}
	if !seedGiven {
		o.seed = uint64(time.Now().UnixNano())
	}
	return nil
}

// crash plays all rounds, or as many as ctx allows.
func crash(ctx context.Context, o *crashOptions, human, stdout io.Writer) (err error) {
	dir, temporary := o.dir, o.dir == ""
	if temporary {
		if dir, err = os.MkdirTemp("", "rec-sim-crash-"); err != nil {
			return exit.Envf("crash: %w", err)
		}
	} else if err := os.MkdirAll(dir, durable.DirMode); err != nil {
		return exit.Envf("crash: --dir: %w", err)
	}
	exe, err := os.Executable()
	if err != nil {
		return exit.Envf("crash: find myself: %w", err)
	}
	memory, forget := memoryForStages()
	defer func() { err = errors.Join(err, forget()) }()
	r := newCrashReport(o.seed)
	for n := 1; n <= o.rounds && ctx.Err() == nil; n++ {
		one := newRound(o, n)
		one.exe, one.dir, one.memory = exe, filepath.Join(dir, fmt.Sprintf("round-%04d", n)), memory
		if err := one.play(ctx); err != nil {
			if ctx.Err() != nil {
				break
			}
			return errors.Join(exit.Envf("crash: round %d, seed %d, in %s: %w", n, o.seed, one.dir, err))
		}
		r.add(n, one)
		if o.verbose {
			fmt.Fprintf(human, "round %d: %s\n", n, one)
		}
		if len(one.problems) == 0 && !o.keep {
			if err := one.remove(); err != nil {
				return exit.Envf("crash: %w", err)
			}
		}
	}
	if len(r.Problems) > 0 || o.keep {
		r.Dir = dir
	} else if temporary {
		err = os.RemoveAll(dir)
	}
	showCrashes(human, &r)
	if o.json != "" {
		err = errors.Join(err, writeJSON(&r, o.json, stdout))
	}
	if len(r.Problems) > 0 {
		err = errors.Join(err, exit.Wrongf("crash: %s, seed %d; the evidence is in %s", plural(len(r.Problems), "problem"), o.seed, dir))
	}
	return err
}

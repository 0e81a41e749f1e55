package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/ilenia-live/rec/internal/exit"
	"github.com/spf13/cobra"
)

// execute runs the command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	c := newCommand()
	c.SetArgs(args)
	c.SetOut(stdout)
	c.SetErr(stderr)
	err := c.Execute()
	if err != nil {
		fmt.Fprintln(stderr, "benchmarks:", err)
	}
	return exit.Code(err)
}

func newCommand() *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "benchmarks [flags]",
		Short: "Measure the recorder beside its peers",
		Long: `benchmarks records the same audio with the recorder, with go-audio/wav, os.File, bufio, an ffmpeg and a sox for each channel and
pion's oggwriter, one after the other, round after round, and prints medians and how they compare. Beside them it measures
what the file system takes from one sequential writer.

It works in a directory of its own below --dir, which it removes at the end, also after Ctrl-C. README.md says what is fair
and unfair in each comparison.`,
		Example: `  go run . --dir /srv/recordings
  go run . --dir /srv/recordings --channels 500 --seconds 8 --rounds 3
  go run . --dir /srv/recordings --only 'recorder|bufio' --benchstat new.txt
  go run . --dir /srv/recordings --only recorder --profile /tmp/profiles`,
		Args:          noArguments,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          runs(&o, run),
	}
	c.SetContext(context.Background())
	c.CompletionOptions.DisableDefaultCmd = true
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return exit.Usagef("%w", err) })
	o.flags(c.Flags())
	c.Flags().SortFlags = false
	c.AddCommand(newLiveCommand(), newOrphansCommand(), newSuiteCommand(), newPrintCommand(), newMeasureCommand())
	return c
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return exit.Usagef("argument %q: want only flags", args[0])
	}
	return nil
}

// runs is what a command does with its flags: it checks them, and works until it is done or interrupted.
func runs[T interface{ check() error }](o T, work func(ctx context.Context, o T, stdout, stderr io.Writer) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		ctx, stop := untilSignal(c.Context())
		defer stop()
		return work(ctx, o, c.OutOrStdout(), c.ErrOrStderr())
	}
}

// untilSignal ends the context with Ctrl-C. The second signal ends the process at once: the first one was heard.
func untilSignal(parent context.Context) (ctx context.Context, stop context.CancelFunc) {
	ctx, stop = signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}

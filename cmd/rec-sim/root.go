package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/ilenia-live/rec/internal/exit"
	"github.com/spf13/cobra"
)

// execute runs one command line and returns its exit code.
func execute(args []string, stdout, stderr io.Writer) int {
	root, entered := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.Execute()
	if err == nil {
		return exit.OK
	}
	code := exit.Code(err)
	if !*entered {
		// Whatever cobra refuses before a command runs is about flags, arguments or the command's name.
		code = exit.Usage
	}
	if !errors.As(err, new(saidError)) {
		fmt.Fprintf(stderr, "rec-sim: %v\n", err)
	}
	if code == exit.Usage {
		fmt.Fprintln(stderr, "Try 'rec-sim help' or 'rec-sim COMMAND --help'.")
	}
	return code
}

// saidError ends the program with exit.Wrong when everything there is to say was printed already.
type saidError struct{}

func (saidError) Error() string { return "something is wrong" }

// newRoot joins the commands. entered tells whether one of them began to run.
func newRoot() (root *cobra.Command, entered *bool) {
	entered = new(bool)
	root = &cobra.Command{
		Use:   "rec-sim",
		Short: "Pretend sessions by the thousand: load, crash, verify",
		Long: `rec-sim feeds the recorder with pretend sessions, measures it, verifies and recovers what is on the disk, and kills
itself at random moments to see whether anything that was accepted is lost.

Exit codes: 0 all well, 1 something recorded is wrong or lost, 2 usage, 3 environment (no space, no permission).`,
		Example: `  rec-sim run
  rec-sim run --source pattern --sessions 500 --channels 2 --duration 1m
  rec-sim verify recordings
  rec-sim recover recordings
  rec-sim crash --rounds 100
  rec-sim disk --dir /mnt/recordings
  rec-sim plot run.json --out plots`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(*cobra.Command, []string) error { *entered = true; return nil },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(newRunCommand(), newReplayCommand(), newVerifyCommand(), newRecoverCommand(), newCrashCommand(), newDiskCommand(),
		newPlotCommand())
	return root, entered
}

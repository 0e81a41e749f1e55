package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/spf13/cobra"
)

func newRecoverCommand() *cobra.Command {
	var json string
	var dryRun bool
	c := &cobra.Command{
		Use:   "recover DIR [flags]",
		Short: "Finish what a crash left behind",
		Long: `recover does what the recorder does at boot: every session below DIR whose process is dead becomes a finished recording,
is removed if nothing was ever accepted for it, or goes to the quarantine if it can't be explained. Sessions of living
processes are left alone. It may be killed and run again at any time.

It exits with 1 if a session was quarantined, or could not be dealt with.`,
		Example: `  rec-sim recover recordings
  rec-sim recover recordings --dry-run
  rec-sim recover recordings --json -`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			human := c.OutOrStdout()
			if json == "-" {
				human = io.Discard
			}
			return recoverDir(c.Context(), args[0], dryRun, json, human, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	c.Flags().StringVar(&json, "json", "", "write the report to this file, - for standard output")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be recovered")
	return c
}

func recoverDir(ctx context.Context, dir string, dryRun bool, json string, human, stdout, stderr io.Writer) error {
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("recover: %w", err) // for a host nothing to recover, for a person a slip
	}
	opts := cleanup.Options{DryRun: dryRun, Progress: countOn(stderr)}
	r, err := cleanup.Recover(ctx, dir, opts)
	if r.Sessions == nil {
		r.Sessions = []cleanup.Verdict{} // in JSON an empty list, not null
	}
	showVerdicts(human, r)
	if json != "" && (err == nil || r.Orphans > 0) {
		if err := writeJSON(r, json, stdout); err != nil {
			return err
		}
	}
	switch {
	case err != nil:
		return err
	case !r.OK():
		return exit.Wrongf("recover %s: %d quarantined, %d failed", dir, r.Quarantined, r.Failed)
	}
	return nil
}

// showVerdicts prints what became of each orphan.
func showVerdicts(w io.Writer, r cleanup.Report) {
	if len(r.Sessions) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "session\tverdict\toutcome\twhere\tremarks")
		for _, v := range r.Sessions {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", clean(v.Session), v.Verdict, clean(dash(v.Outcome)), clean(dash(v.Path)), clean(remarks(v)))
		}
		_ = t.Flush() // as little can be done about it as about Fprintln's error
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, r)
}

func remarks(v cleanup.Verdict) string {
	switch {
	case v.Error != "":
		return v.Error
	case v.Reason != "":
		return v.Reason
	case v.LostAtMostMs > 0:
		return fmt.Sprintf("at most the last %d ms are lost", v.LostAtMostMs)
	}
	return "-"
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// recoverBefore repairs what an earlier run left in a directory that is about to be recorded to.
func recoverBefore(ctx context.Context, dir string, human io.Writer) error {
	r, err := cleanup.Recover(ctx, dir, cleanup.Options{})
	if err != nil {
		return exit.Envf("--dir: %w", err)
	}
	if r.Orphans > 0 {
		fmt.Fprintf(human, "An earlier run was cut short. Repaired: %s\n", r)
		for _, v := range r.Sessions {
			if v.Path != "" {
				fmt.Fprintf(human, "  %s: %s, %s\n", clean(v.Session), v.Verdict, clean(v.Path))
			}
		}
		fmt.Fprintln(human)
	}
	return nil
}

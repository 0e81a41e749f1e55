package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"unicode"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/spf13/cobra"
)

func newVerifyCommand() *cobra.Command {
	var json string
	c := &cobra.Command{
		Use:   "verify DIR [flags]",
		Short: "Check every recording below a directory",
		Long: `verify reads every finished recording below DIR to the last byte and compares it with its manifest: structure, sizes,
checksums, levels, gaps, transcripts, and that nothing is missing or lies there unnamed. DIR may also be one recording, or
one year, month or day. A channel labelled pattern:<c> is checked sample by sample. Nothing is changed.

It exits with 1 if anything is wrong.`,
		Example: `  rec-sim verify recordings
  rec-sim verify recordings/2026/11/23
  rec-sim verify recordings --json -`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := verifyDir(c.Context(), args[0], c.ErrOrStderr())
			if err != nil {
				return fmt.Errorf("verify %s: %w", args[0], err)
			}
			if json != "-" {
				showFindings(c.OutOrStdout(), args[0], r)
			}
			if json != "" {
				if err := writeJSON(r, json, c.OutOrStdout()); err != nil {
					return err
				}
			}
			if n := len(r.Findings); n > 0 {
				return exit.Wrongf("verify %s: %s", args[0], plural(n, "finding"))
			}
			return nil
		},
	}
	c.Flags().StringVar(&json, "json", "", "write the report to this file, - for standard output")
	return c
}

// verifyDir verifies what is below dir, with a bar if progress is a terminal.
func verifyDir(ctx context.Context, dir string, progress io.Writer) (r finalize.VerifyReport, err error) {
	rootDir, below, err := splitDates(dir)
	if err != nil {
		return r, err
	}
	root, err := durable.OpenRoot(rootDir)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return finalize.Verify(ctx, root, finalize.VerifyOptions{Dir: below, Progress: countOn(progress)})
}

// splitDates cuts date folders off the end of a path, and a recording in them: they tell where recordings must be, which
// the last of them alone would not.
func splitDates(dir string) (root, below string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", "", err
	}
	parts := strings.Split(filepath.ToSlash(abs), "/")
	isDate := func(i int, digits int) bool {
		return len(parts[i]) == digits && strings.Trim(parts[i], "0123456789") == ""
	}
	// From a recording up to a month; a year alone is as likely to be somebody's name for a root.
	for tail := 4; tail >= 2; tail-- {
		at := len(parts) - tail
		if at < 1 || !isDate(at, 4) || !isDate(at+1, 2) || tail > 2 && !isDate(at+2, 2) {
			continue
		}
		return strings.Join(parts[:at], "/") + "/", strings.Join(parts[at:], "/"), nil
	}
	return abs, ".", nil
}

// clean makes text fit for a terminal: names and contents of damaged files may be anything.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// showFindings prints what is wrong, and how much was looked at.
func showFindings(w io.Writer, dir string, r finalize.VerifyReport) {
	if len(r.Findings) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "recording\tfile\tproblem")
		for _, f := range r.Findings {
			fmt.Fprintf(t, "%s\t%s\t%s\n", clean(f.Recording), clean(dash(f.File)), clean(f.Problem))
		}
		_ = t.Flush() // as little can be done about it as about Fprintln's error
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s: %s, %s, %.1f s of audio, %s, %s, %d samples compared with their pattern: %s\n",
		dir, plural(r.Recordings, "recording"), plural(r.Files, "file"), r.AudioSeconds, plural(r.Gaps, "gap"), plural(r.Cues, "cue"),
		r.SamplesChecked, plural(len(r.Findings), "finding"))
	for _, o := range []finalize.Outcome{finalize.OutcomeOK, finalize.OutcomeRepaired, finalize.OutcomeDegraded, finalize.OutcomePartial} {
		if n := r.Outcomes[o]; n > 0 {
			fmt.Fprintf(w, "  %s: %d\n", o, n)
		}
	}
	if r.InSpool+r.Quarantined+r.Trashed > 0 {
		fmt.Fprintf(w, "  beside them: %d in the spool, %d in quarantine, %d in the trash\n", r.InSpool, r.Quarantined, r.Trashed)
	}
}

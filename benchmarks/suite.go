package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ilenia-live/rec/internal/exit"
)

// suiteOptions are the flags of suite.
type suiteOptions struct {
	dir     string
	results string
	only    string
	long    bool
	try     bool
}

func newSuiteCommand() *cobra.Command {
	var o suiteOptions
	c := &cobra.Command{
		Use:   "suite [flags]",
		Short: "Measure everything that BENCHMARKS.md has",
		Long: `suite measures part after part and keeps what each found in a file of its own, from which 'print' makes BENCHMARKS.md. What
isn't measured keeps its last figures. Without --long it takes less than 25 minutes on two cores.

` + listParts(),
		Example: `  go run . suite --dir /srv/recordings
  go run . suite --dir /srv/recordings --long
  go run . suite --dir /srv/recordings --only 'latency|realtime'
  go run . print > ../BENCHMARKS.md`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := untilSignal(c.Context())
			defer stop()
			return runSuite(ctx, &o, c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.dir, "dir", ".", "where to write: the file system that is measured")
	f.StringVar(&o.results, "results", defaultResults, "where the figures are kept")
	f.StringVar(&o.only, "only", "", "only the parts whose name matches this regular expression, also the long ones")
	f.BoolVar(&o.long, "long", false, "also the parts that take long")
	f.BoolVar(&o.try, "try", false, "sizes that are over at once and mean nothing")
	return c
}

// defaultResults is where the figures and pictures of BENCHMARKS.md are, seen from benchmarks/.
const defaultResults = "../docs/benchmarks"

// A part of the suite is measured by itself.
type part struct {
	name    string // of its file
	about   string
	long    bool
	measure func(*suite, context.Context) (any, error)
}

func listParts() string {
	var b strings.Builder
	for _, p := range parts() {
		about := p.about
		if p.long {
			about += " (long)"
		}
		fmt.Fprintf(&b, "  %-12s %s\n", p.name, about)
	}
	return b.String()
}

// A suite is a run of parts.
type suite struct {
	o     *suiteOptions
	place place
	less  int // sizes are divided by this, for trying
	say   io.Writer
}

func runSuite(ctx context.Context, o *suiteOptions, say io.Writer) (err error) {
	if o.try && o.results == defaultResults {
		return exit.Usagef("--try: means nothing, so it needs --results of its own")
	}
	wanted, err := regexp.Compile(o.only)
	if err != nil {
		return exit.Usagef("--only: %w", err)
	}
	raiseFiles()
	s := &suite{o: o, say: say, less: 1}
	if o.try {
		s.less = 1000
	}
	if s.place, err = newPlace(o.dir); err != nil {
		return exit.Envf("--dir: %w", err)
	}
	defer func() { err = errors.Join(err, s.place.remove()) }()
	if err := os.MkdirAll(o.results, 0o750); err != nil {
		return exit.Envf("--results: %w", err)
	}
	m, begun, did := lookAtMachine(o.dir), time.Now(), 0
	for _, p := range parts() {
		if o.only != "" && !wanted.MatchString(p.name) || o.only == "" && p.long && !o.long {
			continue
		}
		fmt.Fprintf(say, "== %s: %s\n", p.name, p.about)
		part := time.Now()
		result, err := p.measure(s, ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		if err := save(o.results, p.name, m, "cd benchmarks && go run . suite --dir DIR --only "+p.name, result); err != nil {
			return err
		}
		did++
		fmt.Fprintf(say, "== %s took %s, %s so far\n", p.name, time.Since(part).Round(time.Second), time.Since(begun).Round(time.Second))
	}
	if did == 0 {
		return exit.Usagef("--only %q: matches no part", o.only)
	}
	return nil
}

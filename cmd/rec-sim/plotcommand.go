package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ilenia-live/rec/internal/chart"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/exit"
)

// plotOptions are the flags of plot.
type plotOptions struct {
	out  string
	disk string
}

func newPlotCommand() *cobra.Command {
	var o plotOptions
	c := &cobra.Command{
		Use:   "plot FILE.json [flags]",
		Short: "Draw what a run measured",
		Long: `plot draws what FILE.json, written by run --json, holds, each as a PNG and an SVG whose names begin with FILE:

  latency      write latencies by percentile
  recovery     how old audio became before it was durable, second by second, below what was promised
  throughput   bytes written, second by second; with --disk, below what the disk takes sequentially
  ramp         processors in use against channels, of run --ramp

What the file doesn't hold is not drawn: a run of less than a second has no seconds. It exits with 2 if there is nothing
to draw at all. No file is overwritten: it exits with 3 if one is there already.`,
		Example: `  rec-sim run --source pattern --sessions 500 --channels 2 --duration 1m --json run.json
  rec-sim disk --json disk.json
  rec-sim plot run.json --disk disk.json --out plots
  rec-sim plot ramp.json --out plots`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return plotFile(args[0], &o, c.OutOrStdout())
		},
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&o.out, "out", ".", "the directory to draw into; it is made if it isn't there")
	c.Flags().StringVar(&o.disk, "disk", "", "what disk --json wrote on the same volume")
	return c
}

// plotFile draws all that a file holds and prints the names of what it drew.
func plotFile(name string, o *plotOptions, stdout io.Writer) error {
	var r report
	if err := readMeasurements(name, &r); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	var d *diskReport
	if o.disk != "" {
		d = &diskReport{}
		if err := readMeasurements(o.disk, d); err != nil {
			return fmt.Errorf("plot: --disk: %w", err)
		}
		if d.Sequential.BytesPerSecond <= 0 {
			return exit.Usagef("plot: --disk %s: has no sequential rate: want what 'rec-sim disk --json' writes", o.disk)
		}
	}
	charts := chartsOf(&r, d)
	if len(charts) == 0 {
		return exit.Usagef("plot %s: there is nothing to draw: want what 'rec-sim run --json' writes of a second or more", name)
	}
	if err := os.MkdirAll(o.out, durable.DirMode); err != nil {
		return exit.Envf("plot: --out: %w", err)
	}
	base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	for _, c := range charts {
		for _, format := range []chart.Format{chart.PNG, chart.SVG} {
			file := filepath.Join(o.out, base+"-"+c.name+string(format))
			if err := drawInto(file, c.Chart, format); err != nil {
				return err
			}
			fmt.Fprintln(stdout, file)
		}
	}
	return nil
}

// drawInto draws a chart into a file that isn't there yet.
func drawInto(name string, c chart.Chart, f chart.Format) (err error) {
	picture, err := c.Draw(f)
	if err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, durable.FileMode)
	if err != nil {
		return exit.Envf("plot: --out: %w", err)
	}
	if _, err = file.Write(picture); err != nil {
		err = exit.Envf("plot: --out: %w", err)
	}
	return errors.Join(err, file.Close())
}

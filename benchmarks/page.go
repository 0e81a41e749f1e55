package main

import (
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ilenia-live/rec/internal/exit"
)

// printOptions are the flags of print.
type printOptions struct {
	results string
	link    string
}

func newPrintCommand() *cobra.Command {
	var o printOptions
	c := &cobra.Command{
		Use:   "print [flags]",
		Short: "Print BENCHMARKS.md from what was measured",
		Long: `print makes a page of what 'suite' measured last, part by part, draws its pictures beside the figures, in place of those that were
there, and says of each target whether it holds.`,
		Example: `  go run . print > ../BENCHMARKS.md`,
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := load(o.results)
			if err != nil {
				return exit.Envf("%w", err)
			}
			p := &page{w: c.OutOrStdout(), link: o.link, results: r}
			if p.where = r.latest(); p.where == nil {
				return exit.Envf("%s: nothing was measured yet: run 'suite' first", o.results)
			}
			if err := p.draw(o.results); err != nil {
				return err
			}
			p.print()
			return nil
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.results, "results", defaultResults, "where the figures are, and the pictures go")
	f.StringVar(&o.link, "link", "docs/benchmarks", "the same, seen from the page")
	return c
}

// A page is BENCHMARKS.md.
type page struct {
	w       io.Writer
	link    string // to the pictures' directory
	results *results
	where   *machine
	drawn   map[string]bool // pictures that are there
}

func (p *page) say(format string, args ...any) { fmt.Fprintf(p.w, format, args...) }

// pageWidth is how many characters a line of text has at the most.
const pageWidth = 130

// meaning says in a few sentences what the table before it tells.
func (p *page) meaning(format string, args ...any) {
	p.say("\n")
	p.text("Meaning: "+format, args...)
}

// text prints a paragraph in lines.
func (p *page) text(format string, args ...any) {
	line := ""
	for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
		if line != "" && width(line)+1+width(word) > pageWidth {
			p.say("%s\n", line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	p.say("%s\n", line)
}

// section begins one, and says how and of what it was measured.
func (p *page) section(title string, m machine, command string) {
	p.say("\n## %s\nPrinted by `%s`%s.\n\n", title, command, p.of(m))
}

// of says of what something was measured, and where, if that isn't what the head of the page says.
func (p *page) of(m machine) string {
	s := fmt.Sprintf(", commit %s, %s", m.Commit, m.Date)
	if m.where() != p.where.where() {
		s += ", on " + m.where()
	}
	return s
}

// where is a machine in a line.
func (m machine) where() string {
	return fmt.Sprintf("%d × %s, %.0f GiB, %s, kernel %s, %s", m.Cores, m.Processor, float64(m.Memory)/(1<<30), m.FileSystem, m.Kernel, m.Go)
}

// picture shows one, with what it means.
func (p *page) picture(name, meaning string) {
	if p.drawn[name] {
		p.say("\n![%s](%s)\n\n%s\n", name, path.Join(p.link, pictureFile(name)), meaning)
	}
}

// disturbed says so if others had too much of the machine.
func (p *page) disturbed(m machine, processors ...float64) {
	if said := disturbed(m.Cores, processors...); said != "" {
		p.say("\n%s\n", said)
	}
}

func (p *page) print() {
	m := p.where
	p.say(`# Benchmarks

Printed by .ci/benchmarks, from the figures in [%[1]s](%[1]s). Ratios travel from machine to machine, absolute figures don't.
"The machine's account" of processor time is that of all processes and of the kernel's own threads, which write back on a recorder's
behalf; other figures of processor time are the process's. [benchmarks/README.md](benchmarks/README.md) says how each figure is
measured, and what is fair and unfair in it.

| | |
|---|---|
| machine | %[2]d × %[3]s, %.0[4]f GiB |
| disk | %[5]s |
| kernel, Go | %[6]s, %[7]s |

## Targets
`, p.link, m.Cores, m.Processor, float64(m.Memory)/(1<<30), m.FileSystem, m.Kernel, m.Go)
	p.results.targetTable().markdown(p.w)
	p.meaning("what the recorder is to achieve on two cores, with an enforced recovery point of 1 s, levels and checksums on, and whether it " +
		"does. Where there are rounds, medians.")
	p.latency()
	p.realTime()
	p.growth()
	p.ends()
	p.peers()
	p.others()
}

// latest is the machine of the part that was measured last, nil if none was.
func (r *results) latest() (last *machine) {
	for _, part := range []interface{ measuredOn() *machine }{
		r.Peers, r.Latency, r.RealTime, r.Scale, r.ScaleMost, r.Growth, r.Ends, r.Orphans, r.Disk, r.Ramp, r.Go,
	} {
		if m := part.measuredOn(); m != nil && (last == nil || m.Date > last.Date) {
			last = m
		}
	}
	return last
}

func pictureFile(name string) string { return name + ".png" }

func picturePath(dir, name string) string { return filepath.Join(dir, pictureFile(name)) }

package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/ilenia-live/rec/internal/median"
)

// costs is what was measured.
func (r *report) costs() *table {
	t := &table{words: 2, head: []string{
		"", "sync", "CPU s/ch-hour", "× recorder", "machine", "user", "sys", "CPU s", "wall s", "MB/s", "KiB/channel", "allocs/frame", "CPU ms to open+close",
	}}
	for _, e := range r.Entries {
		m := e.Median
		if m == nil {
			continue
		}
		times := "–"
		if m.Times != nil {
			times = significant(*m.Times)
		}
		user, sys := significant(m.UserPerHour), significant(m.SysPerHour)
		if math.Abs(m.UserPerHour+m.SysPerHour-m.CPUPerHour) > m.CPUPerHour/10 {
			user, sys = "–", "–" // other processes did the work, and while they run nobody says how it divides
		}
		t.add(e.Label, e.Sync, significant(m.CPUPerHour), times, significant(m.Machine), user, sys, significant(m.CPU), significant(m.Wall),
			e.megabytes(m.Rate), fmt.Sprintf("%.0f", m.RSS/1024), significant(m.Allocs), significant(m.EndsCPU*1000))
	}
	return t
}

// promises is what holds by design.
func (r *report) promises() *table {
	t := &table{words: 5, head: []string{"", "sync", "stores", "left after kill -9", "left after a loss of power"}}
	for _, e := range r.Entries {
		if e.Median != nil && e.Stores != storesNothing {
			t.add(e.Label, e.Sync, e.Stores, e.Kill, e.Power)
		}
	}
	return t
}

// promisesInLines is the same for a terminal, which is not wide enough for sentences beside each other.
func (r *report) promisesInLines(w io.Writer) {
	fmt.Fprintln(w, "What is left, by the way each is made:")
	last := ""
	for _, e := range r.Entries {
		if e.Median == nil || e.Stores == storesNothing {
			continue
		}
		if e.Label != last {
			fmt.Fprintf(w, "  %s (%s)\n    kill -9: %s\n", e.Label, e.Stores, e.Kill)
		}
		fmt.Fprintf(w, "    loss of power, sync %s: %s\n", e.Sync, e.Power)
		last = e.Label
	}
}

// storesNothing is what the empty loop does.
const storesNothing = "nothing"

// megabytes is a rate of samples, where that means anything: for who stores them.
func (e *entry) megabytes(rate float64) string {
	if !strings.Contains(e.Stores, "PCM") {
		return "–"
	}
	return fmt.Sprintf("%.0f", rate/1e6)
}

// ratios is what the recorder is judged by.
func (r *report) ratios() *table {
	t := &table{words: 1, head: []string{"ratio, median of rounds", "", "by the machine's account"}}
	for _, q := range r.Ratios {
		machine := "–"
		if q.Machine > 0 {
			machine = fmt.Sprintf("%.2f", q.Machine)
		}
		t.add(q.What, fmt.Sprintf("%.2f", q.Value), machine)
	}
	return t
}

// ceilings says what one sequential writer got.
func (r *report) ceilings(w io.Writer) {
	if len(r.Sequential.Go) == 0 {
		return
	}
	mb := func(rates []float64) float64 { return median.Of(rates) / 1e6 }
	fmt.Fprintf(w, "One sequential writer: %.0f MB/s (Go, blocks of 4 MiB, a sync each %d MiB)", mb(r.Sequential.Go), fioSyncs)
	if len(r.Sequential.Fio) > 0 {
		fmt.Fprintf(w, ", %.0f MB/s (fio, blocks of 1 MiB, a sync each %d MiB)", mb(r.Sequential.Fio), fioSyncs)
	} else {
		fmt.Fprint(w, "; fio is not installed")
	}
	fmt.Fprintln(w, ".")
}

// memory says whether the machine had memory to give, which a page cache needs as much as a disk.
func (r *report) memory(w io.Writer) {
	var rates []float64
	for _, e := range r.Entries {
		rates = append(rates, median.Each(e.Rounds, func(m measurement) float64 { return m.Touch })...)
	}
	rate := median.Of(rates)
	fmt.Fprintf(w, "Fresh memory: %.1f GB/s, before each measurement.", rate/1e9)
	if rate < slowMemory {
		fmt.Fprint(w, " That is slow: this virtual machine gives free memory back to its host, and page cache, too, is dear here.")
	}
	fmt.Fprintln(w)
}

// disturbance says whether the machine had other things to do.
func (r *report) disturbance(w io.Writer) {
	var shares []float64
	for _, e := range r.Entries {
		shares = append(shares, median.Each(e.Rounds, measurement.others)...)
	}
	if said := disturbed(r.Machine.Cores, shares...); said != "" {
		fmt.Fprintln(w, said)
	}
}

// slowMemory is less than any machine of its own has.
const slowMemory = 1.5e9

// leftOut says who didn't take part, and why.
func (r *report) leftOut(w io.Writer) {
	for _, e := range r.Entries {
		if e.LeftOut != "" {
			fmt.Fprintf(w, "Left out: %s, sync %s: %s.\n", e.Label, e.Sync, e.LeftOut)
		}
	}
}

func (r *report) heading() string {
	rounds := fmt.Sprintf("medians of %d rounds", r.Rounds)
	if r.Rounds == 1 {
		rounds = "one round"
	}
	return fmt.Sprintf("%d channels of 48 kHz mono, frames of 20 ms in turn, %d s of audio each, %s", r.Channels, r.Seconds, rounds)
}

func (r *report) text(w io.Writer) {
	fmt.Fprintf(w, "%s\n%s, commit %s, %s\n\n", r.heading(), r.Machine.where(), r.Machine.Commit, r.Machine.Date)
	r.costs().text(w)
	fmt.Fprintln(w)
	if len(r.Ratios) > 0 {
		r.ratios().text(w)
		fmt.Fprintln(w)
	}
	r.ceilings(w)
	r.memory(w)
	r.disturbance(w)
	r.leftOut(w)
	fmt.Fprintln(w)
	r.promisesInLines(w)
}

// markdown prints the body of a section.
func (r *report) markdown(w io.Writer) {
	fmt.Fprintf(w, "%s.\n\n", r.heading())
	r.costs().markdown(w)
	fmt.Fprint(w, "\nMeaning: what it takes to write an hour of one channel, beginning and end of the file apart.\n\n")
	if len(r.Ratios) > 0 {
		r.ratios().markdown(w)
		fmt.Fprintln(w)
	}
	r.ceilings(w)
	r.memory(w)
	r.disturbance(w)
	r.leftOut(w)
	fmt.Fprint(w, "\nMeaning: what promises cost beside ways that make none, and how near the recorder comes to what the disk takes.\n")
	fmt.Fprint(w, "\n### What is left\n")
	r.promises().markdown(w)
	fmt.Fprint(w, "\nMeaning: by the way each is made, not measured; `benchmarks/README.md` says what is fair and unfair in the comparisons.\n")
}

// significant prints three digits that count: figures here lie between a thousandth and some thousands.
func significant(v float64) string {
	switch a := math.Abs(v); {
	case a == 0:
		return "0"
	case a < 0.0005:
		return "<0.001"
	case a < 1:
		return fmt.Sprintf("%.3f", v)
	case a < 10:
		return fmt.Sprintf("%.2f", v)
	case a < 100:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.0f", v)
	}
}

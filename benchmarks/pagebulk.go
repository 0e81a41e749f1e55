package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/internal/median"
)

// growth is what a channel costs where there are few or many, short or long.
func (p *page) growth() {
	r := p.results.Growth
	if r == nil {
		return
	}
	p.section("Growth", r.Machine, r.Command)
	t := &table{words: 2, head: []string{"channels", "audio on each", "CPU s/ch-hour", "machine", "KiB a channel", "ms to finish a channel"}}
	var others []float64
	for _, points := range [][]*growthPoint{r.Result.Channels, r.Result.Lengths} {
		for _, one := range points {
			others = append(others, median.Each(one.Rounds, func(c growthCost) float64 { return c.Others })...)
			t.add(fmt.Sprint(one.Task.Channels), fmt.Sprintf("%s of %d kHz", inWords(one.Task.Seconds), one.Task.Rate/1000), significant(one.median(cpuOf)),
				significant(one.median(machineOf)), fmt.Sprintf("%.0f", one.median(memoryOf)/1024), significant(1000*one.median(finishOf)))
		}
	}
	t.markdown(p.w)
	p.disturbed(r.Machine, others...)
	p.meaning("medians of %s, as fast as the recorder takes it, %d channels a session, but one session of two where the length grows. Processor "+
		"time for an hour of a channel: the dearest number of channels takes %.2f × the cheapest, the dearest length %.2f ×. What the process has "+
		"of its own, a few MiB, is divided among the channels: where there are few, each has more.", plural(len(r.Result.Channels[0].Rounds), "round"),
		growthSessionChannels, spreadOf(r.Result.Channels, cpuOf), spreadOf(r.Result.Lengths, cpuOf))
	p.picture(pictureGrowthCPU, "Processor time for an hour of one channel, by the number of channels.")
	p.picture(pictureGrowthChannels, "Each cost of a channel against that of the middle number of channels: what is flat doesn't grow with them.")
	p.picture(pictureGrowthLengths, "The same by the length of the audio: what is flat doesn't grow with it.")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// inWords is a number of seconds as people say it: 6h, 10m, 40s.
func inWords(seconds int) string {
	s := (time.Duration(seconds) * time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// ends is how sessions become recordings: one among others, and thousands after a crash.
func (p *page) ends() {
	r := p.results
	for _, one := range those(r.Ends, files) {
		p.section("Ending a session", r.Ends.Machine, r.Ends.Command)
		t := &table{words: 1, head: []string{"Destroy, ms", "sessions", "p50", "p99", "max"}}
		row := func(what string, d live.Distribution) {
			t.add(append([]string{what, fmt.Sprint(d.Count)}, inCells(d)...)...)
		}
		row(fmt.Sprintf("one after the other, while %d sessions go on", one.Destroy.Count), one.Ended)
		row("all that are left, 64 at once", one.Destroy)
		t.markdown(p.w)
		p.disturbed(r.Ends.Machine, othersOf(one))
		p.meaning("Destroy returns when the recording is published and on stable storage. Sessions of two channels, in real time, of up to %s.",
			inWords(one.Task.Seconds))
	}
	if r.Orphans == nil {
		return
	}
	o := r.Orphans.Result
	p.section("Recovering thousands", r.Orphans.Machine, r.Orphans.Command)
	t := &table{words: 1, head: []string{"orphans", "s", "CPU s", "machine", "MiB at the most", "longest pause, ms"}}
	t.add(fmt.Sprintf("%d of %d × %s", o.Sessions, o.Channels, inWords(o.Seconds)), significant(o.Wall), significant(o.CPU), significant(o.Machine),
		fmt.Sprintf("%.0f", float64(o.PeakRSS)/(1<<20)), significant(o.Slowest))
	t.markdown(p.w)
	p.disturbed(r.Orphans.Machine, o.Others/o.Wall)
	p.meaning("after kill -9 every session of the processes that died becomes a finished recording; each was read to the last byte afterwards. The " +
		"pause is the longest between two that were finished.")
}

package main

import (
	"fmt"
	"strings"
	"time"

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
			t.add(fmt.Sprint(one.Task.Channels), inWords(one.Task.Seconds)+fmt.Sprintf(" of %d kHz", one.Task.Rate/1000), significant(one.median(cpuOf)), significant(one.median(machineOf)),
				fmt.Sprintf("%.0f", one.median(memoryOf)/1024), significant(1000*one.median(finishOf)))
		}
	}
	t.markdown(p.w)
	p.disturbed(r.Machine, others...)
	p.say("\nMeaning: medians of %s, as fast as the recorder takes it, %d channels a session, but one session of two where the length grows.\n",
		plural(len(r.Result.Channels[0].Rounds), "round"), growthSessionChannels)
	p.say("Processor time for an hour of a channel: the dearest number of channels takes %.2f × the cheapest, the dearest length %.2f ×. What the\n",
		spreadOf(r.Result.Channels, cpuOf), spreadOf(r.Result.Lengths, cpuOf))
	p.say("process has of its own, a few MiB, is divided among the channels: where there are few, each has more.\n\n")
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
		p.section("Ending a session, and recovering thousands", r.Ends.Machine, "cd benchmarks && go run . suite --dir DIR --only '"+partEnds+"|"+partOrphans+"'")
		t := &table{words: 1, head: []string{"Destroy, ms", "sessions", "p50", "p99", "max"}}
		t.add(fmt.Sprintf("one after the other, while %d sessions go on", one.Destroy.Count), fmt.Sprint(one.Ended.Count), significant(one.Ended.P50), significant(one.Ended.P99), significant(one.Ended.Max))
		t.add("all that are left, 64 at once", fmt.Sprint(one.Destroy.Count), significant(one.Destroy.P50), significant(one.Destroy.P99), significant(one.Destroy.Max))
		t.markdown(p.w)
		p.disturbed(r.Ends.Machine, othersOf(one))
		p.say("\nMeaning: Destroy returns when the recording is published and on stable storage. Sessions of two channels, in real time, up to %d s of audio.\n", one.Task.Seconds)
	}
	if r.Orphans == nil {
		return
	}
	o := r.Orphans.Result
	defer p.disturbed(r.Orphans.Machine, o.Others/o.Wall)
	p.say("\nAfter kill -9, %d sessions of %d × %d s were recovered in %s s, with %s s of processor time (%s by the machine's account) and %.0f MiB at the most%s. Every one was read to the last\n"+
		"byte afterwards.\n", o.Sessions, o.Channels, o.Seconds, significant(o.Wall), significant(o.CPU), significant(o.Machine), float64(o.PeakRSS)/(1<<20), p.of(r.Orphans.Machine))
}

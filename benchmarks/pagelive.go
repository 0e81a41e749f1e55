package main

import (
	"cmp"
	"fmt"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/internal/median"
)

// latency is each write by itself.
func (p *page) latency() {
	r := p.results
	if r.Latency == nil {
		return
	}
	p.section("Each write", r.Latency.Machine, r.Latency.Command)
	t := &table{words: 1, head: []string{"µs", "p50", "p99", "p99.9", "max", "calls", "looking at the clock"}}
	for _, row := range r.writes() {
		mid := func(figure func(live.Result) float64) string { return significant(median.OfEach(row.rounds, figure)) }
		clock := median.OfEach(row.rounds, func(r live.Result) float64 { return r.Clock.MeanNs / 1000 })
		t.add(row.name, mid(p50), mid(p99), mid(p999), mid(most), fmt.Sprint(row.rounds[0].Write.Count), significant(clock))
	}
	t.markdown(p.w)
	p.disturbed(r.Latency.Machine, median.Each(r.Latency.Result, othersOf)...)
	p.meaning("what a call of WritePCMAt with 20 ms of 48 kHz mono takes its caller, with all channels recorded and synced. The clock is " +
		"looked at twice for each; what that takes on average is in the figures, and nothing was taken off for it.")
	p.picture(pictureLatency, "The rare slow write: how many of the frames took no longer, the number of nines growing to the right.")
}

// A writeRow is a task whose writes were timed, in all its rounds.
type writeRow struct {
	name   string
	rounds []live.Result
}

// writes are all of them that are worth comparing.
func (r *results) writes() (rows []writeRow) {
	for _, row := range []writeRow{
		{"at full speed, %d channels", those(r.Latency, files)},
		{"at full speed, %d channels, syncfs", those(r.Latency, volume)},
		{"in real time, %d channels", those(r.RealTime, files)},
		{"in real time, %d channels, syncfs", those(r.RealTime, volume)},
		{"in real time, %d channels", those(r.Scale, files)},
		{"in real time, %d channels, syncfs", those(r.Scale, volume)},
		{"in real time, the loop without a recorder", those(r.RealTime, bare)},
	} {
		if len(row.rounds) == 0 {
			continue
		}
		if !row.rounds[0].Task.Nothing {
			row.name = fmt.Sprintf(row.name, row.rounds[0].Task.Channels)
		}
		rows = append(rows, row)
	}
	return rows
}

// realTime is what a live service sees.
func (p *page) realTime() {
	r := p.results
	part := cmp.Or(r.RealTime, r.Scale, r.ScaleMost)
	if part == nil {
		return
	}
	p.section("In real time", part.Machine, "cd benchmarks && go run . suite --dir DIR --only '"+partRealTime+"|"+partScale+"'")
	costs := &table{words: 1, head: []string{"", "CPU s/ch-hour", "without the loop's", "machine", "without the loop's", "late", "refused",
		"recovery point p50, ms", "p99", "max", "missed"}}
	memory := &table{words: 1, head: []string{"KiB a channel", "all", "process", "stages on tmpfs", "page tables"}}
	loop := those(r.RealTime, bare)
	for _, part := range []*stored[[]live.Result]{r.RealTime, r.Scale, r.ScaleMost} {
		for _, one := range those(part, anybody) {
			p.realTimeRow(costs, one, loop)
			if !one.Task.Nothing {
				kib := func(n int64) string { return significant(float64(n) / 1024 / float64(one.Task.Channels)) }
				memory.add(one.Task.String(), kib(one.Memory.All()), kib(one.Memory.Process), kib(one.Memory.Staging), kib(one.Memory.Tables))
			}
		}
	}
	costs.markdown(p.w)
	for _, part := range []*stored[[]live.Result]{r.RealTime, r.Scale, r.ScaleMost} {
		if part != nil {
			p.disturbed(part.Machine, median.Each(part.Result, othersOf)...)
		}
	}
	p.meaning("what recording takes in a live service, where frames come one by one and find cold caches. The loop that feeds is measured " +
		"alone; what it takes a channel is taken off. A frame is late when it was not accepted within its own 20 ms. A recovery point is the " +
		"age of the oldest sample of a session when a sync had made it durable: 1 s is promised.")
	if r.ScaleMost != nil && r.ScaleMost != part {
		p.say("\n")
		p.text("The %d channels were measured at another time%s.", r.ScaleMost.Result[0].Task.Channels, p.of(r.ScaleMost.Machine))
	}
	p.picture(pictureRecovery, "How old audio became before it was durable, second by second, below what is promised.")
	p.picture(pictureThroughput, "Audio that reached files, second by second, below what one sequential writer gets from the same disk.")
	p.say("\n")
	memory.markdown(p.w)
	p.meaning("the most that was seen, without what the process had before. *Stages* are the pages of the tmpfs that outlive the process, " +
		"touched or not. Page cache is not counted, nor what the kernel keeps for open files.")
}

func (p *page) realTimeRow(t *table, r live.Result, loop []live.Result) {
	less := func(v float64, figure func(live.Result) float64) string {
		if len(loop) == 0 || r.Task.Nothing {
			return "–"
		}
		return significant(v - median.OfEach(loop, figure))
	}
	cells := []string{
		r.Task.String(), significant(r.CPUPerHour()), less(r.CPUPerHour(), live.Result.CPUPerHour),
		significant(r.MachinePerHour()), less(r.MachinePerHour(), live.Result.MachinePerHour), fmt.Sprint(r.Late), fmt.Sprint(r.Refused),
	}
	if r.Task.Nothing {
		cells = append(cells, "–", "–", "–", "–")
	} else {
		cells = append(append(cells, inCells(r.Recovery)...), fmt.Sprintf("%d of %d", r.Missed, r.Recovery.Count))
	}
	t.add(cells...)
}

// inCells is a distribution without its nines.
func inCells(d live.Distribution) []string {
	return []string{significant(d.P50), significant(d.P99), significant(d.Max)}
}

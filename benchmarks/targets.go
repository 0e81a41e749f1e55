package main

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/internal/median"
)

// A target is what the recorder is to achieve on two cores and a local ext4.
type target struct {
	part    string // that it is measured in
	what    string
	unit    string
	limit   float64
	atLeast bool // the limit is the least that is wanted, not the most
	measure func(*results) measured
}

// measured is what came of a target; the zero value if it was not measured.
type measured struct {
	known bool
	value float64
	aside string // what else there is to say
}

func (t target) holds(m measured) bool {
	if t.atLeast {
		return m.value >= t.limit
	}
	return m.value <= t.limit
}

// targets are all of them, in this one place.
var targets = []target{
	{partPeers, "CPU, go-audio/wav with the same syncing : recorder", "×", 12, true, ratioTarget(ratioWAVFiles)},
	{partPeers, "CPU, go-audio/wav with the same syncing : recorder with syncfs", "×", 20, true, ratioTarget(ratioWAVVolume)},
	{partPeers, "CPU, recorder with syncfs : bufio without syncing", "×", 1.3, false, ratioTarget(ratioVolumeBufio)},
	{partPeers, "bytes a second, recorder : fio", "×", 0.8, true, ratioTarget(ratioFilesFio)},
	{partPeers, "bytes a second, recorder with syncfs : fio", "×", 0.8, true, ratioTarget(ratioVolumeFio)},

	{partLatency, "a write at full speed, p50", "µs", 0.5, false, latencyTarget(p50)},
	{partLatency, "a write at full speed, p99", "µs", 2, false, latencyTarget(p99)},
	{partLatency, "a write at full speed, p99.9", "µs", 50, false, latencyTarget(p999)},
	{partRealTime, "a write in real time, p50", "µs", 0.5, false, realTimeTarget(files, p50)},
	{partRealTime, "a write in real time, p99", "µs", 2, false, realTimeTarget(files, p99)},
	{partRealTime, "a write in real time, p99.9", "µs", 50, false, realTimeTarget(files, p999)},
	{partGo, "allocations of a write", "", 0, false, allocations},

	{partRealTime, "CPU s per channel-hour in real time, without the feeding loop's", "s", 0.45, false, pacedTarget(files)},
	{partRealTime, "the same with syncfs", "s", 0.45, false, pacedTarget(volume)},
	{partRealTime, "memory of a channel, default buffer", "KiB", 110, false, realTimeTarget(files, kibPerChannel)},

	{partScale, "5,000 channels in real time: frames late or refused", "", 0, false, scaleTarget(files, lateOrRefused)},
	{partScale, "5,000 channels in real time: recovery point, p99", "ms", 1200, false, scaleTarget(files, recoveryP99)},
	{partScale, "5,000 channels in real time, syncfs: frames late or refused", "", 0, false, scaleTarget(volume, lateOrRefused)},
	{partScale, "5,000 channels in real time, syncfs: recovery point, p99", "ms", 1200, false, scaleTarget(volume, recoveryP99)},

	{partEnds, "Destroy among 1,000 sessions that go on, p99", "ms", 50, false, endsTarget},
	{partOrphans, "recovery of 10,000 orphans", "s", 15, false, orphansTarget},
}

func ratioTarget(id string) func(*results) measured {
	return func(r *results) measured {
		if r.Peers == nil {
			return measured{}
		}
		for _, q := range r.Peers.Result.Ratios {
			if q.ID != id {
				continue
			}
			m := measured{known: true, value: q.Value}
			if q.Machine > 0 {
				m.aside = fmt.Sprintf("%.2f by the machine's account", q.Machine)
			}
			return m
		}
		return measured{}
	}
}

// Which of the tasks of a part.
func files(t live.Task) bool  { return !t.Volume && !t.Nothing && t.Buffer == 0 }
func volume(t live.Task) bool { return t.Volume }
func bare(t live.Task) bool   { return t.Nothing }
func anybody(live.Task) bool  { return true }

// Figures of a result.
func p50(r live.Result) float64           { return r.Write.P50 }
func p99(r live.Result) float64           { return r.Write.P99 }
func p999(r live.Result) float64          { return r.Write.P999 }
func most(r live.Result) float64          { return r.Write.Max }
func recoveryP99(r live.Result) float64   { return r.Recovery.P99 }
func lateOrRefused(r live.Result) float64 { return float64(r.Late + r.Refused) }
func kibPerChannel(r live.Result) float64 { return r.MemoryPerChannel() / 1024 }

// those picks the rounds of a task.
func those(all *stored[[]live.Result], which func(live.Task) bool) (out []live.Result) {
	if all == nil {
		return nil
	}
	for _, r := range all.Result {
		if which(r.Task) {
			out = append(out, r)
		}
	}
	return out
}

func medianOf(rounds []live.Result, figure func(live.Result) float64) measured {
	return measured{known: len(rounds) > 0, value: median.OfEach(rounds, figure)}
}

func latencyTarget(figure func(live.Result) float64) func(*results) measured {
	return func(r *results) measured { return medianOf(those(r.Latency, files), figure) }
}

func realTimeTarget(which func(live.Task) bool, figure func(live.Result) float64) func(*results) measured {
	return func(r *results) measured { return medianOf(those(r.RealTime, which), figure) }
}

func scaleTarget(which func(live.Task) bool, figure func(live.Result) float64) func(*results) measured {
	return func(r *results) measured { return medianOf(those(r.Scale, which), figure) }
}

// pacedTarget is the recorder's processor time: what the same loop takes without a recorder is not.
func pacedTarget(which func(live.Task) bool) func(*results) measured {
	return func(r *results) measured {
		with, without := those(r.RealTime, which), those(r.RealTime, bare)
		if len(with) == 0 || len(without) == 0 {
			return measured{}
		}
		of := func(figure func(live.Result) float64) float64 {
			return median.OfEach(with, figure) - median.OfEach(without, figure)
		}
		return measured{known: true, value: of(live.Result.CPUPerHour), aside: significant(of(live.Result.MachinePerHour)) + " by the machine's account"}
	}
}

func endsTarget(r *results) measured {
	return medianOf(those(r.Ends, files), func(r live.Result) float64 { return r.Ended.P99 })
}

func orphansTarget(r *results) measured {
	if r.Orphans == nil {
		return measured{}
	}
	return measured{known: true, value: r.Orphans.Result.Wall}
}

var allocationsOfWrite = regexp.MustCompile(`(?m)^BenchmarkWritePCMAt/.* (\d+) allocs/op$`)

// allocations is the most that a round of the benchmark had.
func allocations(r *results) (m measured) {
	if r.Go == nil {
		return m
	}
	for _, p := range r.Go.Result {
		for _, found := range allocationsOfWrite.FindAllStringSubmatch(p.Text, -1) {
			if n, err := strconv.ParseFloat(found[1], 64); err == nil {
				m.known, m.value = true, max(m.value, n)
			}
		}
	}
	return m
}

// targetTable says of each target what was measured, and whether it holds.
func (r *results) targetTable() *table {
	t := &table{words: 1, head: []string{"", "target", "measured", "", "part"}}
	for _, one := range targets {
		sign := "≤"
		if one.atLeast {
			sign = "≥"
		}
		unit := one.unit
		if unit != "" && unit != "×" {
			unit = " " + unit
		}
		m := one.measure(r)
		got, verdict := "not measured", ""
		if m.known {
			got, verdict = significant(m.value)+unit, "**no**"
			if unit == "" {
				got = fmt.Sprintf("%.0f", m.value) // it was counted
			}
			if one.holds(m) {
				verdict = "holds"
			}
			if m.aside != "" {
				got += " (" + m.aside + ")"
			}
		}
		t.add(one.what, fmt.Sprintf("%s %v%s", sign, one.limit, unit), got, verdict, one.part)
	}
	return t
}

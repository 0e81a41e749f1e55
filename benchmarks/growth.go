package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/internal/median"
)

// growth is what a channel costs, by how many there are and by how long each is: as fast as the recorder takes them.
type growth struct {
	Channels []*growthPoint `json:"channels"`
	Lengths  []*growthPoint `json:"lengths"`
}

// A growthPoint is one size, measured round after round.
type growthPoint struct {
	Task   live.Task    `json:"task"`
	Rounds []growthCost `json:"rounds"`
}

// A growthCost is what one channel costs.
type growthCost struct {
	CPU     float64 `json:"cpuSecondsPerChannelHour"`
	Machine float64 `json:"machineCpuSecondsPerChannelHour"`
	Memory  float64 `json:"bytesPerChannel"`
	Finish  float64 `json:"finishSecondsPerChannel"`
	Others  float64 `json:"othersProcessors"` // how many processors other processes had meanwhile
}

// The figures of a point.
func cpuOf(c growthCost) float64     { return c.CPU }
func machineOf(c growthCost) float64 { return c.Machine }
func memoryOf(c growthCost) float64  { return c.Memory }
func finishOf(c growthCost) float64  { return c.Finish }

func (p *growthPoint) median(figure func(growthCost) float64) float64 {
	return median.OfEach(p.Rounds, figure)
}

// spreadOf is by how much the dearest point is dearer than the cheapest.
func spreadOf(points []*growthPoint, figure func(growthCost) float64) float64 {
	least, most := math.Inf(1), 0.0
	for _, p := range points {
		v := p.median(figure)
		least, most = min(least, v), max(most, v)
	}
	return most / least
}

// growthSessionChannels is larger than elsewhere, so that a process may have the files of 10,000 channels open where it may have 20,000.
const growthSessionChannels = 4

// byChannels are sizes with from a third of a channel-hour to eleven of them: enough to be measured by, and 4 GB at most.
var byChannels = []struct{ channels, seconds int }{{10, 400}, {100, 40}, {1000, 8}, {2000, 5}, {5000, 4}, {10000, 4}}

// byLength are lengths of one session of two channels of 24 kHz. Short ones come often, one session after the other.
var byLength = []struct{ seconds, repeats int }{{10, 60}, {60, 10}, {600, 2}, {3600, 1}, {6 * 3600, 1}}

// newGrowth is everything that is to be measured. Sizes are divided by less, which is for trying.
func newGrowth(less int) *growth {
	g := &growth{}
	for _, s := range byChannels {
		g.Channels = append(g.Channels, &growthPoint{Task: live.Task{
			Channels: max(s.channels/less, 1), SessionChannels: growthSessionChannels, Rate: 48000, Seconds: max(s.seconds/less, 1), Untimed: true,
		}})
	}
	for _, s := range byLength {
		g.Lengths = append(g.Lengths, &growthPoint{Task: live.Task{
			Channels: 2, SessionChannels: 2, Rate: 24000, Seconds: max(s.seconds/less, 1), Repeats: max(s.repeats/less, 1), Untimed: true,
		}})
	}
	return g
}

// measure adds a round to each point.
func (g *growth) measure(ctx context.Context, p place, say io.Writer) error {
	for _, point := range slices.Concat(g.Channels, g.Lengths) {
		r, err := p.live(ctx, point.Task, true)
		if err != nil {
			return err
		}
		point.Rounds = append(point.Rounds, growthCost{
			CPU: r.CPUPerHour(), Machine: r.MachinePerHour(), Memory: r.MemoryPerChannel(), Finish: r.FinishPerChannel(), Others: othersOf(r),
		})
		fmt.Fprintf(say, "%s: %s CPU s per channel-hour, %s of the machine, %.0f KiB and %s ms to finish a channel\n", r.Task, significant(r.CPUPerHour()),
			significant(r.MachinePerHour()), r.MemoryPerChannel()/1024, significant(1000*r.FinishPerChannel()))
	}
	return nil
}

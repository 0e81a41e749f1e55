package main

import "github.com/ilenia-live/rec/internal/median"

// medianDisk is what rounds have in common: the median of each figure, and of each round's ratios; the greatest of what is a greatest;
// and a verdict by these.
func medianDisk(rounds []*diskReport) *diskReport {
	r := &diskReport{
		Dir: rounds[0].Dir, Cores: rounds[0].Cores, Bytes: rounds[0].Bytes, Rounds: len(rounds),
		Sequential: medianThroughput(median.Each(rounds, func(r *diskReport) throughput { return r.Sequential })),
		MemoryCopy: medianThroughput(median.Each(rounds, func(r *diskReport) throughput { return r.MemoryCopy })),
		NewFile: newFiles{
			Files: int(median.OfEach(rounds, func(r *diskReport) float64 { return float64(r.NewFile.Files) })),
			Ms:    medianSpread(median.Each(rounds, func(r *diskReport) spread { return r.NewFile.Ms })),
		},
	}
	for i := range rounds[0].Fdatasync {
		all := median.Each(rounds, func(r *diskReport) appends { return r.Fdatasync[i] })
		r.Fdatasync = append(r.Fdatasync, appends{
			Files: all[0].Files, Syncs: int(median.OfEach(all, func(a appends) float64 { return float64(a.Syncs) })),
			SyncsPerSecond: median.OfEach(all, func(a appends) float64 { return a.SyncsPerSecond }),
			LatencyMs:      medianSpread(median.Each(all, func(a appends) spread { return a.LatencyMs })),
		})
	}
	for i := range rounds[0].Recorder {
		r.Recorder = append(r.Recorder, medianRecording(median.Each(rounds, func(r *diskReport) diskRecording { return r.Recorder[i] })))
	}
	r.judge()
	return r
}

func medianRecording(all []diskRecording) diskRecording {
	mid := func(of func(diskRecording) float64) float64 { return median.OfEach(all, of) }
	g := diskRecording{
		Sync: all[0].Sync, Channels: all[0].Channels,
		AudioSeconds:             mid(func(g diskRecording) float64 { return g.AudioSeconds }),
		Bytes:                    int64(mid(func(g diskRecording) float64 { return float64(g.Bytes) })),
		Seconds:                  mid(func(g diskRecording) float64 { return g.Seconds }),
		BytesPerSecond:           mid(func(g diskRecording) float64 { return g.BytesPerSecond }),
		CPUSeconds:               mid(func(g diskRecording) float64 { return g.CPUSeconds }),
		CPUSecondsPerChannelHour: mid(func(g diskRecording) float64 { return g.CPUSecondsPerChannelHour }),
		MachineCPUSeconds:        mid(func(g diskRecording) float64 { return g.MachineCPUSeconds }),
		Busy:                     mid(func(g diskRecording) float64 { return g.Busy }),
		Ratios: diskRatios{
			Bytes:  mid(func(g diskRecording) float64 { return g.Ratios.Bytes }),
			Syncs:  mid(func(g diskRecording) float64 { return g.Ratios.Syncs }),
			Finish: mid(func(g diskRecording) float64 { return g.Ratios.Finish }),
			Memory: mid(func(g diskRecording) float64 { return g.Ratios.Memory }),
		},
	}
	g.Finish.Seconds = mid(func(g diskRecording) float64 { return g.Finish.Seconds })
	g.Finish.CPUSeconds = mid(func(g diskRecording) float64 { return g.Finish.CPUSeconds })
	return g
}

func medianThroughput(all []throughput) throughput {
	return throughput{
		Bytes:          int64(median.OfEach(all, func(t throughput) float64 { return float64(t.Bytes) })),
		Seconds:        median.OfEach(all, func(t throughput) float64 { return t.Seconds }),
		BytesPerSecond: median.OfEach(all, func(t throughput) float64 { return t.BytesPerSecond }),
	}
}

func medianSpread(all []spread) (s spread) {
	for _, one := range all {
		s.Max = max(s.Max, one.Max)
	}
	s.P50 = median.OfEach(all, func(s spread) float64 { return s.P50 })
	s.P99 = median.OfEach(all, func(s spread) float64 { return s.P99 })
	return s
}

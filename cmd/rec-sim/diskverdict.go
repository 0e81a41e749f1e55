package main

import (
	"fmt"
	"math"
)

const (
	// diskMargin is the part of what was measured that may be planned with. In real time frames come one by one and find cold
	// caches; the machine does more than to record; and a disk has bad moments.
	diskMargin = 0.5
	// saturated is the share of the processors beyond which they, not the disk, said how fast the recorder was.
	saturated = 0.85
)

const (
	limitCPU  = "CPU"
	limitDisk = "disk"
)

// A diskVerdict is how many channels of 48 kHz mono this machine can record in real time.
type diskVerdict struct {
	Channels int     `json:"channels"` // the smaller of both, in two digits
	Limit    string  `json:"limit"`    // CPU or disk
	ByCPU    float64 `json:"byCpu"`
	ByDisk   float64 `json:"byDisk"`
	Margin   float64 `json:"margin"`
	Text     string  `json:"text"`
}

// verdictOf computes
//
//	byCPU  = margin × cores × 3600 / CPU seconds per channel-hour
//	byDisk = margin × sustained bytes a second / 96000
//
// CPU seconds are the machine's: the threads that write back belong to no process, and may take half as much as the recorder does.
//
// A recorder that goes as fast as it can never gets more from the disk than its processors allow, so its rate alone would
// always blame the disk. If they were saturated, the disk had more to give, and its sequential rate stands for what it
// sustains; if they idled, the recorder waited for the disk, and what it got is what there is: its syncs included, which a
// sequential writer has few of.
func verdictOf(cores int, cpuPerHour, busy, recorded, sequential float64) diskVerdict {
	sustained := recorded
	if busy >= saturated {
		sustained = max(recorded, sequential)
	}
	v := diskVerdict{
		ByCPU:  diskMargin * float64(cores) * 3600 / cpuPerHour,
		ByDisk: diskMargin * sustained / channelBytes,
		Margin: diskMargin, Limit: limitCPU,
	}
	least := v.ByCPU
	if v.ByDisk < v.ByCPU {
		least, v.Limit = v.ByDisk, limitDisk
	}
	v.Channels = twoDigits(least)
	v.Text = fmt.Sprintf("this machine can record %d %s at 48 kHz with a 1 s recovery point; the limit is the %s",
		v.Channels, pluralOf(v.Channels, "channel"), v.Limit)
	return v
}

// twoDigits rounds down to what an estimate is good for.
func twoDigits(f float64) int {
	if !(f >= 1) { // nor is NaN
		return 0
	}
	f = min(f, math.MaxInt32)
	unit := math.Pow(10, max(math.Floor(math.Log10(f))-1, 0))
	return int(math.Floor(f/unit) * unit)
}

func pluralOf(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

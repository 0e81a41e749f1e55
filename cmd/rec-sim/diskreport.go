package main

import (
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/ilenia-live/rec/internal/diskprobe"
)

// A diskReport is what disk measured. Its JSON is a contract with scripts.
type diskReport struct {
	Dir        string          `json:"dir"`
	Cores      int             `json:"cores"`
	Bytes      int64           `json:"bytes"` // asked for; each measurement says what it did
	Rounds     int             `json:"rounds"`
	Sequential throughput      `json:"sequential"`
	Fdatasync  []appends       `json:"fdatasync"`
	NewFile    newFiles        `json:"newFile"`
	MemoryCopy throughput      `json:"memoryCopy"`
	Recorder   []diskRecording `json:"recorder"`
	Verdict    diskVerdict     `json:"verdict"` // for the recorder's default settings

	sequential diskprobe.Written // all of this round's
}

type throughput struct {
	Bytes          int64   `json:"bytes"`
	Seconds        float64 `json:"seconds"`
	BytesPerSecond float64 `json:"bytesPerSecond"`
}

type appends struct {
	Files          int     `json:"files"` // at once
	Syncs          int     `json:"syncs"`
	SyncsPerSecond float64 `json:"syncsPerSecond"`
	LatencyMs      spread  `json:"latencyMs"`
}

type newFiles struct {
	Files int    `json:"files"`
	Ms    spread `json:"ms"` // create, sync, rename, sync the directory
}

// The ways of syncing.
const (
	syncFiles  = "files"
	syncVolume = "volume"
)

// A diskRecording is what the recorder got from the volume. Its figures are about writing; Finish is about what comes after.
type diskRecording struct {
	Sync                     string  `json:"sync"` // files or volume
	Channels                 int     `json:"channels"`
	AudioSeconds             float64 `json:"audioSeconds"`
	Bytes                    int64   `json:"bytes"`
	Seconds                  float64 `json:"seconds"` // from the first frame until all is durable
	BytesPerSecond           float64 `json:"bytesPerSecond"`
	CPUSeconds               float64 `json:"cpuSeconds"`
	CPUSecondsPerChannelHour float64 `json:"cpuSecondsPerChannelHour"`
	MachineCPUSeconds        float64 `json:"machineCpuSeconds"` // of all processes, and of the kernel's threads that write back
	Busy                     float64 `json:"busy"`              // share of all processors that this is
	Finish                   struct {
		Seconds    float64 `json:"seconds"`
		CPUSeconds float64 `json:"cpuSeconds"`
	} `json:"finish"`
	Ratios  diskRatios  `json:"ratios"`
	Verdict diskVerdict `json:"verdict"`
}

// diskRatios hold the recorder against the disk.
type diskRatios struct {
	Bytes  float64 `json:"bytes"`           // its bytes a second, of those of a sequential writer
	Syncs  float64 `json:"syncs,omitempty"` // its channels' syncs a second, of those of 64 files at once; only where each file is synced
	Finish float64 `json:"finish"`          // the time to finish a channel, in new files of a few bytes
	Memory float64 `json:"memory"`          // its processor time for a byte, in copies of it
}

func throughputOf(w diskprobe.Written) throughput {
	return throughput{Bytes: w.Bytes, Seconds: w.Took.Seconds(), BytesPerSecond: w.Rate()}
}

func diskSpread(s diskprobe.Spread) spread {
	return spread{P50: milliseconds(s.P50), P99: milliseconds(s.P99), Max: milliseconds(s.Max)}
}

// derive computes what follows from what was recorded.
func (g *diskRecording) derive() {
	g.Bytes = int64(g.AudioSeconds * channelBytes)
	if g.AudioSeconds > 0 && g.Seconds > 0 {
		g.BytesPerSecond = float64(g.Bytes) / g.Seconds
		g.CPUSecondsPerChannelHour = g.CPUSeconds / (g.AudioSeconds / 3600)
		g.Busy = g.MachineCPUSeconds / (g.Seconds * float64(runtime.GOMAXPROCS(0)))
	}
}

// conclude compares when everything of a round is measured.
func (r *diskReport) conclude() {
	r.Rounds = 1
	for i := range r.Recorder {
		g := &r.Recorder[i]
		g.Ratios = diskRatios{
			Bytes:  ratio(g.BytesPerSecond, r.Sequential.BytesPerSecond),
			Finish: ratio(g.Finish.Seconds/float64(max(g.Channels, 1)), r.NewFile.Ms.P50/1000),
			Memory: ratio(g.CPUSeconds*r.MemoryCopy.BytesPerSecond, float64(g.Bytes)),
		}
		if g.Sync == syncFiles {
			// Each channel is synced once for each second of its audio.
			g.Ratios.Syncs = ratio(ratio(g.AudioSeconds, g.Seconds), r.Fdatasync[len(r.Fdatasync)-1].SyncsPerSecond)
		}
	}
	r.judge()
}

// judge says how many channels the figures make.
func (r *diskReport) judge() {
	for i := range r.Recorder {
		g := &r.Recorder[i]
		g.Verdict = verdictOf(r.Cores, ratio(g.MachineCPUSeconds, g.AudioSeconds/3600), g.Busy, g.BytesPerSecond, r.Sequential.BytesPerSecond)
	}
	r.Verdict = r.Recorder[0].Verdict
}

// ratio is 0 where there is nothing to compare with: JSON has no infinity.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// show prints the disk, the recorder, and the verdict.
func (r *diskReport) show(w io.Writer) {
	rounds := ""
	if r.Rounds > 1 {
		rounds = fmt.Sprintf(", medians of %d rounds", r.Rounds)
	}
	fmt.Fprintf(w, "The disk below %s, and %s%s\n", r.Dir, plural(r.Cores, "core"), rounds)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  sequential write\t%.0f MB/s\t%.1f GB, a sync each 64 MiB\n", r.Sequential.BytesPerSecond/1e6, float64(r.Sequential.Bytes)/1e9)
	for _, a := range r.Fdatasync {
		fmt.Fprintf(t, "  fdatasync, %s\tp50 %.2f ms, p99 %.2f ms, max %.1f ms\t%.0f a second\n", plural(a.Files, "file"), a.LatencyMs.P50,
			a.LatencyMs.P99, a.LatencyMs.Max, a.SyncsPerSecond)
	}
	fmt.Fprintf(t, "  new file\tp50 %.2f ms, p99 %.2f ms, max %.1f ms\tcreate, sync, rename, sync the directory\n",
		r.NewFile.Ms.P50, r.NewFile.Ms.P99, r.NewFile.Ms.Max)
	fmt.Fprintf(t, "  memory copy\t%.1f GB/s\tone core\n", r.MemoryCopy.BytesPerSecond/1e9)
	_ = t.Flush() // as little can be done about it as about Fprintln's error
	for _, g := range r.Recorder {
		g.show(w)
	}
	fmt.Fprintf(w, "\nVerdict: %s\n", r.Verdict.Text)
	v := r.Verdict
	fmt.Fprintf(w, "  by the CPU %d, by the disk %d, of which %.0f %% was left as a margin; with a sync of the whole volume: %d, by the %s\n",
		int(v.ByCPU), int(v.ByDisk), 100*(1-v.Margin), r.Recorder[1].Verdict.Channels, r.Recorder[1].Verdict.Limit)
}

func (g diskRecording) show(w io.Writer) {
	how := "syncing each file, the default"
	if g.Sync == syncVolume {
		how = "syncing the whole volume"
	}
	fmt.Fprintf(w, "\nThe recorder, %s: %s, %s of audio each\n", how, plural(g.Channels, "channel"),
		time.Duration(g.AudioSeconds/float64(max(g.Channels, 1))*float64(time.Second)).Round(10*time.Millisecond))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  writing\t%.0f MB/s\t%.2f of a sequential write\n", g.BytesPerSecond/1e6, g.Ratios.Bytes)
	if g.Ratios.Syncs > 0 {
		fmt.Fprintf(t, "  syncs\t%.0f a second\t%.2f of %d files at once\n", g.AudioSeconds/g.Seconds, g.Ratios.Syncs, filesTogether)
	}
	fmt.Fprintf(t, "  finishing\t%.2f ms a channel\t%.2f of a new file\n", 1000*g.Finish.Seconds/float64(max(g.Channels, 1)), g.Ratios.Finish)
	fmt.Fprintf(t, "  processor\t%.2f CPU s per channel-hour\ta byte costs %.1f copies of it\n", g.CPUSecondsPerChannelHour, g.Ratios.Memory)
	fmt.Fprintf(t, "  the machine\t%.2f CPU s per channel-hour\tprocessors were busy for %.0f %% of the time\n",
		ratio(g.MachineCPUSeconds, g.AudioSeconds/3600), 100*g.Busy)
	_ = t.Flush() // as above
}

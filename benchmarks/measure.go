package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"

	"github.com/ilenia-live/rec/benchmarks/peer"
	"github.com/ilenia-live/rec/internal/diskprobe"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/usage"
)

// A peerJob is one measurement: a contestant writes a task's audio once.
type peerJob struct {
	Contestant string
	Task       peer.Task // without its audio
	Profile    string    // a file for the processor profile of the writing; none if empty
}

// A measurement is what came of a job. Writing is what a recorder does all day, so it is apart from beginning and ending a
// file, which with audio this short would outweigh it.
type measurement struct {
	Open     spent   `json:"open"`
	Write    spent   `json:"write"`             // from the first frame until all is with the kernel, and durable where the contestant syncs
	Settled  float64 `json:"settledSeconds"`    // from the first frame until all is on the disk, also for who doesn't sync
	Machine  float64 `json:"machineCpuSeconds"` // in that time, of all processes and of the kernel's threads
	Others   float64 `json:"othersCpuSeconds"`  // of it, of processes that have nothing to do with the measurement and disturbed it
	Close    spent   `json:"close"`
	Channels int     `json:"channels"`
	Seconds  int     `json:"secondsPerChannel"`
	Frames   int64   `json:"frames"`                    // of all channels
	Bytes    int64   `json:"bytes"`                     // of their samples, also for who stores something else
	PeakRSS  int64   `json:"peakRss"`                   // from the first frame on, less what this process had before the first file
	Touch    float64 `json:"freshMemoryBytesPerSecond"` // how fast the machine gave memory, see diskprobe.Warm
}

// hours is channel-hours of audio.
func (m measurement) hours() float64 { return float64(m.Channels) * float64(m.Seconds) / 3600 }

func (m measurement) cpuPerHour() float64     { return m.Write.CPU / m.hours() }
func (m measurement) machinePerHour() float64 { return m.Machine / m.hours() }
func (m measurement) userPerHour() float64    { return m.Write.User / m.hours() }
func (m measurement) sysPerHour() float64     { return m.Write.Sys / m.hours() }
func (m measurement) rate() float64           { return float64(m.Bytes) / m.Write.Wall }
func (m measurement) rss() float64            { return float64(m.PeakRSS) / float64(m.Channels) }
func (m measurement) allocs() float64         { return float64(m.Write.Allocs) / float64(m.Frames) }

// endsCPU is the processor time for a channel's beginning and end.
func (m measurement) endsCPU() float64 {
	return (m.Open.CPU + m.Close.CPU) / float64(m.Channels)
}

// measure does a job in this process.
func measure(j peerJob) (m measurement, err error) {
	c, err := contestant(j.Contestant)
	if err != nil {
		return m, err
	}
	if j.Task.Audio, err = peer.NewAudio(); err != nil {
		return m, err
	}
	p := c.Peer(j.Task)
	m = measurement{
		Channels: j.Task.Channels, Seconds: j.Task.Seconds, Frames: int64(j.Task.Channels) * int64(j.Task.Frames()), Bytes: j.Task.Bytes(),
	}
	runtime.GC() // the audio's making is nobody's garbage
	before, err := usage.MemoryOf("self")
	if err != nil {
		return m, err
	}
	if err := phases(j, p, &m); err != nil {
		return m, fmt.Errorf("%s: %w", c.Name, errors.Join(err, p.Close()))
	}
	m.PeakRSS = max(m.PeakRSS-before.Resident(), 0)
	if err := p.Check(); err != nil {
		return m, fmt.Errorf("%s: %w", c.Name, err)
	}
	return m, nil
}

func phases(j peerJob, p peer.Peer, m *measurement) error {
	begun := read(p)
	err := p.Open()
	if err != nil {
		return err
	}
	opened := read(p)
	m.Open = opened.since(begun)
	if m.Touch, err = diskprobe.Warm(m.Bytes); err != nil {
		return err
	}
	if err := usage.ResetPeak(); err != nil {
		return err
	}
	others := usage.Others() // before the clock runs: looking at all of them takes some time
	warmed := read(p)
	if err := profiled(j.Profile, func() error { return peer.Feed(j.Task, p) }); err != nil {
		return err
	}
	written := read(p)
	// What the kernel has yet to write it writes on the contestant's behalf, but in nobody's account.
	if err := (diskprobe.Bench{Dir: j.Task.Dir}).Settle(); err != nil {
		return err
	}
	settled := usage.ReadTicks()
	m.Machine, m.Settled = settled.Used(warmed.machine).Seconds(), settled.At.Sub(warmed.machine.At).Seconds()
	m.Others = max(usage.Others()-others, 0).Seconds()
	// Before Close, with which children end.
	if m.PeakRSS, err = familyPeak(p); err != nil {
		return err
	}
	if err := p.Close(); err != nil {
		return err
	}
	closed := read(p)
	m.Write, m.Close = written.since(warmed), closed.since(written)
	return nil
}

func profiled(name string, do func() error) (err error) {
	if name == "" {
		return do()
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	err = do()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

func contestant(name string) (peer.Contestant, error) {
	for _, c := range peer.Contestants() {
		if c.Name == name {
			return c, nil
		}
	}
	return peer.Contestant{}, exit.Usagef("no contestant is called %q", name)
}

package live

import (
	"fmt"
	"time"
)

// FrameTime is the length of a frame.
const FrameTime = 20 * time.Millisecond

// A Task is what is measured.
type Task struct {
	Dir     string `json:"-"` // empty, and the measurement's alone
	Staging string `json:"-"` // a directory on a tmpfs, or "volume"

	Channels        int           `json:"channels"`
	SessionChannels int           `json:"sessionChannels"`
	Rate            int           `json:"rate"`    // Hz; mono
	Seconds         int           `json:"seconds"` // of audio, on each channel
	Repeats         int           `json:"repeats"` // how often: sessions one after the other. If zero, once
	RealTime        bool          `json:"realTime"`
	Volume          bool          `json:"syncVolume"`      // syncfs in place of a sync for each file
	Buffer          time.Duration `json:"bufferNs"`        // Config.Buffer: 0 for the default
	Untimed         bool          `json:"untimed"`         // don't look at anything meanwhile: the clock costs as much as a third of a call, and there is no series
	Nothing         bool          `json:"withoutRecorder"` // the loop alone
	Ending          int           `json:"endingSessions"`  // in real time: of the sessions so many end one after the other while the others go on
}

// Every is the recovery point that is promised. At full speed it counts audio: a sync for each second of it.
const Every = time.Second

// frames is the number of frames on each channel, in one repeat.
func (t Task) frames() int64 { return int64(t.Seconds) * int64(time.Second/FrameTime) }

// frame is the number of samples in a frame.
func (t Task) frame() int64 { return int64(t.Rate) * int64(FrameTime) / int64(time.Second) }

func (t Task) repeats() int { return max(t.Repeats, 1) }

// Bytes is the number of bytes of samples on all channels, in one repeat: what there must be room for.
func (t Task) Bytes() int64 {
	return int64(t.Channels) * t.frames() * t.frame() * sampleBytes
}

const sampleBytes = 2

// Hours is channel-hours of audio in all repeats.
func (t Task) Hours() float64 {
	return float64(t.Channels) * float64(t.Seconds) * float64(t.repeats()) / 3600
}

// Sessions is the number of sessions that are open at once.
func (t Task) Sessions() int { return (t.Channels + t.SessionChannels - 1) / t.SessionChannels }

// String says what is measured, for people.
func (t Task) String() string {
	speed, sync := "as fast as it can", "a sync a file"
	if t.RealTime {
		speed = "in real time"
	}
	if t.Volume {
		sync = "syncfs"
	}
	if t.Nothing {
		sync = "no recorder"
	}
	s := fmt.Sprintf("%d channels × %s of %d kHz, %s, %s", t.Channels, time.Duration(t.Seconds)*time.Second, t.Rate/1000, speed, sync)
	if t.Ending > 0 {
		s += fmt.Sprintf(", %d of %d sessions end", t.Ending, t.Sessions())
	}
	if t.Buffer > 0 {
		s += fmt.Sprintf(", buffer %s", t.Buffer)
	}
	return s
}

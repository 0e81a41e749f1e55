package peer

import "errors"

// Frame is 20 ms of 48 kHz mono, 16 bits a sample.
const (
	SampleRate      = 48000
	FramesPerSecond = 50
	FrameSamples    = SampleRate / FramesPerSecond
	FrameBytes      = 2 * FrameSamples
)

// A Task is what all peers are asked to do.
type Task struct {
	Dir      string // empty, and the peer's alone
	Staging  string // the recorder's Config.Staging
	Channels int
	Seconds  int // of audio, on each channel
	// SessionChannels is how many channels the recorder gets in one session.
	SessionChannels int
	// Syncers is how many files a peer that syncs may sync at once.
	Syncers int
	Audio   *Audio
}

// Frames is the number of frames on each channel.
func (t Task) Frames() int { return t.Seconds * FramesPerSecond }

// Bytes is the number of bytes of samples on all channels.
func (t Task) Bytes() int64 { return int64(t.Channels) * int64(t.Frames()) * FrameBytes }

// A Peer is one way of writing a Task's audio. After an error it is only closed.
type Peer interface {
	// Open makes the files of all channels.
	Open() error
	// Write takes frame number frame of a channel. Frames of a channel come in order.
	Write(channel, frame int) error
	// Second is called when all channels have had another second of audio: it is when a peer that syncs does so.
	Second() error
	// Flush returns when everything is with the kernel, and on stable storage where the peer syncs.
	Flush() error
	// Close ends all files. It may be called after any error.
	Close() error
	// Check compares what is on the disk after Close with what was to be written.
	Check() error
}

// A Family is a Peer that lets other processes work for it.
type Family interface {
	// PIDs are those that run.
	PIDs() []int
}

// Feed gives p all frames of t, interleaved across channels, and flushes.
func Feed(t Task, p Peer) error {
	for frame := range t.Frames() {
		for channel := range t.Channels {
			if err := p.Write(channel, frame); err != nil {
				return err
			}
		}
		if (frame+1)%FramesPerSecond == 0 {
			if err := p.Second(); err != nil {
				return err
			}
		}
	}
	return p.Flush()
}

// Run is all that a peer does, from its first file to the check of its last.
func Run(t Task, p Peer) error {
	if err := p.Open(); err != nil {
		return errors.Join(err, p.Close())
	}
	if err := Feed(t, p); err != nil {
		return errors.Join(err, p.Close())
	}
	if err := p.Close(); err != nil {
		return err
	}
	return p.Check()
}

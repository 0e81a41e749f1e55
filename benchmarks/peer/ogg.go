package peer

import (
	"errors"
	"fmt"
	"os"

	"github.com/pion/webrtc/v4/pkg/media/oggwriter"
)

// ogg stores packets as they came. It has no samples to copy, and a tenth of the bytes.
type ogg struct {
	task    Task
	writers []*oggwriter.OggWriter
}

func newOgg(t Task, _ Contestant) Peer { return &ogg{task: t} }

func (o *ogg) name(channel int) string { return fileName(o.task.Dir, channel, ".ogg") }

func (o *ogg) Open() error {
	for channel := range o.task.Channels {
		w, err := oggwriter.New(o.name(channel), SampleRate, 1)
		if err != nil {
			return err
		}
		o.writers = append(o.writers, w)
	}
	return nil
}

func (o *ogg) Write(channel, frame int) error {
	return o.writers[channel].WriteRTP(o.task.Audio.Packet(channel, frame))
}

func (o *ogg) Second() error { return nil }
func (o *ogg) Flush() error  { return nil }

func (o *ogg) Close() error {
	var errs []error
	for _, w := range o.writers {
		errs = append(errs, w.Close())
	}
	o.writers = nil
	return errors.Join(errs...)
}

// Check holds sizes against what the packets add up to: the library's own framing is its own affair.
func (o *ogg) Check() error {
	for channel := range o.task.Channels {
		info, err := os.Stat(o.name(channel))
		if err != nil {
			return err
		}
		want := int64(0)
		for frame := range o.task.Frames() {
			want += int64(len(o.task.Audio.Packet(channel, frame).Payload))
		}
		if info.Size() < want {
			return fmt.Errorf("check %s: %d bytes, want at least the packets' %d", o.name(channel), info.Size(), want)
		}
	}
	return nil
}

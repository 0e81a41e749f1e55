package peer

import (
	"errors"

	"github.com/go-audio/audio"
	"github.com/go-audio/wav"
)

// goAudio is the usual library for WAV files in Go.
type goAudio struct {
	files
	encoders []*wav.Encoder
	buffer   audio.IntBuffer // of the frame that is being written
}

func newWAV(t Task, c Contestant) Peer {
	return &goAudio{
		files: files{task: t, syncs: c.syncs(), ext: ".wav"},
		buffer: audio.IntBuffer{
			Format: &audio.Format{NumChannels: 1, SampleRate: SampleRate}, SourceBitDepth: 16,
		},
	}
}

func (g *goAudio) Open() error {
	if err := g.create(); err != nil {
		return err
	}
	const pcm = 1
	for _, file := range g.open {
		g.encoders = append(g.encoders, wav.NewEncoder(file, SampleRate, 16, 1, pcm))
	}
	return nil
}

func (g *goAudio) Write(channel, frame int) error {
	g.buffer.Data = g.task.Audio.Ints(channel, frame)
	return g.encoders[channel].Write(&g.buffer)
}

func (g *goAudio) Second() error { return g.sync() }
func (g *goAudio) Flush() error  { return nil }

// Close writes the lengths into the headers.
func (g *goAudio) Close() error {
	var errs []error
	for _, e := range g.encoders {
		errs = append(errs, e.Close())
	}
	g.encoders = nil
	return errors.Join(append(errs, g.files.Close())...)
}

func (g *goAudio) Check() error { return checkAll(g.task, g.name, wavSamples) }

package peer

import (
	"bufio"
	"errors"
)

// bufferBytes is as much as the recorder's prototypes wrote at once: more saves no processor time worth naming.
const bufferBytes = 64 << 10

// buffered is the way of those who know that system calls cost, and who let a killed process take the last part of a
// second with it.
type buffered struct {
	files
	writers []*bufio.Writer
}

func newBufio(t Task, c Contestant) Peer {
	return &buffered{files: files{task: t, syncs: c.syncs(), ext: ".pcm"}}
}

func (b *buffered) Open() error {
	if err := b.create(); err != nil {
		return err
	}
	for _, file := range b.open {
		b.writers = append(b.writers, bufio.NewWriterSize(file, bufferBytes))
	}
	return nil
}

func (b *buffered) Write(channel, frame int) error {
	_, err := b.writers[channel].Write(b.task.Audio.Frame(channel, frame))
	return err
}

func (b *buffered) Second() error {
	if !b.syncs {
		return nil
	}
	return errors.Join(b.Flush(), b.sync())
}

// Flush has nothing left to do where Second syncs: an audio ends with a second.
func (b *buffered) Flush() error {
	for _, w := range b.writers {
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func (b *buffered) Check() error { return checkAll(b.task, b.name, rawSamples) }

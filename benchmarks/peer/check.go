package peer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// checkAll compares the samples in the files of all channels with what they were to be. samples brings a file to its first
// sample and says how many bytes of them it should hold, or -1 for all that is left.
func checkAll(t Task, name func(channel int) string, samples func(*os.File) (int64, error)) error {
	for channel := range t.Channels {
		if err := checkOne(t, channel, name(channel), samples); err != nil {
			return fmt.Errorf("check channel %d, %s: %w", channel, name(channel), err)
		}
	}
	return nil
}

func checkOne(t Task, channel int, name string, samples func(*os.File) (int64, error)) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := samples(f)
	if err != nil {
		return err
	}
	if want := int64(t.Frames()) * FrameBytes; size >= 0 && size != want {
		return fmt.Errorf("%d bytes of samples by its header, want %d", size, want)
	}
	second := make([]byte, FramesPerSecond*FrameBytes)
	for from := 0; from < t.Frames(); from += FramesPerSecond {
		if _, err := io.ReadFull(f, second); err != nil {
			return fmt.Errorf("frame %d: %w", from, err)
		}
		for i := range FramesPerSecond {
			if got := second[i*FrameBytes:][:FrameBytes]; !bytes.Equal(got, t.Audio.Frame(channel, from+i)) {
				return fmt.Errorf("frame %d is not what was written", from+i)
			}
		}
	}
	if n, err := f.Read(second); n > 0 || err != io.EOF {
		return fmt.Errorf("%d bytes behind the last sample (%v)", n, err)
	}
	return nil
}

func rawSamples(*os.File) (int64, error) { return -1, nil }

// wavSamples walks a WAV file's chunks up to the samples.
func wavSamples(f *os.File) (int64, error) {
	var head [12]byte
	if _, err := io.ReadFull(f, head[:]); err != nil {
		return 0, err
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return 0, fmt.Errorf("begins with %q", head)
	}
	for {
		// id, size, and then size bytes, padded to an even number
		if _, err := io.ReadFull(f, head[:8]); err != nil {
			return 0, err
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		if string(head[:4]) == "data" {
			return size, nil
		}
		if _, err := f.Seek(size+size%2, io.SeekCurrent); err != nil {
			return 0, err
		}
	}
}

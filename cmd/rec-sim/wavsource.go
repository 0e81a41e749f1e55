package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// audio is what a WAV file holds, as it was stored.
type audio struct {
	rate     int
	channels int
	width    int // bytes of a sample
	raw      []byte
}

// loadWAV reads at most so much from the beginning of a file.
func loadWAV(name string, most time.Duration) (audio, error) {
	// Asked before it is opened: opening a pipe would wait for somebody who writes to it.
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return audio{}, exit.Usagef("--source %s: not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return audio{}, exit.Usagef("--source: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return audio{}, fmt.Errorf("--source: %w", err)
	}
	a, err := decodeWAV(f, info.Size(), most)
	if err != nil {
		return a, exit.Usagef("--source %s: %w", name, err)
	}
	return a, nil
}

func decodeWAV(r io.ReaderAt, size int64, most time.Duration) (audio, error) {
	info, err := wavfile.Parse(r, size)
	if err != nil {
		return audio{}, err
	}
	frames := info.Frames()
	if most > 0 {
		// One second more than needed, for the resampler's sake.
		frames = min(frames, int64((most+time.Second)/time.Second+1)*int64(info.SampleRate))
	}
	if frames == 0 {
		return audio{}, fmt.Errorf("holds no audio")
	}
	if info.Channels > wavfile.MaxChannels {
		return audio{}, fmt.Errorf("%d channels, want 1 to %d", info.Channels, wavfile.MaxChannels)
	}
	raw := make([]byte, frames*int64(info.BlockAlign()))
	if _, err := r.ReadAt(raw, info.DataOffset); err != nil && err != io.EOF {
		return audio{}, fmt.Errorf("read %d bytes of samples: %w", len(raw), err)
	}
	return audio{rate: info.SampleRate, channels: info.Channels, width: info.BitsPerSample / 8, raw: raw}, nil
}

// loop brings the audio to a rate and to 16 bits. What is already so passes unchanged.
func (a audio) loop(rate int) *loop {
	align := 2 * a.channels
	if a.rate == rate && a.width == 2 {
		return &loop{samples: a.raw, align: int64(align)}
	}
	var out *loop
	for c := range a.channels {
		samples := a.channel(c)
		if a.rate != rate {
			samples = resample(samples, a.rate, rate)
		}
		if out == nil {
			out = &loop{samples: make([]byte, len(samples)*align), align: int64(align)}
		}
		for i, x := range samples {
			binary.LittleEndian.PutUint16(out.samples[i*align+2*c:], uint16(toInt16(x)))
		}
	}
	return out
}

// channel returns one channel as numbers in [-1, 1).
func (a audio) channel(c int) []float64 {
	align := a.channels * a.width
	out := make([]float64, len(a.raw)/align)
	for i := range out {
		out[i] = toFloat(a.raw[i*align+c*a.width:], a.width)
	}
	return out
}

// toFloat reads one integer sample of so many bytes. Eight bits are unsigned in WAV files, all others signed.
func toFloat(p []byte, width int) float64 {
	switch width {
	case 1:
		return (float64(p[0]) - 128) / 128
	case 2:
		return float64(int16(binary.LittleEndian.Uint16(p))) / (1 << 15)
	case 3:
		return float64(int32(uint32(p[0])<<8|uint32(p[1])<<16|uint32(p[2])<<24)) / (1 << 31)
	default:
		return float64(int32(binary.LittleEndian.Uint32(p))) / (1 << 31)
	}
}

// toInt16 rounds to the nearest, and clips: a filter may overshoot full scale.
func toInt16(x float64) int16 {
	x *= 1 << 15
	switch {
	case x >= 1<<15-1:
		return 1<<15 - 1
	case x <= -1<<15:
		return -1 << 15
	case x < 0:
		return int16(x - 0.5)
	default:
		return int16(x + 0.5)
	}
}

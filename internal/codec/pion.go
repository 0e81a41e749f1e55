package codec

import (
	"encoding/binary"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/pion/opus"
)

// pionOpus decodes with github.com/pion/opus. It always decodes to stereo and mixes down itself: the library's mono output of a
// stereo stream leaves out the inversion of phase.
type pionOpus struct {
	alone
	opusFormat
	decoder opus.Decoder
}

func newPion(c Config) (Decoder, error) {
	d := &pionOpus{opusFormat: opusFormat{c.SampleRate, c.Channels}}
	return d, d.reset()
}

func (d *pionOpus) reset() (err error) {
	d.decoder, err = opus.NewDecoderWithOutput(d.rate, 2)
	return err
}

func (d *pionOpus) String() string { return pionName() }

var pionName = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "github.com/pion/opus" {
				return "pion/opus " + m.Version
			}
		}
	}
	return "pion/opus"
})

// stereoPCM is room for 120 ms of stereo at 48 kHz.
type stereoPCM [2 * opusMost * opusRate / opusUnit]float32

var stereo = sync.Pool{New: func() any { return new(stereoPCM) }}

func (d *pionOpus) Decode(dst, p []byte) (n int, err error) {
	want, err := d.Duration(p)
	if err == nil {
		err = fits("opus", dst, want, d.channels)
	}
	if err != nil {
		return 0, err
	}
	buf := stereo.Get().(*stereoPCM)
	defer stereo.Put(buf)
	defer func() {
		// It reads what strangers send: should it panic on that, only the packet is lost, and what the decoder remembered.
		if r := recover(); r != nil {
			n, err = 0, &PayloadError{"opus", len(p), fmt.Sprintf("the decoder panicked: %v", r)}
			_ = d.reset()
		}
	}()
	n, err = d.decoder.DecodeToFloat32(p, buf[:2*want])
	if err != nil {
		return 0, &PayloadError{"opus", len(p), err.Error()}
	}
	if n > want {
		return 0, &PayloadError{"opus", len(p), fmt.Sprintf("%d frames, want %d", n, want)}
	}
	for i := range n {
		left, right := buf[2*i], buf[2*i+1]
		if d.channels == 1 {
			binary.LittleEndian.PutUint16(dst[2*i:], uint16(toInt16((left+right)/2)))
			continue
		}
		binary.LittleEndian.PutUint16(dst[4*i:], uint16(toInt16(left)))
		binary.LittleEndian.PutUint16(dst[4*i+2:], uint16(toInt16(right)))
	}
	return n, nil
}

// toInt16 rounds to the nearest as libopus does, so that the two agree where their samples do.
func toInt16(x float32) int16 {
	x *= 32768
	switch {
	case x != x:
		return 0
	case x >= 32767:
		return 32767
	case x <= -32768:
		return -32768
	case x >= 0:
		return int16(x + 0.5)
	}
	return int16(x - 0.5)
}

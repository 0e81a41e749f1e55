package wavfile

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/go-audio/wav"
)

// Somebody else's reader finds every sample where it was put. It is given our own bytes only: it trusts sizes.
func TestGoAudioReadsTheSamples(t *testing.T) {
	for channels := 1; channels <= MaxChannels; channels++ {
		const frames = 1000
		h := example(channels, int64(frames*channels*2))
		file := encode(t, h)
		random := rand.New(rand.NewPCG(1, uint64(channels)))
		want := make([]int, frames*channels)
		for i := range want {
			want[i] = int(int16(random.Uint32()))
			file = binary.LittleEndian.AppendUint16(file, uint16(want[i]))
		}

		d := wav.NewDecoder(bytes.NewReader(file))
		if !d.IsValidFile() {
			t.Errorf("%d channels: not a valid file: %v", channels, d.Err())
			continue
		}
		buf, err := d.FullPCMBuffer()
		if err != nil {
			t.Errorf("%d channels: %v", channels, err)
			continue
		}
		if int(d.NumChans) != channels || d.BitDepth != 16 || d.SampleRate != 48000 {
			t.Errorf("%d channels: read as %d channels of %d bits at %d", channels, d.NumChans, d.BitDepth, d.SampleRate)
		}
		if len(buf.Data) != len(want) {
			t.Errorf("%d channels: %d samples, want %d", channels, len(buf.Data), len(want))
			continue
		}
		for i := range want {
			if buf.Data[i] != want[i] {
				t.Errorf("%d channels: sample %d is %d, want %d", channels, i, buf.Data[i], want[i])
				break
			}
		}
	}
}

package main

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"
)

// wavFile makes a minimal WAV file.
func wavFile(rate, channels, bits int, samples []byte) []byte {
	var b bytes.Buffer
	le := binary.LittleEndian
	b.WriteString("RIFF")
	b.Write(le.AppendUint32(nil, uint32(36+len(samples))))
	b.WriteString("WAVEfmt ")
	align := channels * bits / 8
	for _, v := range []any{uint32(16), uint16(1), uint16(channels), uint32(rate), uint32(rate * align), uint16(align), uint16(bits)} {
		_ = binary.Write(&b, le, v) // a bytes.Buffer takes everything
	}
	b.WriteString("data")
	b.Write(le.AppendUint32(nil, uint32(len(samples))))
	b.Write(samples)
	return b.Bytes()
}

// TestDecodeWidths plays one half and minus one half of full scale in every width.
func TestDecodeWidths(t *testing.T) {
	for _, row := range []struct {
		bits    int
		samples []byte
	}{
		{8, []byte{192, 64}},
		{16, []byte{0, 64, 0, 192}},
		{24, []byte{0, 0, 64, 0, 0, 192}},
		{32, []byte{0, 0, 0, 64, 0, 0, 0, 192}},
	} {
		a, err := decodeBytes(wavFile(48000, 1, row.bits, row.samples))
		if err != nil {
			t.Errorf("%d bits: %v", row.bits, err)
			continue
		}
		if got := a.loop(48000).samples; !bytes.Equal(got, []byte{0, 64, 0, 192}) {
			t.Errorf("%d bits: %v", row.bits, got)
		}
	}
}

func TestDecodeKeepsChannelsApart(t *testing.T) {
	// Left is loud, right is silent; after resampling they still are.
	samples := make([]byte, 4*1000)
	for i := range 1000 {
		binary.LittleEndian.PutUint16(samples[4*i:], 16384)
	}
	a, err := decodeBytes(wavFile(16000, 2, 16, samples))
	if err != nil {
		t.Fatal(err)
	}
	l := a.loop(48000)
	if l.align != 4 || l.frames() != 3000 {
		t.Fatalf("%d frames of %d bytes, want 3000 of 4", l.frames(), l.align)
	}
	left := int16(binary.LittleEndian.Uint16(l.samples[4*1500:]))
	right := int16(binary.LittleEndian.Uint16(l.samples[4*1500+2:]))
	if left != 16384 || right != 0 {
		t.Errorf("left %d, right %d in the middle; want 16384 and 0", left, right)
	}
}

func TestDecodeReadsNoMoreThanNeeded(t *testing.T) {
	p := wavFile(8000, 1, 16, make([]byte, 2*8000*60))
	a, err := decodeWAV(bytes.NewReader(p), int64(len(p)), 1500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if frames := len(a.raw) / 2; frames < 12000 || frames > 8000*5 {
		t.Errorf("%d frames read for 1.5 s", frames)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for want, p := range map[string][]byte{
		"holds no audio":  wavFile(48000, 1, 16, nil),
		"9 channels":      wavFile(48000, 9, 16, make([]byte, 18)),
		"bits per sample": wavFile(48000, 1, 12, make([]byte, 18)),
	} {
		if _, err := decodeBytes(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func TestToInt16(t *testing.T) {
	for x, want := range map[float64]int16{
		0: 0, 1: 32767, 2: 32767, -1: -32768, -2: -32768, 0.5: 16384, -0.5: -16384,
		1.4 / 32768: 1, 1.6 / 32768: 2, -1.6 / 32768: -2,
	} {
		if got := toInt16(x); got != want {
			t.Errorf("toInt16(%g) = %d, want %d", x, got, want)
		}
	}
}

// TestResample sends a tone through every pair of rates and asks for the same tone, and for silence where there was none.
func TestResample(t *testing.T) {
	rates := []int{8000, 11025, 16000, 22050, 44100, 48000}
	const seconds, hz = 0.25, 997
	tone := func(rate int) []float64 {
		out := make([]float64, int(seconds*float64(rate)))
		for i := range out {
			out[i] = 0.5 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
		}
		return out
	}
	for _, from := range rates {
		for _, to := range rates {
			got, want := resample(tone(from), from, to), tone(to)
			if d := len(got) - len(want); d < -1 || d > 1 {
				t.Errorf("%d to %d: %d samples, want %d", from, to, len(got), len(want))
				continue
			}
			worst := 0.0
			edge := len(want) / 8 // where the filter reaches over the ends
			for i := edge; i < len(want)-edge; i++ {
				worst = math.Max(worst, math.Abs(got[i]-want[i]))
			}
			if worst > 0.001 {
				t.Errorf("%d to %d: off by %.5f, want at most 0.001 (-54 dB)", from, to, worst)
			}
		}
	}
}

// TestResampleRemovesWhatWouldAlias asks for silence when the tone is above what the new rate can hold.
func TestResampleRemovesWhatWouldAlias(t *testing.T) {
	in := make([]float64, 12000)
	for i := range in {
		in[i] = math.Sin(2 * math.Pi * 7000 * float64(i) / 48000)
	}
	out := resample(in, 48000, 8000)
	for _, x := range out[len(out)/4 : 3*len(out)/4] {
		if math.Abs(x) > 0.001 {
			t.Fatalf("an alias of %.4f", x)
		}
	}
}

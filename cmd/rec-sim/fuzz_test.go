package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/wavfile"
)

// Whatever a cue file holds, it is read or refused with the line that is wrong.
func FuzzCues(f *testing.F) {
	for _, s := range []string{
		"", "\n\n", `{"id":"1","channel":"*","language":"es","startMs":0,"endMs":1000,"text":"hola","final":true,"revision":2}`,
		`{"startMs":"0"}`, `{"startMs":1e99}`, `[]`, `null`, "{}\n{", `{"text":"` + strings.Repeat("x", 5000) + `"}`, "\xff\xfe{}", `{"text":"\u0000"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		cues, err := parseCues(bytes.NewReader(p))
		if err != nil && !strings.HasPrefix(err.Error(), "line ") {
			t.Fatal(err)
		}
		if n := bytes.Count(p, []byte("\n")) + 1; len(cues) > n {
			t.Fatalf("%d cues in %d lines", len(cues), n)
		}
	})
}

// Whatever a file given as a source holds, it becomes samples or is refused, and never needs more memory than it has bytes.
func FuzzWAVSource(f *testing.F) {
	h := wavfile.Header{Format: wavfile.Format{SampleRate: 8000, Channels: 2}, DataBytes: 64}
	var header [wavfile.HeaderSize]byte
	if err := h.Encode(&header); err != nil {
		f.Fatal(err)
	}
	ours := append(header[:], make([]byte, 64)...)
	for _, width := range []byte{8, 16, 24, 32} {
		frame := width / 8
		f.Add(append([]byte("RIFF\x34\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x00\x00\x00\x00"),
			append([]byte{frame, 0, width, 0}, "data\x0c\x00\x00\x00abcdefghijkl"...)...), uint8(0))
	}
	f.Add(ours, uint8(1))
	f.Add(ours[:4100], uint8(2))
	f.Add([]byte("RIFF"), uint8(3))
	f.Fuzz(func(t *testing.T, p []byte, rate uint8) {
		a, err := decodeWAV(bytes.NewReader(p), int64(len(p)), time.Second)
		if err != nil {
			return
		}
		if len(a.raw) > len(p) || a.channels < 1 || a.channels > wavfile.MaxChannels || len(a.raw)%(a.channels*a.width) != 0 {
			t.Fatalf("%d bytes of samples in %d, %d channels of %d bytes", len(a.raw), len(p), a.channels, a.width)
		}
		if a.rate < 4000 || a.rate > 384000 {
			return // no file that anybody makes: at a few samples a second the resampler makes many of one
		}
		l := a.loop([]int{8000, 16000, 44100, 48000}[rate%4])
		if len(l.samples)%int(l.align) != 0 {
			t.Fatalf("%d bytes of frames of %d", len(l.samples), l.align)
		}
	})
}

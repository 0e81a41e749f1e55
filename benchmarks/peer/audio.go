package peer

import (
	"encoding/binary"
	"fmt"

	"github.com/pion/rtp"

	"github.com/ilenia-live/rec/testdata"
)

// Audio is what all channels say: three voices after one another, over and over, each channel beginning somewhere else. It
// is made ready in every form that a peer asks for, so that nobody's figure holds the cost of making it.
type Audio struct {
	pcm     []byte
	ints    []int // the same samples, for go-audio
	packets []*rtp.Packet
}

const (
	wavHeader = 44 // of the files in testdata
	// stride is by how many frames the next channel begins later; it has no factor in common with the number of frames.
	stride = 37
)

// NewAudio loads the voices.
func NewAudio() (*Audio, error) {
	a := &Audio{}
	for _, s := range testdata.Speeches() {
		samples := s.WAV[wavHeader:]
		a.pcm = append(a.pcm, samples[:len(samples)/FrameBytes*FrameBytes]...)
		for i, p := range s.Packets() {
			packet := &rtp.Packet{}
			if err := packet.Unmarshal(p); err != nil {
				return nil, fmt.Errorf("packet %d of %s: %w", i, s.Channel, err)
			}
			a.packets = append(a.packets, packet)
		}
	}
	a.ints = make([]int, len(a.pcm)/2)
	for i := range a.ints {
		a.ints[i] = int(int16(binary.LittleEndian.Uint16(a.pcm[2*i:])))
	}
	return a, nil
}

// turn is where in the voices a channel's frame lies.
func (a *Audio) turn(channel, frame int) int {
	return (channel*stride + frame) % (len(a.pcm) / FrameBytes)
}

// Frame is a frame as bytes. Nobody may change them.
func (a *Audio) Frame(channel, frame int) []byte {
	at := a.turn(channel, frame) * FrameBytes
	return a.pcm[at : at+FrameBytes : at+FrameBytes]
}

// Ints is the same frame as go-audio takes it.
func (a *Audio) Ints(channel, frame int) []int {
	at := a.turn(channel, frame) * FrameSamples
	return a.ints[at : at+FrameSamples : at+FrameSamples]
}

// Packet is 20 ms of the same voices as Opus.
func (a *Audio) Packet(channel, frame int) *rtp.Packet {
	return a.packets[(channel*stride+frame)%len(a.packets)]
}

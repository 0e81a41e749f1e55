package live

import "github.com/ilenia-live/rec/testdata"

// A sound is a second of a voice, over and over. That little stays in a processor's cache, where a live host's frame is as well:
// it has just come out of a socket or a decoder. Making it costs nothing here.
type sound struct {
	samples []byte
	size    int64 // of a frame, in bytes
	frames  int64
}

const (
	wavHeader = 44 // of the files in testdata
	// spoken is where in the first voice a second begins in which somebody speaks.
	spoken = 96000
	second = 96000
	// stride is by how many frames the next channel begins later; it has no factor in common with the number of frames.
	stride = 37
)

func newSound(frameBytes int64) *sound {
	samples := testdata.Speeches()[0].WAV[wavHeader+spoken:][:second]
	return &sound{samples: samples, size: frameBytes, frames: second / frameBytes}
}

// frame is what a channel says in its frame k. Nobody may change it.
func (s *sound) frame(channel, k int64) []byte {
	at := (channel*stride + k) % s.frames * s.size
	return s.samples[at : at+s.size : at+s.size]
}

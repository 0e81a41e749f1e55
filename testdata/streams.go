package testdata

import "embed"

// A Stream is RTP packets that are hard on a receiver. Sequence numbers begin at 65,530 and timestamps 4,800 before they wrap.
type Stream struct {
	Name       string
	Codec      string // opus, pcmu or l16
	SampleRate int    // of the timestamps, Hz
	Channels   int    // the most that any packet has
	Packets    []byte // each behind two bytes of its length (RFC 4571)
	Note       string // what is hard about it
}

// Streams returns streams that differ in all that may differ, 1 to 4 s of the voices each. The bytes are the caller's.
func Streams() []Stream {
	list := []Stream{
		{Name: "opus-stereo-20ms", Codec: "opus", SampleRate: 48000, Channels: 2,
			Note: "two voices: the Spanish one on the left, the Catalan one on the right"},
		{Name: "opus-silk-60ms", Codec: "opus", SampleRate: 48000, Channels: 1,
			Note: "SILK wideband, the longest frames of Opus"},
		{Name: "opus-celt-2.5ms", Codec: "opus", SampleRate: 48000, Channels: 1,
			Note: "CELT, the shortest frames of Opus: 400 packets a second"},
		{Name: "opus-dtx", Codec: "opus", SampleRate: 48000, Channels: 1,
			Note: "nothing is sent in a pause from 1.45 to 2.65 s but updates of the noise: timestamps jump, sequence numbers don't"},
		{Name: "opus-changes", Codec: "opus", SampleRate: 48000, Channels: 2,
			Note: "mono of 20 ms, stereo of 60 ms from 1.0 s, stereo of 10 ms from 1.9 s, mono of 40 ms from 2.4 s"},
		{Name: "pcmu-20ms", Codec: "pcmu", SampleRate: 8000, Channels: 1,
			Note: "G.711 by its static payload type, 0"},
		{Name: "l16-10ms", Codec: "l16", SampleRate: 16000, Channels: 1,
			Note: "L16 at a rate that only its payload type's agreement tells; 1.1 s"},
	}
	for i := range list {
		p, err := streams.ReadFile("streams/" + list[i].Name + ".rtp")
		if err != nil {
			panic(err) // the compiler embedded it
		}
		list[i].Packets = p
	}
	return list
}

// ReadFile copies: what a test changes, it changes for itself only.
//
//go:embed streams/*.rtp
var streams embed.FS

// Split takes RFC 4571's framing apart. The packets are parts of framed, which must be one of this package's.
func Split(framed []byte) (packets [][]byte) {
	for len(framed) > 2 {
		n := 2 + int(framed[0])<<8 + int(framed[1])
		packets = append(packets, framed[2:n:n])
		framed = framed[n:]
	}
	return packets
}

// Package codec turns the payload of an RTP packet into 16-bit PCM: Opus, by the system's libopus or in Go, G.711 and L16. It
// says how long a payload is without decoding it, and makes up for lost ones where the codec can.
package codec

import "fmt"

// Config says what is to be decoded into what.
type Config struct {
	Name       string // opus, pcmu, pcma or l16
	SampleRate int    // of the PCM, Hz
	Channels   int    // of the PCM
	// Opus is the decoder for Opus: "libopus" or "pion"; "" and "auto" are libopus if its shared library is installed.
	Opus string
}

// Decoder decodes the packets of one stream, in order. One goroutine at a time may use it. It doesn't allocate, but for
// what pion/opus does.
type Decoder interface {
	// ClockRate is the rate of the RTP timestamps in Hz.
	ClockRate() int
	// Duration is how many sample frames a payload stands for, by its headers alone.
	Duration(payload []byte) (frames int, err error)
	// Decode writes the payload's samples to dst, interleaved and little-endian, and returns how many sample frames they are. After
	// an error the decoder can go on.
	Decode(dst, payload []byte) (frames int, err error)
	// Carries reports whether the payload carries the packet before it, too (in-band FEC), and Recover could decode that.
	Carries(payload []byte) bool
	// Recover decodes the packet of that many frames that was lost before payload, if payload carries it; else it returns 0.
	Recover(dst, payload []byte, frames int) (int, error)
	// Conceal makes up that many frames, a multiple of 2.5 ms, after what was decoded last. It returns 0 where the decoder can't.
	Conceal(dst []byte, frames int) (int, error)
	// Close gives back memory that the Go runtime doesn't know of. It may be called twice.
	Close()
	// String is the decoder's name, with its version if it has one.
	String() string
}

// ConfigError is a codec that doesn't go with the format wanted, or isn't there.
type ConfigError struct {
	Field string // "codec", "sampleRate", "channelCount" or "Opus"
	Value string
	Want  string
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("%s is %s, want %s", e.Field, e.Value, e.Want)
}

// PayloadError is a payload that can't be decoded.
type PayloadError struct {
	Codec string
	Bytes int // its length
	What  string
}

func (e *PayloadError) Error() string {
	return fmt.Sprintf("%s payload of %d bytes: %s", e.Codec, e.Bytes, e.What)
}

// The rates of G.711 (RFC 3551, 4.5.14) and of Opus' timestamps (RFC 7587, 4.1), in Hz.
const (
	g711Rate = 8000
	opusRate = 48000
)

// New makes a decoder. Its error is a *ConfigError.
func New(c Config) (Decoder, error) {
	if c.Channels < 1 {
		return nil, &ConfigError{"channelCount", fmt.Sprint(c.Channels), "1 or more"}
	}
	switch c.Name {
	case "l16":
		if c.SampleRate < 1 {
			return nil, &ConfigError{"sampleRate", fmt.Sprint(c.SampleRate), "1 Hz or more"}
		}
		return &l16{rate: c.SampleRate, channels: c.Channels}, nil
	case "pcmu", "pcma":
		if c.SampleRate != g711Rate {
			return nil, &ConfigError{"sampleRate", fmt.Sprint(c.SampleRate), "8000 for G.711"}
		}
		if c.Name == "pcmu" {
			return &g711{table: &muLaw, channels: c.Channels, name: "g711 mu-law"}, nil
		}
		return &g711{table: &aLaw, channels: c.Channels, name: "g711 A-law"}, nil
	case "opus":
		return newOpus(c)
	}
	return nil, &ConfigError{"codec", fmt.Sprintf("%q", c.Name), "opus, pcmu, pcma or l16"}
}

func newOpus(c Config) (Decoder, error) {
	switch c.SampleRate {
	case 8000, 16000, 24000, 48000:
	default:
		return nil, &ConfigError{"sampleRate", fmt.Sprint(c.SampleRate), "8000, 16000, 24000 or 48000 for Opus"}
	}
	if c.Channels > 2 {
		return nil, &ConfigError{"channelCount", fmt.Sprint(c.Channels), "1 or 2 for Opus"}
	}
	switch c.Opus {
	case "", "auto":
		if lib, err := libopus(); err == nil {
			return lib.newDecoder(c)
		}
		return newPion(c)
	case "libopus":
		lib, err := libopus()
		if err != nil {
			return nil, &ConfigError{"Opus", "libopus", fmt.Sprintf("a decoder that is installed: %v", err)}
		}
		return lib.newDecoder(c)
	case "pion":
		return newPion(c)
	}
	return nil, &ConfigError{"Opus", fmt.Sprintf("%q", c.Opus), "auto, libopus or pion"}
}

// fits asks whether dst has room for that many frames.
func fits(codec string, dst []byte, frames, channels int) error {
	if need := 2 * frames * channels; len(dst) < need {
		return &PayloadError{codec, len(dst), fmt.Sprintf("room for the samples, want %d bytes", need)}
	}
	return nil
}

// alone is for codecs whose packets know nothing of each other.
type alone struct{}

func (alone) Carries([]byte) bool                      { return false }
func (alone) Recover([]byte, []byte, int) (int, error) { return 0, nil }
func (alone) Conceal([]byte, int) (int, error)         { return 0, nil }
func (alone) Close()                                   {}

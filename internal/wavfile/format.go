package wavfile

import (
	"encoding/binary"
	"fmt"
)

// MaxChannels is the largest number of channels in one file.
const MaxChannels = 8

const (
	bitsPerSample  = 16
	bytesPerSample = bitsPerSample / 8
)

// Format is how the samples of a recording are to be understood: always 16-bit signed little-endian PCM, channels
// interleaved.
type Format struct {
	SampleRate int // sample frames per second: 8000, 16000, 24000, 32000, 44100 or 48000
	Channels   int // 1 to MaxChannels
}

// BlockAlign returns the size of a sample frame, one sample of each channel, in bytes.
func (f Format) BlockAlign() int { return f.Channels * bytesPerSample }

// A FormatError names the field of a [Format] that is out of range, and its value.
type FormatError struct {
	Field string // "SampleRate" or "Channels"
	Value int
}

func (e *FormatError) Error() string {
	if e.Field == "Channels" {
		return fmt.Sprintf("channels %d, want 1 to %d", e.Value, MaxChannels)
	}
	return fmt.Sprintf("sample rate %d, want 8000, 16000, 24000, 32000, 44100 or 48000", e.Value)
}

// Validate returns nil or a *[FormatError].
func (f Format) Validate() error {
	switch f.SampleRate {
	case 8000, 16000, 24000, 32000, 44100, 48000:
	default:
		return &FormatError{Field: "SampleRate", Value: f.SampleRate}
	}
	if f.Channels < 1 || f.Channels > MaxChannels {
		return &FormatError{Field: "Channels", Value: f.Channels}
	}
	return nil
}

// The fmt chunk after its name and size:
//
//	 0  format tag       1 PCM, fffe extensible
//	 2  channels
//	 4  sample rate
//	 8  bytes per second
//	12  block align
//	14  bits per sample
//	                     the plain form ends here, 16 bytes
//	16  22               bytes that follow
//	18  valid bits
//	20  channel mask
//	24  sub-format       a GUID; its first two bytes are the format tag
//	                     the extensible form ends here, 40 bytes
const (
	tagPCM        = 1
	tagExtensible = 0xfffe

	fmtPlain      = 16
	fmtExtensible = 40
)

// guidTail is KSDATAFORMAT_SUBTYPE_PCM after the format tag: 0000-0010-8000-00aa00389b71.
const guidTail = "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"

// fmtSize returns the size of the fmt chunk's body. Microsoft asks for the extensible form beyond two channels; up to
// two, the plain one is what every reader knows.
func (f Format) fmtSize() int {
	if f.Channels > 2 {
		return fmtExtensible
	}
	return fmtPlain
}

// channelMasks assigns a loudspeaker to each channel, in the order in which masks require them. Our channels are people,
// not positions; but without a mask each player makes up positions of its own. None of these layouts has the
// low-frequency bit (0x8), which the usual ones for three, six, seven and eight channels have: players that mix down to
// stereo leave that channel out, and with it what was said there.
//
//	0x001 front left   0x002 front right   0x004 front centre   0x010 back left
//	0x020 back right   0x100 back centre   0x200 side left      0x400 side right
var channelMasks = [MaxChannels + 1]uint32{
	3: 0x007, // 3.0
	4: 0x033, // quad
	5: 0x037, // 5.0
	6: 0x137, // hexagonal
	7: 0x637, // 7.0
	8: 0x737, // octagonal
}

// putFmt writes the body of the fmt chunk into p, which has fmtSize bytes and is zero.
func (f Format) putFmt(p []byte) {
	le := binary.LittleEndian
	tag := uint16(tagPCM)
	if len(p) == fmtExtensible {
		tag = tagExtensible
		le.PutUint16(p[16:], fmtExtensible-18)
		le.PutUint16(p[18:], bitsPerSample)
		le.PutUint32(p[20:], channelMasks[f.Channels])
		le.PutUint16(p[24:], tagPCM)
		copy(p[26:], guidTail)
	}
	le.PutUint16(p[0:], tag)
	le.PutUint16(p[2:], uint16(f.Channels))
	le.PutUint32(p[4:], uint32(f.SampleRate))
	le.PutUint32(p[8:], uint32(f.SampleRate*f.BlockAlign()))
	le.PutUint16(p[12:], uint16(f.BlockAlign()))
	le.PutUint16(p[14:], bitsPerSample)
}

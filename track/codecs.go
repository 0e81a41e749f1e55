package track

import (
	"strings"

	"github.com/pion/webrtc/v4"
)

// codecName is the recorder's name of a MIME type.
func codecName(mime string) (string, bool) {
	switch strings.ToLower(mime) {
	case "audio/opus":
		return "opus", true
	case "audio/pcmu":
		return "pcmu", true
	case "audio/pcma":
		return "pcma", true
	case "audio/l16":
		return "l16", true
	}
	return "", false
}

// Codec returns what a recorder.ChannelSpec says of a negotiated codec: its name, sample rate and number of channels. Opus is
// stereo only where the sender was asked for it (RFC 7587, 7.1: its two channels in SDP say nothing). ok is false for a codec
// that can't be recorded.
func Codec(c webrtc.RTPCodecCapability) (name string, sampleRate, channels int, ok bool) {
	name, ok = codecName(c.MimeType)
	if !ok {
		return "", 0, 0, false
	}
	sampleRate, channels = int(c.ClockRate), max(1, int(c.Channels))
	if name == "opus" && !strings.Contains(";"+strings.ReplaceAll(c.SDPFmtpLine, " ", ""), ";stereo=1") {
		channels = 1
	}
	return name, sampleRate, channels, true
}

// RegisterCodecs makes a MediaEngine offer and accept exactly what can be recorded: Opus, with in-band FEC, and G.711. Browsers
// have no L16, and G.722 and RED can't be recorded.
func RegisterCodecs(m *webrtc.MediaEngine) error {
	for _, c := range []webrtc.RTPCodecParameters{
		{RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		}, PayloadType: 111},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMU, ClockRate: 8000}, PayloadType: 0},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA, ClockRate: 8000}, PayloadType: 8},
	} {
		if err := m.RegisterCodec(c, webrtc.RTPCodecTypeAudio); err != nil {
			return err
		}
	}
	return nil
}

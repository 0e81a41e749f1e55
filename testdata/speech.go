// Package testdata is one parliament's opening said three times: in Spanish on the floor, and by interpreters in Catalan
// and in English, each with a transcript that was measured from the audio.
//
// Three [Speech] values hold a WAV file, its cues, and the same as Opus in RTP packets; [Streams] are packets that are hard on a
// receiver. The voices are synthetic and the words are our own, so the files
// carry nobody's rights; make.sh makes them again, bit by bit, and README.md says how. They exist because silence and
// sine waves pass through a recorder that ruins speech: here a dropped sentence, a shifted cue or a wrong accent shows.
//
// It is for tests, examples and the simulator. The go command leaves folders of this name out of patterns such as
// "./...", so the tests of this package run only when it is named: go test ./testdata.
package testdata

import _ "embed"

// A Speech is what one channel of the session carries.
type Speech struct {
	Channel  string // the channel's id: "floor", "ca" or "en"
	Label    string // the channel's name for people
	Language string // BCP 47 tag of what is spoken

	// WAV is a whole file: a 44-byte RIFF header, then signed 16-bit little-endian PCM, 48 kHz, one channel, 8 to 9 seconds.
	WAV []byte

	// Opus is the same as RTP packets, each behind two bytes of its length (RFC 4571): payload type 111, SSRC 1, 2 and 3 in the
	// order of Speeches, sequence numbers and timestamps from 0, 20 ms a packet. It decodes to what WAV holds, OpusDelay later.
	Opus []byte

	// Cues is the transcript, one JSON object a line, in the form that rec-sim reads with --cues: id, channel, language,
	// startMs, endMs, text, speaker, final, revision. Between one cue and the next the audio is digital silence.
	Cues []byte
}

// OpusDelay is how many samples at 48 kHz later than WAV the Opus packets decode to the same: the encoder's look-ahead, by
// libopus' own account (OPUS_GET_LOOKAHEAD). The codec changes phases a little, so correlation finds 309 or 310, depending on
// the voice; a test that looks for the WAV in a recording allows for that.
const OpusDelay = 312

// Packets returns the packets of Opus one by one. They are parts of it.
func (s Speech) Packets() [][]byte { return Split(s.Opus) }

// Speeches returns the three speeches, the floor first. The bytes are the caller's to keep and change.
func Speeches() []Speech {
	return []Speech{
		{Channel: "floor", Label: "Sala", Language: "es", WAV: []byte(esWAV), Opus: []byte(esOpus), Cues: []byte(esCues)},
		{Channel: "ca", Label: "Intèrpret", Language: "ca", WAV: []byte(caWAV), Opus: []byte(caOpus), Cues: []byte(caCues)},
		{Channel: "en", Label: "Interpreter", Language: "en", WAV: []byte(enWAV), Opus: []byte(enOpus), Cues: []byte(enCues)},
	}
}

// Strings, because a test that changed an embedded slice would change it for every other test.
var (
	//go:embed es.wav
	esWAV string
	//go:embed es.rtp
	esOpus string
	//go:embed es.jsonl
	esCues string
	//go:embed ca.wav
	caWAV string
	//go:embed ca.rtp
	caOpus string
	//go:embed ca.jsonl
	caCues string
	//go:embed en.wav
	enWAV string
	//go:embed en.rtp
	enOpus string
	//go:embed en.jsonl
	enCues string
)

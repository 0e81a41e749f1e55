package finalize

import (
	"encoding/json"
	"fmt"
	"path"
	"time"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
)

// ManifestSchema is the version of the manifest that this package writes. Readers ignore fields they don't know.
const ManifestSchema = 1

// Manifest describes a finished recording; it is manifest.json beside the audio. Its presence says that everything it
// names is whole and on stable storage.
type Manifest struct {
	Schema    int       `json:"schema"`
	SessionID string    `json:"sessionId"`
	EventID   string    `json:"eventId"`
	StartedAt time.Time `json:"startedAt"` // sample 0 of every channel
	EndedAt   time.Time `json:"endedAt"`
	// EndReason is what the host gave when it destroyed the session.
	EndReason string    `json:"endReason,omitempty"`
	Outcome   Outcome   `json:"outcome"` // the worst of the channels'
	Recovery  *Recovery `json:"recovery"`
	Channels  []Channel `json:"channels"`
	// RecordingID identifies this recording, also when a host used a session id twice.
	RecordingID string          `json:"recordingId"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
}

// Outcome says in one word how much of what was accepted is in the recording.
type Outcome string

const (
	// OutcomeOK: everything, as the host ended it.
	OutcomeOK Outcome = "ok"
	// OutcomeRepaired: everything accepted, though the process died before the session was ended.
	OutcomeRepaired Outcome = "repaired"
	// OutcomeDegraded: the disk could not follow for a while; the gaps with cause overflow or disk say when.
	OutcomeDegraded Outcome = "degraded"
	// OutcomePartial: the power went, and with it what had been accepted in the last moments.
	OutcomePartial Outcome = "partial"
)

// rank orders outcomes from best to worst.
func (o Outcome) rank() int {
	switch o {
	case OutcomeOK:
		return 0
	case OutcomeRepaired:
		return 1
	case OutcomeDegraded:
		return 2
	default:
		return 3
	}
}

func worse(a, b Outcome) Outcome {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

// Recovery says that somebody other than the host ended the session.
type Recovery struct {
	Cause       RecoveryCause `json:"cause"`
	RecoveredAt time.Time     `json:"recoveredAt"`
	// LostAtMostMs bounds what was accepted and is not in the recording, in milliseconds of audio a channel.
	LostAtMostMs int64 `json:"lostAtMostMs"`
}

// RecoveryCause says why.
type RecoveryCause string

const (
	CauseProcessDeath RecoveryCause = "process_death"
	CausePowerLoss    RecoveryCause = "power_loss"
	CauseAbandoned    RecoveryCause = "abandoned"
)

// Channel is one recorded channel.
type Channel struct {
	ID          string       `json:"id"`
	Label       string       `json:"label"`
	Language    string       `json:"language"`
	Outcome     Outcome      `json:"outcome"`
	Audio       Audio        `json:"audio"`
	Source      Source       `json:"source"`
	Gaps        []Gap        `json:"gaps"`
	Levels      Levels       `json:"levels"`
	Transcripts []Transcript `json:"transcripts"`
}

// Audio is a channel's file.
type Audio struct {
	File       string `json:"file"`
	Container  string `json:"container"` // "wav", or "rf64" past 4 GiB
	Codec      string `json:"codec"`     // "pcm_s16le"
	SampleRate int    `json:"sampleRate"`
	Channels   int    `json:"channels"`
	Samples    int64  `json:"samples"` // sample frames
	Bytes      int64  `json:"bytes"`   // of the whole file
	// CRC64NVME is the checksum of the whole file, 16 hex digits; object stores verify the same one on upload.
	CRC64NVME string `json:"crc64nvme"`
}

// Source is what the channel was fed with.
type Source struct {
	Codec   string `json:"codec"`
	*Stream        // nil for a channel that was fed with samples
}

// Stream is what is known of the packets of a channel that was fed with RTP.
type Stream struct {
	Decoder   string `json:"decoder"`   // and its version, where it has one
	Packets   int64  `json:"packets"`   // that arrived with audio, late and duplicate ones included
	Lost      int64  `json:"lost"`      // that never arrived
	Late      int64  `json:"late"`      // that arrived when their time was up or taken, and are not in the recording
	Duplicate int64  `json:"duplicate"` // copies
	Recovered int64  `json:"recovered"` // of those lost, how many came back out of the packet after them
	Damaged   int64  `json:"damaged"`   // that could not be decoded
	// ClockPPM is how fast the sender's clock ran against the recorder's, in parts per million.
	ClockPPM float64 `json:"clockPpm"`
	// Clock is "corrected" where that was followed, "native" where the sender's samples were kept.
	Clock string `json:"clock"`
	// Received is how many sample frames of the file came out of packets. With the lengths of the gaps they make all of it.
	Received int64 `json:"received"`
	// Adjusted is how many of those were put in (or, negative, taken out) to follow the sender's clock.
	Adjusted int64 `json:"adjusted"`
	// Anchors say of a native channel when its samples were.
	Anchors []Anchor `json:"anchors,omitempty"`
}

// Anchor says that a sample frame was at a time, in milliseconds since the session's start.
type Anchor struct {
	Sample int64   `json:"sample"`
	AtMs   float64 `json:"atMs"`
}

// Gap is a stretch of silence that stands for audio that was not there, in sample frames.
type Gap struct {
	Start  int64  `json:"start"`
	Length int64  `json:"length"`
	Cause  string `json:"cause"` // loss, dtx, late_join, disconnect, mute, mask, overflow, disk or crash
	// Concealed is set where the decoder made up what was lost, so that there is no silence.
	Concealed bool `json:"concealed,omitempty"`
}

// Levels are over the whole file, silence included, in dB relative to full scale; -120 stands for digital silence.
type Levels struct {
	PeakDBFS float64 `json:"peakDbfs"`
	RMSDBFS  float64 `json:"rmsDbfs"`
}

// Transcript is a channel's transcript in one language, in two formats.
type Transcript struct {
	Language string `json:"language"`
	SRT      string `json:"srt"`
	VTT      string `json:"vtt"`
	Cues     int    `json:"cues"`
	// The checksums of the two files, as that of the audio.
	SRTCRC64NVME string `json:"srtCrc64nvme"`
	VTTCRC64NVME string `json:"vttCrc64nvme"`
}

// ReadManifest reads the manifest of the recording in dir.
func ReadManifest(fsys durable.FS, dir string) (Manifest, error) {
	var m Manifest
	name := path.Join(dir, layout.ManifestFile)
	p, err := durable.ReadFile(fsys, name, limits.ManifestBytes)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(p, &m); err != nil {
		return m, fmt.Errorf("read %s: %w", name, err)
	}
	if m.Schema < 1 {
		return m, fmt.Errorf("read %s: schema %d, want %d or later", name, m.Schema, ManifestSchema)
	}
	return m, nil
}

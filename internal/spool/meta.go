package spool

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/codec"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// Schema is the version of session.json, and of the journal with it. The stage and the marks have versions of their own.
const Schema = 1

// Meta is session.json: all that finalize must know about a session and can't read from the audio.
type Meta struct {
	Schema int `json:"schema"`
	// RecordingID is made by us and never used again, whatever the host does with its session ids.
	RecordingID string `json:"recordingId"`
	SessionID   string `json:"sessionId"`
	EventID     string `json:"eventId,omitempty"`
	Instance    string `json:"instance"`
	// BootID is the running kernel's, if it has one: after a restart a stage on a disk may be older than it looks.
	BootID    string    `json:"bootId,omitempty"`
	StartedAt time.Time `json:"startedAt"`
	// SyncEveryMs is the recovery point that was promised, in milliseconds.
	SyncEveryMs int64 `json:"syncEveryMs"`
	// StageDir is the directory of the stage file when it is not in the session's own directory.
	StageDir string          `json:"stageDir,omitempty"`
	Channels []ChannelMeta   `json:"channels"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
}

// ChannelMeta is one recorded channel.
type ChannelMeta struct {
	ID         string `json:"id"`
	Label      string `json:"label,omitempty"`
	Language   string `json:"language,omitempty"`
	Codec      string `json:"codec"`
	SampleRate int    `json:"sampleRate"`
	Channels   int    `json:"channels"`
	// RingBytes is the size of the channel's ring in the stage, a multiple of the page size.
	RingBytes int64 `json:"ringBytes"`
	// HoldBytes is the size of the area behind it for packets that wait for others: 0, or HoldBytes.
	HoldBytes int64 `json:"holdBytes,omitempty"`
	// Opus is the decoder to use, as internal/codec names them; recovery decodes what was held with the same.
	Opus string `json:"opus,omitempty"`
	// Native keeps the sender's samples instead of following its clock.
	Native bool `json:"native,omitempty"`
}

// Decoder is what turns the channel's packets into its samples.
func (c ChannelMeta) Decoder() codec.Config {
	return codec.Config{Name: c.Codec, SampleRate: c.SampleRate, Channels: c.Channels, Opus: c.Opus}
}

// Format is the PCM format of the channel's file.
func (c ChannelMeta) Format() wavfile.Format {
	return wavfile.Format{SampleRate: c.SampleRate, Channels: c.Channels}
}

// Frames converts a time on the session's timeline to sample frames of the channel, rounded to the nearest.
func (c ChannelMeta) Frames(t time.Duration) int64 {
	sec, rest := int64(t/time.Second), int64(t%time.Second)
	rate := int64(c.SampleRate)
	return sec*rate + (rest*rate+int64(time.Second)/2)/int64(time.Second)
}

// Time converts sample frames to time, rounded to the nearest nanosecond.
func (c ChannelMeta) Time(frames int64) time.Duration {
	rate := int64(c.SampleRate)
	sec, rest := frames/rate, frames%rate
	return time.Duration(sec)*time.Second + time.Duration((rest*int64(time.Second)+rate/2)/rate)
}

// BootID returns what the kernel calls the time since it was started, or "" if it doesn't say.
func BootID() string {
	p, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without it, one is like the other
	return strings.TrimSpace(string(p))
}

// Identity tells the stage of this session from any other's, and from what was in its memory before.
func (m Meta) Identity() uint64 {
	return checksum.Update(0, []byte(m.RecordingID))
}

// Dir is the session's directory.
func (m Meta) Dir() string { return layout.Session(m.Instance, m.SessionID) }

// StageName is the name of the stage file below StageDir, or below the recordings root when StageDir is empty.
func (m Meta) StageName() string {
	if m.StageDir == "" {
		return path.Join(m.Dir(), layout.StageFile)
	}
	return layout.FileName(m.RecordingID) + "." + layout.StageFile
}

// ReadMeta reads and checks the session.json in dir. It was written by us, but on a disk that may have been through
// anything, so ids are checked again before they name a file.
func ReadMeta(fsys durable.FS, dir string) (Meta, error) {
	var m Meta
	name := path.Join(dir, layout.SessionFile)
	p, err := durable.ReadFile(fsys, name, limits.SessionFileBytes)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(p, &m); err != nil {
		return m, fmt.Errorf("read %s: %w", name, err)
	}
	if err := m.check(); err != nil {
		return m, fmt.Errorf("read %s: %w", name, err)
	}
	return m, nil
}

func (m Meta) check() error {
	if m.Schema != Schema {
		return fmt.Errorf("schema %d, want %d", m.Schema, Schema)
	}
	if err := layout.CheckID(m.SessionID); err != nil {
		return fmt.Errorf("sessionId %q: %w", m.SessionID, err)
	}
	if err := layout.CheckID(m.Instance); err != nil {
		return fmt.Errorf("instance %q: %w", m.Instance, err)
	}
	if err := layout.CheckID(m.RecordingID); err != nil {
		return fmt.Errorf("recordingId %q: %w", m.RecordingID, err)
	}
	if m.StartedAt.IsZero() {
		return fmt.Errorf("startedAt is missing")
	}
	if len(m.Channels) == 0 || len(m.Channels) > limits.Channels {
		return fmt.Errorf("%d channels, want 1 to %d", len(m.Channels), limits.Channels)
	}
	seen := map[string]bool{}
	for _, c := range m.Channels {
		if err := layout.CheckID(c.ID); err != nil {
			return fmt.Errorf("channel id %q: %w", c.ID, err)
		}
		if seen[c.ID] {
			return fmt.Errorf("channel id %q stands there twice", c.ID)
		}
		seen[c.ID] = true
		if c.RingBytes <= 0 || c.RingBytes%pageBytes != 0 || c.RingBytes > limits.StageBytes {
			return fmt.Errorf("channel %q: ring of %d bytes, want whole pages up to %d", c.ID, c.RingBytes, limits.StageBytes)
		}
		if c.HoldBytes != 0 && c.HoldBytes != HoldBytes {
			return fmt.Errorf("channel %q: hold of %d bytes, want 0 or %d", c.ID, c.HoldBytes, HoldBytes)
		}
		if err := c.Format().Validate(); err != nil {
			return fmt.Errorf("channel %q: %w", c.ID, err)
		}
	}
	if size := m.StageBytes(); size > limits.StageBytes {
		return fmt.Errorf("stage of %d bytes, limit %d", size, limits.StageBytes)
	}
	return nil
}

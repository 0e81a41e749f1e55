package recorder

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// SessionCreate is the service's message that opens a session.
type SessionCreate struct {
	Type string `json:"type,omitempty"` // "SessionCreate", or empty
	// SessionID is 1 to 64 bytes of printable text without '/', '\' and "..". If empty, a UUIDv7 is made.
	SessionID string        `json:"sessionId,omitempty"`
	EventID   string        `json:"eventId,omitempty"`
	Channels  []ChannelSpec `json:"channels"` // at most 128, with different ids
	// Metadata is any JSON up to 64 KiB. It is passed through to the manifest.
	Metadata json.RawMessage `json:"metadata,omitempty"`
}

// ChannelSpec is one channel of a SessionCreate.
type ChannelSpec struct {
	ID       string `json:"id"` // as SessionID, but required
	Label    string `json:"label,omitempty"`
	Language string `json:"language,omitempty"` // BCP 47
	Record   bool   `json:"record"`
	// Codec is what the source sends: pcm_s16le, opus, pcmu, pcma or l16. If empty, pcm_s16le. The file is PCM always.
	Codec        string `json:"codec,omitempty"`
	SampleRate   int    `json:"sampleRate,omitempty"`   // 8000, 16000, 24000, 32000, 44100 or 48000 Hz. If zero, 48000
	ChannelCount int    `json:"channelCount,omitempty"` // 1 to 8. If zero, 1
}

// SessionDestroy is the service's message that ends a session.
type SessionDestroy struct {
	Type      string `json:"type,omitempty"` // "SessionDestroy", or empty
	SessionID string `json:"sessionId"`
	Reason    string `json:"reason,omitempty"`
}

// ParseSessionCreate reads a SessionCreate from JSON and checks it. Unknown fields are ignored; a wrong one is a
// *FieldError.
func ParseSessionCreate(p []byte) (SessionCreate, error) {
	var m SessionCreate
	if err := parse(p, &m); err != nil {
		return m, err
	}
	_, err := m.normalize()
	return m, err
}

// ParseSessionDestroy reads a SessionDestroy from JSON and checks it.
func ParseSessionDestroy(p []byte) (SessionDestroy, error) {
	var m SessionDestroy
	if err := parse(p, &m); err != nil {
		return m, err
	}
	return m, m.check()
}

func parse(p []byte, into any) error {
	if len(p) > limits.CreateBytes {
		return &FieldError{Field: "message", Value: fmt.Sprintf("%d bytes", len(p)), Want: fmt.Sprintf("at most %d", limits.CreateBytes)}
	}
	err := json.Unmarshal(p, into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return &FieldError{Field: wrong.Field, Value: "a JSON " + wrong.Value, Want: "a JSON " + jsonType(wrong.Type.Kind().String())}
	}
	if err != nil {
		return &FieldError{Field: "message", Value: err.Error(), Want: "a JSON object"}
	}
	return nil
}

func jsonType(kind string) string {
	switch kind {
	case "bool":
		return "boolean"
	case "int":
		return "integer"
	case "slice":
		return "array"
	case "struct":
		return "object"
	}
	return kind
}

func (m SessionDestroy) check() error {
	if m.Type != "" && m.Type != "SessionDestroy" {
		return &FieldError{Field: "type", Value: quote(m.Type), Want: `"SessionDestroy"`}
	}
	return checkID("sessionId", m.SessionID)
}

func checkID(field, id string) error {
	if err := layout.CheckID(id); err != nil {
		return &FieldError{Field: field, Value: quote(id), Want: fmt.Sprintf("1 to %d bytes of printable text without /, \\ and ..", limits.IDBytes), Err: err}
	}
	return nil
}

func checkText(field, s string, most int) error {
	if len(s) > most || !utf8.ValidString(s) {
		return &FieldError{Field: field, Value: quote(s), Want: fmt.Sprintf("at most %d bytes of UTF-8", most)}
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return &FieldError{Field: field, Value: quote(s), Want: "text without control characters"}
		}
	}
	return nil
}

func checkLanguage(field, tag string) error {
	if tag == "" {
		return nil
	}
	if err := layout.CheckLanguage(tag); err != nil {
		return &FieldError{Field: field, Value: quote(tag), Want: "a BCP 47 language tag", Err: err}
	}
	return nil
}

// normalize checks the message and returns it with its defaults filled in.
func (m SessionCreate) normalize() (SessionCreate, error) {
	if m.Type != "" && m.Type != "SessionCreate" {
		return m, &FieldError{Field: "type", Value: quote(m.Type), Want: `"SessionCreate"`}
	}
	if m.SessionID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return m, fmt.Errorf("make a session id: %w", err)
		}
		m.SessionID = id.String()
	}
	if err := firstOf(checkID("sessionId", m.SessionID), checkText("eventId", m.EventID, limits.EventIDBytes)); err != nil {
		return m, err
	}
	if len(m.Channels) > limits.Channels {
		return m, &FieldError{Field: "channels", Value: fmt.Sprintf("%d channels", len(m.Channels)), Want: fmt.Sprintf("at most %d", limits.Channels)}
	}
	if len(m.Metadata) > limits.MetadataBytes {
		return m, &FieldError{Field: "metadata", Value: fmt.Sprintf("%d bytes", len(m.Metadata)), Want: fmt.Sprintf("at most %d", limits.MetadataBytes)}
	}
	if len(m.Metadata) > 0 && !json.Valid(m.Metadata) {
		return m, &FieldError{Field: "metadata", Value: quote(string(m.Metadata)), Want: "JSON"}
	}
	channels := make([]ChannelSpec, len(m.Channels))
	seen := map[string]bool{}
	for i, c := range m.Channels {
		c, err := c.normalize(fmt.Sprintf("channels[%d].", i))
		if err != nil {
			return m, err
		}
		if seen[c.ID] {
			return m, &FieldError{Field: fmt.Sprintf("channels[%d].id", i), Value: quote(c.ID), Want: "an id that no other channel has"}
		}
		seen[c.ID] = true
		channels[i] = c
	}
	m.Channels = channels
	return m, nil
}

// firstOf returns the first error there is: a caller mends one field at a time.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c ChannelSpec) normalize(at string) (ChannelSpec, error) {
	if c.Codec == "" {
		c.Codec = "pcm_s16le"
	}
	if c.SampleRate == 0 {
		c.SampleRate = 48000
	}
	if c.ChannelCount == 0 {
		c.ChannelCount = 1
	}
	err := firstOf(
		checkID(at+"id", c.ID),
		checkText(at+"label", c.Label, limits.LabelBytes),
		checkLanguage(at+"language", c.Language),
	)
	if err != nil {
		return c, err
	}
	switch c.Codec {
	case "pcm_s16le", "opus", "pcmu", "pcma", "l16":
	default:
		return c, &FieldError{Field: at + "codec", Value: quote(c.Codec), Want: "pcm_s16le, opus, pcmu, pcma or l16"}
	}
	var bad *wavfile.FormatError
	if err := (wavfile.Format{SampleRate: c.SampleRate, Channels: c.ChannelCount}).Validate(); errors.As(err, &bad) {
		if bad.Field == "Channels" {
			return c, &FieldError{Field: at + "channelCount", Value: fmt.Sprint(c.ChannelCount), Want: fmt.Sprintf("1 to %d", wavfile.MaxChannels)}
		}
		return c, &FieldError{Field: at + "sampleRate", Value: fmt.Sprint(c.SampleRate), Want: "8000, 16000, 24000, 32000, 44100 or 48000"}
	}
	return c, nil
}

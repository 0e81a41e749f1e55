package recorder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	SampleRate   int    `json:"sampleRate,omitempty"`   // 8000, 16000, 24000, 32000, 44100 or 48000 Hz. If zero, 48000, but 8000 for pcmu and pcma
	ChannelCount int    `json:"channelCount,omitempty"` // 1 to 8. If zero, 1
	// Clock says what becomes of a sender whose clock runs fast or slow: "corrected", which is the default, follows it by taking
	// out and putting in single samples, so that the channel stays in step with the others; "native" keeps the sender's
	// samples as they are and notes in the manifest when they were. It is for packets; samples have no clock.
	Clock string `json:"clock,omitempty"`
}

// The values of ChannelSpec.Clock.
const (
	clockCorrected = "corrected"
	clockNative    = "native"
)

// SessionDestroy is the service's message that ends a session.
type SessionDestroy struct {
	Type      string `json:"type,omitempty"` // "SessionDestroy", or empty
	SessionID string `json:"sessionId"`
	Reason    string `json:"reason,omitempty"`
}

// ParseSessionCreate reads a SessionCreate from JSON and checks it. Unknown fields are ignored; a wrong one is a
// *FieldError.
func ParseSessionCreate(p []byte) (SessionCreate, error) {
	// The channels one by one, so that an error can say which.
	var wire struct {
		Type      string            `json:"type"`
		SessionID string            `json:"sessionId"`
		EventID   string            `json:"eventId"`
		Channels  []json.RawMessage `json:"channels"`
		Metadata  json.RawMessage   `json:"metadata"`
	}
	if err := parse("", p, &wire); err != nil {
		return SessionCreate{}, err
	}
	m := SessionCreate{Type: wire.Type, SessionID: wire.SessionID, EventID: wire.EventID, Metadata: wire.Metadata}
	if len(wire.Channels) > limits.Channels {
		return m, tooManyChannels(len(wire.Channels))
	}
	m.Channels = make([]ChannelSpec, len(wire.Channels))
	for i := range wire.Channels {
		if err := parse(fmt.Sprintf("channels[%d]", i), wire.Channels[i], &m.Channels[i]); err != nil {
			return m, err
		}
	}
	_, err := m.normalize()
	return m, err
}

// ParseSessionDestroy reads a SessionDestroy from JSON and checks it.
func ParseSessionDestroy(p []byte) (SessionDestroy, error) {
	var m SessionDestroy
	if err := parse("", p, &m); err != nil {
		return m, err
	}
	return m, m.check()
}

func tooManyChannels(n int) error {
	return &FieldError{Field: "channels", Value: fmt.Sprintf("%d channels", n), Want: fmt.Sprintf("at most %d", limits.Channels)}
}

// parse reads the JSON object p, which is the field at of a message, or the message itself.
func parse(at string, p []byte, into any) error {
	whole := at
	if at == "" {
		whole = "message"
	} else {
		at += "."
	}
	if len(p) > limits.CreateBytes {
		return &FieldError{Field: whole, Value: fmt.Sprintf("%d bytes", len(p)), Want: fmt.Sprintf("at most %d", limits.CreateBytes)}
	}
	if p := bytes.TrimSpace(p); json.Valid(p) && p[0] != '{' {
		return &FieldError{Field: whole, Value: quote(string(p)), Want: "a JSON object"}
	}
	err := json.Unmarshal(p, into)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return &FieldError{Field: at + wrong.Field, Value: "a JSON " + shorten(wrong.Value), Want: "a JSON " + jsonType(wrong.Type.Kind().String())}
	}
	if err != nil {
		return &FieldError{Field: whole, Value: shorten(err.Error()), Want: "a JSON object"}
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
	return firstOf(checkID("sessionId", m.SessionID), checkText("reason", m.Reason, limits.ReasonBytes))
}

func checkID(field, id string) error {
	if err := layout.CheckID(id); err != nil {
		return &FieldError{Field: field, Value: quote(id), Want: fmt.Sprintf("1 to %d bytes of printable text without /, \\ and ..", limits.IDBytes), Err: err}
	}
	return nil
}

// checkChannelID is checkID, but for "*", which stands for every channel in a Cue.
func checkChannelID(field, id string) error {
	if id == "*" {
		return &FieldError{Field: field, Value: quote(id), Want: "any other id: it stands for every channel in a cue"}
	}
	return checkID(field, id)
}

func checkMetadata(m json.RawMessage) error {
	if len(m) == 0 {
		return nil
	}
	deepest, depth := 0, 0
	decoder := json.NewDecoder(bytes.NewReader(m))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return &FieldError{Field: "metadata", Value: quote(string(m)), Want: "JSON"}
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
			deepest = max(deepest, depth)
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	if !json.Valid(m) { // two values in a row, say
		return &FieldError{Field: "metadata", Value: quote(string(m)), Want: "one JSON value"}
	}
	if deepest > limits.MetadataDepth {
		return &FieldError{Field: "metadata", Value: fmt.Sprintf("nested %d deep", deepest), Want: fmt.Sprintf("at most %d", limits.MetadataDepth)}
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
		return m, tooManyChannels(len(m.Channels))
	}
	if len(m.Metadata) > limits.MetadataBytes {
		return m, &FieldError{Field: "metadata", Value: fmt.Sprintf("%d bytes", len(m.Metadata)), Want: fmt.Sprintf("at most %d", limits.MetadataBytes)}
	}
	if err := checkMetadata(m.Metadata); err != nil {
		return m, err
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
		if c.Codec == "pcmu" || c.Codec == "pcma" {
			c.SampleRate = 8000
		}
	}
	if c.Clock == "" {
		c.Clock = clockCorrected
	}
	if c.ChannelCount == 0 {
		c.ChannelCount = 1
	}
	err := firstOf(
		checkChannelID(at+"id", c.ID),
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
	if c.Clock != clockCorrected && c.Clock != clockNative {
		return c, &FieldError{Field: at + "clock", Value: quote(c.Clock), Want: "corrected or native"}
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

package spool

import (
	"fmt"
	"time"

	"github.com/ilenia-live/rec/internal/wavfile"
)

// EncodeHeader fills a header area for a channel of which frames sample frames are written: a valid WAV header of that
// length, and the marks.
func EncodeHeader(dst *[wavfile.HeaderSize]byte, m Meta, c ChannelMeta, durable Mark, recent *[RecentMarks]Mark) error {
	frames := durable.Frames
	for i := range recent {
		frames = max(frames, recent[i].Frames)
	}
	h := wavfile.Header{
		Format:    c.Format(),
		DataBytes: frames * int64(c.Format().BlockAlign()),
		Bext:      Bext(m, c),
	}
	if err := h.Encode(dst); err != nil {
		return fmt.Errorf("header of channel %q: %w", c.ID, err)
	}
	PutMarks(dst, durable, recent)
	return nil
}

// Bext is the broadcast extension of a channel: where on the day's timeline its first sample lies, in samples since
// midnight UTC, as an editor wants it to put the channels of a session under each other (EBU Tech 3285).
func Bext(m Meta, c ChannelMeta) wavfile.Bext {
	start := m.StartedAt.UTC()
	midnight := start.Truncate(24 * time.Hour)
	label := c.Label
	if label == "" {
		label = c.ID
	}
	return wavfile.Bext{
		Description:         label,
		Originator:          "rec",
		OriginatorReference: m.SessionID,
		OriginationTime:     start,
		TimeReference:       uint64(c.Frames(start.Sub(midnight))),
	}
}

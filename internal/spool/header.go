package spool

import (
	"strings"
	"time"

	"github.com/ilenia-live/rec/internal/wavfile"
)

// Header is the part of a channel's WAV header that doesn't change while it is recorded.
//
// Its broadcast extension says where on the day's timeline the first sample lies, in samples since midnight UTC, as an
// editor wants it to put the channels of a session under each other (EBU Tech 3285).
func (m Meta) Header(c ChannelMeta) wavfile.Header {
	start := m.StartedAt.UTC()
	label := c.Label
	if label == "" {
		label = c.ID
	}
	return wavfile.Header{Format: c.Format(), Bext: wavfile.Bext{
		Description: label,
		Originator:  "rec",
		// Its field has 32 bytes, which is a UUID without its dashes.
		OriginatorReference: strings.ReplaceAll(m.SessionID, "-", ""),
		OriginationTime:     start,
		TimeReference:       uint64(c.Frames(start.Sub(start.Truncate(24 * time.Hour)))),
	}}
}

// EncodeHeader fills a header area: a valid WAV header of the length that the newest mark states, and the marks.
func EncodeHeader(dst *[wavfile.HeaderSize]byte, h wavfile.Header, durable Mark, recent *[RecentMarks]Mark, seal Mark) error {
	frames := max(durable.Frames, seal.Frames)
	for i := range recent {
		frames = max(frames, recent[i].Frames)
	}
	h.DataBytes = frames * int64(h.BlockAlign())
	if err := h.Encode(dst); err != nil {
		return err
	}
	PutMarks(dst, durable, recent, seal)
	return nil
}

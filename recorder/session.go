package recorder

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/pipeline"
)

// Session is one session from Create to Destroy. Its methods may be called by any goroutine.
type Session struct {
	rec   *Recorder
	id    string
	specs []ChannelSpec
	start time.Time
	meta  spool.Meta
	pipe  *pipeline.Session // nil when nothing is recorded

	mu     sync.Mutex
	closed bool
	finish *finish    // the present or the last attempt to finish
	sealed bool       // the finish's, of which there is one at a time
	tried  bool       // likewise: a publication was tried and failed
	end    *spool.End // as the first attempt said
	path   string
	// Why its recording could not be finished, nil if it could, or nobody has tried.
	unfinished      error
	unfinishedSince time.Time

	touched time.Time // when activity was last seen, and what it was: the tender's
	active  uint64
}

// ID returns the session's id, made up if the SessionCreate had none.
func (s *Session) ID() string { return s.id }

// Recording reports whether any channel is recorded.
func (s *Session) Recording() bool { return s.pipe != nil }

// Path returns where the finished recording is, relative to Config.Root; empty before Destroy returned nil.
func (s *Session) Path() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.path
}

// Channel returns the recorded channel with this id. It fails with ErrNotRecorded for a channel without record=true, and
// with ErrNotFound for any other id. Ask once, not for each frame.
func (s *Session) Channel(id string) (*Channel, error) {
	for i, c := range s.meta.Channels {
		if c.ID == id {
			return &Channel{pipe: s.pipe.Channel(i)}, nil
		}
	}
	for _, c := range s.specs {
		if c.ID == id {
			return nil, &FieldError{Field: "channel", Value: quote(id), Want: "one with record=true", Err: ErrNotRecorded}
		}
	}
	return nil, &FieldError{Field: "channel", Value: quote(id), Want: "one of the session's", Err: ErrNotFound}
}

// Cue is a piece of transcript. Times are positions on the session's timeline, which begins with Create.
type Cue struct {
	ID       string // at most 128 bytes. Of cues with the same id and language the last revision counts; if empty, each counts
	Channel  string // a channel's id, or "*" for every recorded channel
	Language string // BCP 47; if empty, the channel's
	Start    time.Duration
	End      time.Duration // after Start
	Text     string        // at most 4 KiB; any text
	Speaker  string        // at most 256 bytes
	Final    bool          // false for an interim text that a final one will replace
	Revision int           // a higher one replaces a lower one, in whatever order they come
}

// Cue accepts a cue for the transcripts next to the audio. It never waits for the disk, and what it accepted survives as
// audio does.
//
// Errors: *FieldError, ErrOverflow when the disk doesn't keep up, ErrEnded.
func (s *Session) Cue(c Cue) error {
	if err := s.checkCue(c); err != nil {
		return err
	}
	return s.pipe.Append(spool.Cue{
		ID: c.ID, Channel: c.Channel, Language: c.Language, StartMs: c.Start.Milliseconds(), EndMs: c.End.Milliseconds(),
		Text: c.Text, Speaker: c.Speaker, Final: c.Final, Revision: c.Revision,
	})
}

func (s *Session) checkCue(c Cue) error {
	if c.Channel == "*" && s.pipe == nil {
		return &FieldError{Field: "cue.channel", Value: quote(c.Channel), Want: "a session that records", Err: ErrNotRecorded}
	}
	if c.Channel != "*" {
		if _, err := s.Channel(c.Channel); err != nil {
			return err
		}
	}
	switch {
	case c.Start < 0:
		return &FieldError{Field: "cue.start", Value: c.Start.String(), Want: "0 or later"}
	case c.End <= c.Start:
		return &FieldError{Field: "cue.end", Value: c.End.String(), Want: fmt.Sprintf("after the start at %s", c.Start)}
	case c.End > limits.Timeline:
		return &FieldError{Field: "cue.end", Value: c.End.String(), Want: fmt.Sprintf("at most %s", limits.Timeline)}
	case len(c.Text) > limits.CueTextBytes:
		return &FieldError{Field: "cue.text", Value: fmt.Sprintf("%d bytes", len(c.Text)), Want: fmt.Sprintf("at most %d", limits.CueTextBytes)}
	case len(c.ID) > limits.CueIDBytes:
		return &FieldError{Field: "cue.id", Value: quote(c.ID), Want: fmt.Sprintf("at most %d bytes", limits.CueIDBytes)}
	case len(c.Speaker) > limits.LabelBytes:
		return &FieldError{Field: "cue.speaker", Value: quote(c.Speaker), Want: fmt.Sprintf("at most %d bytes", limits.LabelBytes)}
	}
	return checkLanguage("cue.language", c.Language)
}

// Sync returns nil when everything accepted before the call is on stable storage. When ctx ends first, the sync goes on
// without its caller.
func (s *Session) Sync(ctx context.Context) error {
	if s.pipe == nil {
		return nil
	}
	if err := s.pipe.Sync(ctx); err != nil {
		return fmt.Errorf("sync session %s: %w", s.id, err)
	}
	return nil
}

// Channel is one recorded channel.
type Channel struct{ pipe *pipeline.Channel }

// WritePCM accepts samples: interleaved 16-bit little-endian PCM, whole sample frames, at most one second and half of
// Config.Buffer. They are copied; p is the caller's again. It never waits for the disk.
//
// The samples are placed by the time of their arrival: they follow those before, and where the source had paused, or
// joined late, the pause is a gap of its true length. A source that knows its own timeline uses WritePCMAt.
//
// A nil error means accepted. Errors: *FrameError, ErrOverflow, ErrEnded.
func (c *Channel) WritePCM(p []byte) error { return c.pipe.Write(-1, p) }

// WritePCMAt is WritePCM for samples whose first frame lies at sample frame pos of the session's timeline. What lies
// between it and the end of the channel becomes a gap; what lies before the end is dropped, with ErrLate when that is all.
func (c *Channel) WritePCMAt(pos int64, p []byte) error {
	if pos < 0 {
		return &FrameError{Channel: c.pipe.ID(), Field: "position", Value: pos, Want: "0 or more"}
	}
	return c.pipe.Write(pos, p)
}

// Await returns nil when a write of n bytes would not be refused for lack of room. It is for sources that are faster than
// real time and can wait; live ones just write.
func (c *Channel) Await(ctx context.Context, n int) error { return c.pipe.Await(ctx, n) }

// Frames returns where the channel ends on the session's timeline, in sample frames.
func (c *Channel) Frames() int64 { return c.pipe.Frames() }

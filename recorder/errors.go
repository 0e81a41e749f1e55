package recorder

import (
	"errors"
	"fmt"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/pipeline"
)

// What a caller would do differently about.
var (
	// ErrOverflow: not accepted, because the disk doesn't keep up and the buffers are full. Its time is a gap in the
	// recording. Go on with the next frame.
	ErrOverflow = pipeline.ErrOverflow
	// ErrEnded: the session was destroyed or closed. Stop writing.
	ErrEnded = pipeline.ErrClosed
	// ErrLate: the channel already holds audio for all of the frame's time. Nothing was written; go on.
	ErrLate = pipeline.ErrLate
	// ErrExists: a session with this id is being recorded.
	ErrExists = errors.New("session exists")
	// ErrNotFound: no session, or no channel, with this id.
	ErrNotFound = errors.New("not found")
	// ErrNotRecorded: the channel was created without record=true.
	ErrNotRecorded = errors.New("channel is not recorded")
	// ErrTooMany: as many sessions as Config allows are open.
	ErrTooMany = errors.New("too many sessions")
	// ErrClosed: the recorder was closed.
	ErrClosed = errors.New("recorder is closed")
)

// FrameError is a write that makes no sense. Nothing of it was accepted, nothing else is touched.
type FrameError = pipeline.FrameError

// StepError says which step of finalizing failed. The session's files are safe; Destroy may be called again, and recovery
// at the next start will do the same.
type StepError = finalize.StepError

// FieldError is a value from outside that is refused: a field of a SessionCreate, of a Cue, of Config. Nothing was changed.
type FieldError struct {
	Field string // as in the JSON, with its place: "channels[3].sampleRate"
	Value string // shortened to 64 bytes, quoted where it is text
	Want  string
	Err   error // a sentinel of this package, if there is one for it
}

func (e *FieldError) Error() string {
	s := fmt.Sprintf("%s is %s, want %s", e.Field, e.Value, e.Want)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *FieldError) Unwrap() error { return e.Err }

// quote shows text from outside in an error: quoted, so that no control character reaches a log, and not too long.
func quote(s string) string {
	if len(s) > valueBytes {
		return fmt.Sprintf("%q… (%d bytes)", s[:valueBytes], len(s))
	}
	return fmt.Sprintf("%q", s)
}

// shorten is quote for text that needs no quotes: it is not from outside, or holds nothing but a number.
func shorten(s string) string {
	if len(s) > valueBytes {
		return s[:valueBytes] + "…"
	}
	return s
}

// valueBytes is how much of a value from outside an error shows.
const valueBytes = 64

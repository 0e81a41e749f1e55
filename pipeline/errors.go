package pipeline

import (
	"errors"
	"fmt"
)

var (
	// ErrOverflow: the buffers are full because the disk fell behind. The frame was not accepted; its time is a gap.
	ErrOverflow = errors.New("staging is full: the disk does not keep up")
	// ErrClosed: the session was destroyed or closed.
	ErrClosed = errors.New("session has ended")
	// ErrLate: all of the frame lies before the end of what the channel already holds. Nothing was written.
	ErrLate = errors.New("frame lies wholly in the past")
)

// FrameError is a write that makes no sense: nothing of it was accepted.
type FrameError struct {
	Channel string
	Field   string // "bytes", "position" in sample frames, or "arrival" in milliseconds
	Value   int64
	Want    string
}

func (e *FrameError) Error() string {
	return fmt.Sprintf("write to channel %q: %s %d, want %s", e.Channel, e.Field, e.Value, e.Want)
}

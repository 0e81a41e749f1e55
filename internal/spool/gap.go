package spool

import (
	"fmt"
	"time"
)

// Cause says why there is silence where a sample should be. The names are those of the manifest.
type Cause uint8

const (
	CauseNone       Cause = iota
	CauseLoss             // packets were lost, or the host skipped a stretch
	CauseDTX              // the sender stopped sending because nobody spoke
	CauseLateJoin         // before the channel's first sample
	CauseDisconnect       // nothing arrived
	CauseMask             // silenced on purpose
	CauseOverflow         // the disk fell behind further than the buffers reach
	CauseDisk             // the disk refused
	CauseCrash            // the recorder was not running
	CauseMute             // the speaker had switched the microphone off
)

var causeNames = [...]string{"none", "loss", "dtx", "late_join", "disconnect", "mask", "overflow", "disk", "crash", "mute"}

func (c Cause) String() string {
	if int(c) < len(causeNames) {
		return causeNames[c]
	}
	return fmt.Sprintf("Cause(%d)", uint8(c))
}

// ParseCause is the inverse of String.
func ParseCause(s string) (Cause, error) {
	for i, name := range causeNames[1:] {
		if name == s {
			return Cause(i + 1), nil
		}
	}
	return 0, fmt.Errorf("gap cause %q is unknown", s)
}

// Ours reports whether the silence is the recorder's doing rather than the world's.
func (c Cause) Ours() bool { return c == CauseOverflow || c == CauseDisk || c == CauseCrash }

// GapKind says what the entry of a channel's list of gaps is about.
type GapKind uint8

const (
	// KindSilence is a stretch without samples: a hole in the file.
	KindSilence GapKind = iota
	// KindConcealed is a stretch whose samples a decoder made up for those that were lost. They are in the file.
	KindConcealed
	// KindAnchor is no gap: it says when a sample was. See Gap.Time.
	KindAnchor
)

var kindNames = [...]string{"", "concealed", "anchor"}

// Gap is one entry of what is to be known about a channel's timeline besides its samples, in sample frames: a stretch of
// silence as a rule.
type Gap struct {
	N      uint64 // counts the channel's gaps from 0
	At     uint64 // payload bytes accepted before it
	Start  int64
	Length int64 // of an anchor, the time since the session's start in nanoseconds
	Cause  Cause
	Kind   GapKind
}

// Silence is how many frames of the timeline the gap takes that no payload has.
func (g Gap) Silence() int64 {
	if g.Kind == KindSilence {
		return g.Length
	}
	return 0
}

// End is the first frame after the gap's silence.
func (g Gap) End() int64 { return g.Start + g.Silence() }

// Time returns when frame Start was, of an anchor: since the session's start, by the recorder's clock.
func (g Gap) Time() time.Duration { return time.Duration(g.Length) }

// valid reports whether the gap could have been written by us.
func (g Gap) valid() bool {
	return g.Start >= 0 && g.Length > 0 && g.Kind <= KindAnchor && (g.Kind == KindAnchor) == (g.Cause == CauseNone) && g.Cause <= CauseMute
}

package spool

import "fmt"

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
)

var causeNames = [...]string{"none", "loss", "dtx", "late_join", "disconnect", "mask", "overflow", "disk", "crash"}

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

// Gap is one stretch of silence in a channel, in sample frames.
type Gap struct {
	N      uint64 // counts the channel's gaps from 0
	At     uint64 // payload bytes accepted before it
	Start  int64
	Length int64
	Cause  Cause
}

// End is the first frame after the gap.
func (g Gap) End() int64 { return g.Start + g.Length }

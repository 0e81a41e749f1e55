package finalize

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// patternLabel begins the label of a channel that was fed with a known signal: "pattern:7" is the one of ordinal 7. Its
// sample i, in the first of its audio channels, is
//
//	int16(uint32(i*2654435761 + ordinal*40503) >> 16)   in uint32 arithmetic
//
// so that a recording can be checked sample by sample by whoever finds it, without asking who made it.
const patternLabel = "pattern:"

const (
	patternStep  = 2654435761
	patternPhase = 40503
)

// patternOrdinal returns the ordinal that a label promises, or -1.
func patternOrdinal(label string) int64 {
	digits, ok := strings.CutPrefix(label, patternLabel)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil {
		return -1
	}
	return int64(n)
}

// matches asks for the pattern in p, whose first sample frame has number frame.
func (s *scan) matches(p []byte, frame int64) {
	step := s.info.BlockAlign()
	s.v.report.SamplesChecked += int64(len(p) / step)
	if s.broken {
		return
	}
	v := uint32(frame)*patternStep + uint32(s.pattern)*patternPhase
	for i := 0; i+1 < len(p); i += step {
		if got, want := binary.LittleEndian.Uint16(p[i:]), uint16(v>>16); got != want {
			// The rest would most likely be wrong the same way, and all of it again.
			s.broken = true
			s.v.wrong(s.c.Audio.File, "sample %d is %d, pattern %d says %d", frame+int64(i/step), int16(got), s.pattern, int16(want))
			return
		}
		v += patternStep
	}
}

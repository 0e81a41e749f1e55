package judge

import (
	"os"
	"strings"
)

// margin, in writes, is how much later than a cue the first channel must have got before the cue is known to have been
// accepted: it is sent after the write it belongs to and before the next.
const margin = 2

// transcript looks for every cue that must have been accepted.
func (c *Case) transcript(ordinal int, t *track, v *Verdict) {
	if c.Cue == nil {
		return
	}
	lines := map[string]bool{}
	for _, name := range t.srt {
		p, err := os.ReadFile(name)
		if err != nil {
			v.problem("%v", err)
			return
		}
		for _, line := range strings.Split(string(p), "\n") {
			// The speaker stands before the text.
			if _, text, ok := strings.Cut(line, ": "); ok {
				line = text
			}
			lines[line] = true
		}
	}
	reached := int64(c.Acks[ordinal-ordinal%c.PerSession])
	for k := 0; ; k++ {
		text, sentAt := c.Cue(ordinal, k)
		if sentAt+margin*c.Frame > reached {
			return
		}
		if !lines[text] {
			v.problem("%s: cue %q was accepted and is in no transcript", t.path, text)
			continue
		}
		v.Cues++
	}
}

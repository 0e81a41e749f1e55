package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/ilenia-live/rec/internal/exit"
)

// maxCueLine bounds a line of a cue file.
const maxCueLine = 1 << 20

// loadCues reads FILE.jsonl for sessions with these channels. A cue for a channel that nobody has would be lost without
// anyone noticing, so it is refused here.
func loadCues(name string, channels []string) ([]cue, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, exit.Usagef("--cues: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	cues, err := parseCues(f)
	if err != nil {
		return nil, exit.Usagef("--cues %s: %w", name, err)
	}
	for i, c := range cues {
		if c.Channel != "*" && !slices.Contains(channels, c.Channel) {
			return nil, exit.Usagef("--cues %s: cue %d is for channel %q, want * or one of %q", name, i+1, c.Channel, channels)
		}
	}
	return cues, nil
}

// parseCues reads one cue a line. Blank lines are passed over, and fields that are not known.
func parseCues(r io.Reader) ([]cue, error) {
	var cues []cue
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxCueLine)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var c cue
		if err := json.Unmarshal(line, &c); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		cues = append(cues, c)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	return cues, nil
}

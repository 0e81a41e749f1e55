package main

import (
	"bytes"
	"fmt"

	"github.com/ilenia-live/rec/testdata"
)

// decodeBytes reads a WAV file that is in memory, all of it.
func decodeBytes(p []byte) (audio, error) {
	return decodeWAV(bytes.NewReader(p), int64(len(p)), 0)
}

// speechCues are the cues of a speech for the channel that plays it.
func speechCues(s testdata.Speech, channel string) ([]cue, error) {
	cues, err := parseCues(bytes.NewReader(s.Cues))
	if err != nil {
		return nil, fmt.Errorf("cues of speech %s: %w", s.Channel, err)
	}
	for i := range cues {
		cues[i].Channel = channel
	}
	return cues, nil
}

package judge

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// manifest is as much of manifest.json as a judge needs.
type manifest struct {
	Outcome  string `json:"outcome"`
	ID       string `json:"recordingId"`
	Channels []struct {
		Label string `json:"label"`
		Audio struct {
			File       string `json:"file"`
			SampleRate int    `json:"sampleRate"`
			Samples    int64  `json:"samples"`
			Bytes      int64  `json:"bytes"`
			CRC        string `json:"crc64nvme"`
		} `json:"audio"`
		Gaps        []gap `json:"gaps"`
		Transcripts []struct {
			SRT string `json:"srt"`
		} `json:"transcripts"`
	} `json:"channels"`
}

type gap struct {
	Start  int64  `json:"start"`
	Length int64  `json:"length"`
	Cause  string `json:"cause"`
}

// refused reports whether the gap stands for frames whose write failed: they were never accepted, and are not counted.
func (g gap) refused() bool { return g.Cause == "overflow" || g.Cause == "disk" }

// A track is one channel's file and what its manifest says about it.
type track struct {
	ordinal int
	path    string
	srt     []string
	samples int64
	bytes   int64
	crc     string
	gaps    []gap
	outcome string // of the recording
}

func readManifest(dir string) (manifest, error) {
	var m manifest
	name := filepath.Join(dir, "manifest.json")
	p, err := os.ReadFile(name)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(p, &m); err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// tracks returns the channels that carry the test signal.
func (m manifest) tracks(dir string, v *Verdict) []*track {
	var out []*track
	for _, c := range m.Channels {
		digits, ok := strings.CutPrefix(c.Label, "pattern:")
		n, err := strconv.Atoi(digits)
		if !ok || err != nil || n < 0 {
			v.problem("%s: channel %q carries no pattern", dir, c.Label)
			continue
		}
		t := &track{
			ordinal: n, path: filepath.Join(dir, c.Audio.File), samples: c.Audio.Samples, bytes: c.Audio.Bytes,
			crc: c.Audio.CRC, gaps: c.Gaps, outcome: m.Outcome,
		}
		for _, tr := range c.Transcripts {
			t.srt = append(t.srt, filepath.Join(dir, tr.SRT))
		}
		out = append(out, t)
	}
	return out
}

package judge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	headerBytes = 4096 // of a file in progress: the samples follow
	tailSuffix  = ".tail.pcm"
	reasonFile  = "reason.txt"
)

// A Spool is what lies below a root before recovery.
type Spool struct {
	parts    []part
	finished map[string][]byte // files of finished recordings, by their names below the root
}

// A part is a channel's file in progress.
type part struct {
	path      string
	recording string // its id
	channel   string // as in file names
	audio     []byte
}

// ReadSpool reads all audio in progress below root, and all that is finished.
func ReadSpool(root string) (*Spool, error) {
	s := &Spool{finished: map[string][]byte{}}
	sessions, err := filepath.Glob(filepath.Join(root, ".spool", "*", "*", "session.json"))
	if err != nil {
		return nil, err
	}
	for _, name := range sessions {
		if err := s.session(filepath.Dir(name)); err != nil {
			return nil, err
		}
	}
	done, err := filepath.Glob(filepath.Join(root, "[0-9]*", "*", "*", "*", "*"))
	if err != nil {
		return nil, err
	}
	for _, name := range done {
		p, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		below, err := filepath.Rel(root, name)
		if err != nil {
			return nil, err
		}
		s.finished[below] = p
	}
	return s, nil
}

func (s *Spool) session(dir string) error {
	var meta struct {
		ID string `json:"recordingId"`
	}
	p, err := os.ReadFile(filepath.Join(dir, "session.json"))
	if err != nil {
		return err
	}
	if json.Unmarshal(p, &meta) != nil {
		return nil // torn: of a Create that did not return
	}
	for pattern, suffix := range map[string]string{"*.wav.part": ".wav.part", "pub/*.wav": ".wav"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			p, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if len(p) > headerBytes {
				s.parts = append(s.parts, part{name, meta.ID, strings.TrimSuffix(filepath.Base(name), suffix), p[headerBytes:]})
			}
		}
	}
	return nil
}

// Finished reports whether the file of that ordinal was in a finished recording.
func (s *Spool) Finished(ordinal int) bool {
	for name, text := range s.finished {
		if filepath.Base(name) != "manifest.json" {
			continue
		}
		var m manifest
		if json.Unmarshal(text, &m) != nil {
			continue
		}
		for _, c := range m.Channels {
			if c.Label == fmt.Sprintf("pattern:%d", ordinal) && s.finished[filepath.Join(filepath.Dir(name), c.Audio.File)] != nil {
				return true
			}
		}
	}
	return false
}

// compare asks that nothing has gone: what was finished is as it was, and each byte in progress is in a recording, or in the
// quarantine, or something is in its place that is known to be right.
func (s *Spool) compare(root string, recordings []string, v *Verdict) error {
	if s == nil {
		return nil
	}
	for name, was := range s.finished {
		is, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(was, is) {
			v.problem("%s was finished, and has changed: %v", name, err)
		}
	}
	byID := map[string]string{}
	ordinals := map[string]int{}
	for _, dir := range recordings {
		m, err := readManifest(dir)
		if err != nil {
			return err
		}
		byID[m.ID] = dir
		for _, t := range m.tracks(dir, &Verdict{}) {
			ordinals[t.path] = t.ordinal
		}
	}
	for _, p := range s.parts {
		if err := p.compare(root, byID[p.recording], ordinals, v); err != nil {
			return err
		}
	}
	return nil
}

func (p part) compare(root, dir string, ordinals map[string]int, v *Verdict) error {
	if dir == "" {
		if len(bytes.Trim(p.audio, "\x00")) > 0 {
			v.problem("%s: %d bytes of audio were there before recovery, and there is no recording", p.path, len(p.audio))
		}
		return nil
	}
	name := filepath.Join(dir, p.channel+".wav")
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	data = data[min(headerBytes, len(data)):]
	tail, from, err := readTail(filepath.Join(root, ".quarantine", p.recording), p.channel)
	if err != nil {
		return err
	}
	for i, b := range p.audio {
		at := i + headerBytes - from
		switch {
		case b == 0, i < len(data) && data[i] == b, at >= 0 && at < len(tail) && tail[at] == b:
		case i < len(data) && data[i] == byte(uint16(Sample(ordinals[name], int64(i/2)))>>(8*(i%2))):
		default:
			v.problem("%s: byte %d of the samples was there before recovery, and is nowhere", p.path, i)
			return nil
		}
	}
	return nil
}

// readTail returns what was cut off a channel's file, and where in the file that was.
func readTail(dir, channel string) (tail []byte, from int, err error) {
	tail, err = os.ReadFile(filepath.Join(dir, channel+tailSuffix))
	if os.IsNotExist(err) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	reason, err := os.ReadFile(filepath.Join(dir, reasonFile))
	if err != nil {
		return nil, 0, err
	}
	for _, line := range strings.Split(string(reason), "\n") {
		var at, to int
		if _, err := fmt.Sscanf(line, channel+tailSuffix+": bytes %d to %d of", &at, &to); err == nil {
			from = at // the last one counts
		}
	}
	return tail, from, nil
}

// Package judge decides what a crash cost: it holds the recordings found below a directory against the count of samples
// that the recorder had accepted when it was killed.
//
// It shares nothing with the recorder, not its readers, not its checksum, not its manifest, so that one mistake can't be
// made twice. What it knows are the promises: the formula of the test signal, the count in shared memory, WAV and RF64 as
// others read them, CRC-64/NVME as its specification says, and the names in manifest.json.
package judge

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Case is what there is to judge.
type Case struct {
	Root string
	// Acks holds, for each ordinal, how many samples had been accepted.
	Acks []uint64
	// PerSession is the number of channels in a session: ordinals [k*PerSession, (k+1)*PerSession) were fed in step.
	PerSession int
	// Frame is the number of samples in one write.
	Frame int64
	// Cue says what must be in the transcript of a channel: the text of cue k, and the sample at which it was sent. If
	// nil, transcripts are not looked at.
	Cue func(ordinal, k int) (text string, sentAt int64)

	// What follows is for losses of power and broken disks. Zero values ask for nothing.

	// Created says of each session whether Create had returned: then there is a recording, if only an empty one.
	Created []bool
	// Accepted holds what had been accepted, where Acks holds only what had been promised. A recording with less must not claim
	// to be complete.
	Accepted []uint64
	// PowerLost allows for tails in the quarantine: samples that nothing proves.
	PowerLost bool
	// Before is what ReadSpool found before recovery: nothing of it may have gone.
	Before *Spool
	// Sent is the number of samples that each channel was offered. Those that were not accepted must be gaps, to the sample.
	Sent int64
}

// A Verdict is what the judge found. Problems is empty when every promise was kept.
type Verdict struct {
	Recordings int
	Repaired   int // recordings whose outcome is repaired
	Outcomes   map[string]int
	Acked      int64
	Recovered  int64 // samples in the files, silence of gaps not counted
	Lost       int64 // accepted and not in the files
	Refused    int64 // samples in gaps that stand for refused writes
	Cues       int   // looked for and found
	Problems   []string
}

func (v *Verdict) problem(format string, args ...any) {
	v.Problems = append(v.Problems, fmt.Sprintf(format, args...))
}

// Judge looks at everything below c.Root. Its error is for what kept it from looking.
func Judge(c Case) (Verdict, error) {
	var v Verdict
	v.Outcomes = map[string]int{}
	recordings, err := c.find(&v)
	if err != nil {
		return v, err
	}
	byOrdinal := map[int]*track{}
	for _, dir := range recordings {
		m, err := readManifest(dir)
		if err != nil {
			v.problem("%v", err)
			continue
		}
		v.Recordings++
		v.Outcomes[m.Outcome]++
		if m.Outcome == "repaired" {
			v.Repaired++
		}
		for _, t := range m.tracks(dir, &v) {
			if twin := byOrdinal[t.ordinal]; twin != nil {
				v.problem("ordinal %d is there twice: %s and %s", t.ordinal, twin.path, t.path)
				continue
			}
			byOrdinal[t.ordinal] = t
		}
	}
	for ordinal, t := range byOrdinal {
		if ordinal >= len(c.Acks) {
			v.problem("%s: ordinal %d was never fed", t.path, ordinal)
		}
	}
	for ordinal, n := range c.Acks {
		c.channel(ordinal, int64(n), byOrdinal[ordinal], &v)
	}
	return v, c.Before.compare(c.Root, recordings, &v)
}

// channel holds what was accepted on one ordinal against its file.
func (c *Case) channel(ordinal int, acked int64, t *track, v *Verdict) {
	v.Acked += acked
	if t == nil {
		if s := ordinal / c.PerSession; acked == 0 && s < len(c.Created) && c.Created[s] {
			v.problem("ordinal %d: Create had returned and there is no file", ordinal)
		}
		if acked > 0 {
			v.Lost += acked
			v.problem("ordinal %d: %d samples were accepted and there is no file", ordinal, acked)
		}
		return
	}
	f, err := t.listen(acked)
	if err != nil {
		v.Lost += acked
		v.problem("%s: %v", t.path, err)
		return
	}
	v.Recovered += f.samples
	if f.good < acked {
		v.Lost += acked - f.good
		v.problem("%s: %d samples were accepted, %d are there", t.path, acked, f.good)
	}
	if f.firstBad >= 0 {
		v.problem("%s: sample %d is not the one that was recorded, and %d more", t.path, f.firstBad, f.bad-1)
	}
	if f.hidden >= 0 {
		v.problem("%s: a gap at %d covers samples that were accepted", t.path, f.hidden)
	}
	if ordinal < len(c.Accepted) && f.good < int64(c.Accepted[ordinal]) && t.outcome != "partial" {
		v.problem("%s: %d of %d samples that were accepted are there, and the outcome is %s", t.path, f.good, c.Accepted[ordinal], t.outcome)
	}
	v.Refused += f.refused
	if c.Sent > 0 && (t.samples != c.Sent || f.samples != acked || f.refused != c.Sent-acked) {
		v.problem("%s: %d samples, %d of them in gaps for refused writes; want %d, %d", t.path, t.samples, f.refused, c.Sent, c.Sent-acked)
	}
	c.transcript(ordinal, t, v)
}

// find lists the recordings, and makes problems of what recovery should have dealt with.
func (c *Case) find(v *Verdict) ([]string, error) {
	var recordings []string
	err := filepath.WalkDir(c.Root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(c.Root, path)
		if err != nil {
			return err
		}
		parts := strings.Split(filepath.ToSlash(below), "/")
		switch {
		case parts[0] == ".spool" && len(parts) == 3 && d.IsDir():
			v.problem("%s: an orphan is left", below)
			return fs.SkipDir
		case parts[0] == ".quarantine" && c.PowerLost:
			if len(parts) == 3 && !strings.HasSuffix(d.Name(), tailSuffix) && d.Name() != reasonFile {
				v.problem("%s: lies in quarantine, and is no tail", below)
			}
		case parts[0] == ".quarantine" && len(parts) == 2:
			v.problem("%s: lies in quarantine, and a crash explains everything it leaves", below)
			if d.IsDir() {
				return fs.SkipDir
			}
		case strings.HasPrefix(parts[0], "."):
		case !d.IsDir() && d.Name() == "manifest.json":
			recordings = append(recordings, filepath.Dir(path))
		case d.IsDir() && len(parts) == 4:
			if _, err := os.Stat(filepath.Join(path, "manifest.json")); err != nil {
				v.problem("%s: a recording without a manifest: %v", below, err)
			}
		}
		return nil
	})
	return recordings, err
}

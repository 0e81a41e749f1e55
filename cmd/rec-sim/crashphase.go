package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// phase is how far a session, or the process, had got when it was killed. It is told from what is left, which is all that a recovery
// has, and from what the witness saw.
type phase string

const (
	phaseStarting     phase = "starting"     // the process has no place in the spool yet
	phaseCreating     phase = "creating"     // Create had not returned
	phaseRecording    phase = "recording"    // not everything was accepted
	phaseSyncing      phase = "syncing"      // likewise, and a sync was under way
	phaseSealing      phase = "sealing"      // everything was accepted; draining, or sealing
	phaseTranscribing phase = "transcribing" // transcripts are there
	phaseCollecting   phase = "collecting"   // some audio has moved to pub/
	phaseDescribing   phase = "describing"   // all of it has
	phasePublishing   phase = "publishing"   // the manifest is there
	phaseTidying      phase = "tidying"      // it is published, and something is left in the spool
	phaseEnding       phase = "ending"       // no session is left
	phaseFinished     phase = "finished"     // the kill came too late
)

// phases are those in which a kill is aimed at a recording process.
var phases = []phase{
	phaseStarting, phaseCreating, phaseRecording, phaseSyncing, phaseSealing, phaseTranscribing, phaseCollecting, phaseDescribing,
	phasePublishing, phaseTidying, phaseEnding,
}

// left tells the phases of all sessions of a process from what lies below root. accepted is how far the witness saw it come.
func left(root string, accepted phase) (map[phase]bool, error) {
	instances, err := os.ReadDir(filepath.Join(root, ".spool"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	found := map[phase]bool{}
	for _, i := range instances {
		if strings.HasPrefix(i.Name(), ".new-") {
			continue
		}
		sessions, err := os.ReadDir(filepath.Join(root, ".spool", i.Name()))
		if err != nil {
			return nil, err
		}
		for _, s := range sessions {
			switch {
			case s.Name() == "LOCK":
			case strings.HasSuffix(s.Name(), "~new"):
				found[phaseCreating] = true
			default:
				p, err := leftOf(filepath.Join(root, ".spool", i.Name(), s.Name()), accepted)
				if err != nil {
					return nil, err
				}
				found[p] = true
			}
		}
	}
	if len(found) == 0 {
		switch accepted {
		case phaseSealing:
			found[phaseEnding] = true
		default:
			found[phaseStarting] = true
		}
	}
	return found, nil
}

// leftOf is the phase of one session. Whoever looks while it goes on may find that it has gone.
func leftOf(dir string, accepted phase) (phase, error) {
	parts, err := filepath.Glob(filepath.Join(dir, "*.wav.part"))
	if err != nil {
		return "", err
	}
	pub, err := os.ReadDir(filepath.Join(dir, "pub"))
	if errors.Is(err, fs.ErrNotExist) {
		if len(parts) == 0 {
			return phaseTidying, nil
		}
		return accepted, nil // one begun without it
	}
	if err != nil {
		return "", err
	}
	audio, texts, described := 0, 0, false
	for _, e := range pub {
		switch filepath.Ext(e.Name()) {
		case ".wav":
			audio++
		case ".srt", ".vtt":
			texts++
		case ".json":
			described = true
		}
	}
	switch {
	case described:
		return phasePublishing, nil
	case audio > 0 && len(parts) == 0:
		return phaseDescribing, nil
	case audio > 0:
		return phaseCollecting, nil
	case texts > 0:
		return phaseTranscribing, nil
	}
	return accepted, nil
}

// inSync reports whether a thread of a process is in a sync.
func inSync(pid int) bool {
	// Unreadable is as good as not there: it has ended, or belongs to somebody else.
	tasks, _ := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "syscall"))
	for _, name := range tasks {
		text, _ := os.ReadFile(name)
		number, _, _ := strings.Cut(string(text), " ")
		switch number {
		case strconv.Itoa(unix.SYS_FSYNC), strconv.Itoa(unix.SYS_FDATASYNC), strconv.Itoa(unix.SYS_SYNCFS):
			return true
		}
	}
	return false
}

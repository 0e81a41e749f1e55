// Package layout knows where everything lives below the recordings root, and which ids may become part of a name there.
//
//	<root>/
//	  .spool/<instance>/LOCK                held while its process lives
//	  .spool/<instance>/<session>/          a session in progress, or an orphan
//	      session.json  journal  stage  <channel>.wav.part
//	      pub/                              what will be renamed to the final name, as one
//	  .spool/<instance>/<session>~new/      a Create that has not returned: holds nothing accepted
//	  .quarantine/<session>/                could not be explained, kept with reason.txt
//	  2026/11/23/<session>/                 finished; the date is the session's start in UTC
//
// State is where a thing lives, not a field in it, so `ls` answers most questions.
package layout

import (
	"path"
	"strconv"
	"strings"
	"time"
)

// Names of the fixed places and files.
const (
	SpoolDir      = ".spool"
	QuarantineDir = ".quarantine"

	LockFile     = "LOCK"
	SessionFile  = "session.json"
	JournalFile  = "journal"
	StageFile    = "stage"
	ManifestFile = "manifest.json"
	ReasonFile   = "reason.txt"
	PubDir       = "pub"

	PartSuffix = ".wav.part"
	WAVSuffix  = ".wav"
	// NewSuffix marks the directory of a session whose Create has not returned. No id escapes to a name with '~'.
	NewSuffix = "~new"
	// BirthPrefix marks the directory of a process that has not locked it yet.
	BirthPrefix = ".new-"
)

// Instance is the spool directory of one process.
func Instance(instance string) string { return path.Join(SpoolDir, instance) }

// Session is the spool directory of one session of one process.
func Session(instance, session string) string {
	return path.Join(SpoolDir, instance, FileName(session))
}

// Finished is where a recording is published: the n-th name for the same session id on the same day, n counted from 1.
// A second one exists only when a host used an id again.
func Finished(started time.Time, session string, n int) string {
	name := FileName(session)
	if n > 1 {
		// '~' is escaped in ids, so no other session can own this name.
		name += "~" + strconv.Itoa(n)
	}
	return path.Join(DateDir(started), name)
}

// DateDir is the directory of all recordings that started on that day, UTC.
func DateDir(started time.Time) string { return started.UTC().Format("2006/01/02") }

// IsDatePath reports whether the first elements of name look like year, month and day of a finished recording.
func IsDatePath(name string) bool {
	parts := strings.Split(name, "/")
	for i, want := range []int{4, 2, 2} {
		if i >= len(parts) {
			break
		}
		if len(parts[i]) != want || strings.Trim(parts[i], "0123456789") != "" {
			return false
		}
	}
	return true
}

// Part, WAV, SRT and VTT are the file names of a channel.
func Part(channel string) string { return FileName(channel) + PartSuffix }
func WAV(channel string) string  { return FileName(channel) + WAVSuffix }

// Transcript is the file name of a channel's transcript. A language tag holds no dot, so two channels never share one.
func Transcript(channel, language, ext string) string {
	return FileName(channel) + "." + FileName(language) + "." + ext
}

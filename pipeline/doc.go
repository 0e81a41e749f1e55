// Package pipeline carries samples from the goroutines that have them to the files that keep them, so that the former
// never wait for the latter.
//
// A frame's way: Channel.Write copies it into the channel's ring, in memory that outlives the process, and publishes a
// slot that vouches for it. That is all that a writer ever does. Behind it, each session belongs to one shard, a goroutine
// that alone touches the session's files: it drains rings into part files, appends gaps and cues to the journal, writes
// marks, and hands files to a pool that syncs them. A round of all this begins early enough that what was accepted just
// after the last round is on stable storage when Config.Every is over; that is the recovery point, and each round reports
// the one it achieved.
//
// When the disk stalls, the rings take Config's buffer of audio; after that a write is refused with ErrOverflow, and its
// time becomes a gap. The timeline never shifts.
//
// Losing this package's memory loses nothing accepted: everything that matters is in internal/spool's formats.
package pipeline

// Package spool is the form a session has on the disk and in shared memory while it is not yet a recording: what is
// written where, so that a process killed between any two instructions leaves enough behind.
//
// Four things lie in a session's directory:
//
//	session.json         what was asked for; written once, before the first sample
//	<channel>.wav.part   the future WAV: header area of 4096 bytes, then samples; holes where there was silence
//	journal              cues, gaps and the end, appended as checksummed records
//	stage                memory shared with the kernel: what was accepted and is not yet in the files
//
// The life of a sample: the writer copies it into its channel's ring in the stage and publishes a Slot (accepted: it
// survives kill -9 from here on). A disk writer copies it from the ring to the part file, then writes a Mark into the
// part file's header, then syncs the file; when that returned, the mark is repeated in the slot of marks known to be on
// stable storage. Recovery walks the same way back: start at the last mark that is certain, believe each later mark whose
// checksum matches the samples before it, then add from the ring whatever the last valid Slot vouches for. Every number
// that recovery needs (length, checksum, levels, count of gaps) is in marks and slots, so that its cost doesn't grow with
// the recording.
//
// Losing a spool directory loses a session that was not yet destroyed. Losing only its stage loses what was accepted
// after the last sync.
package spool

// Package finalize turns a session's spool directory into a published recording, or changes nothing that anyone could see.
//
// Publish is one function for two occasions: the end of a session, and what a crash left of one. It goes through steps in
// the order in which they must become durable, and each begins by asking whether it is already done, so that a Publish
// that died anywhere is finished by calling Publish again:
//
//	drain       what the stage still holds goes to the files; what is not certain is cut off and kept aside
//	seal        lengths are made final, headers patched in place, files synced
//	transcribe  SRT and VTT are written and synced
//	collect     the files move to pub/ under their final names, read-only
//	describe    manifest.json is written into pub/ and synced: from here on the recording exists
//	publish     pub/ is renamed to its final name, and both directories are synced
//	tidy        what is left of the spool directory goes
//
// Its cost doesn't grow with the length of the audio: samples are neither copied nor read again, but for those since the
// last mark, a second or two.
package finalize

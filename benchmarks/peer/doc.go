// Package peer writes the same audio to disk in all the ways that are compared: with the recorder, and as people do who
// have none.
//
// A [Peer] is one way, opened on a directory of its own with a [Task]. Its calls are those of a host that holds N channels:
// open all, write the first frame of each channel, then the second of each, and so on; close all. One goroutine makes them.
// What a peer does by itself beside, with goroutines or processes, is its own affair, and is measured.
//
// Every peer can check what it wrote: a way that is fast because it forgets half of the audio is not a way.
package peer

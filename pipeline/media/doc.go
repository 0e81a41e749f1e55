// Package media puts the packets of a live source on a session's timeline: whatever the network and the sender's clock did
// to them, sample n of the channel is the instant at which it was spoken.
//
// A packet goes through a [Chain] of four stages:
//
//   - reorder gives packets their place by sequence number, waits for those that are missing, drops copies, and follows a
//     sender that begins anew;
//   - clock says when a packet's first sample was, from RTP timestamps, times of arrival and sender reports;
//   - decode turns payloads into samples, and makes up for lost ones where the codec can;
//   - gap compares that with where the channel ends: what is missing becomes silence with its cause, and a sender's clock
//     that runs fast or slow is followed by taking out or putting in single samples.
//
// What it can't decode yet it keeps in memory that outlives the process. Nothing here waits, allocates or writes files: a packet
// is dealt with in the goroutine that brings it.
package media

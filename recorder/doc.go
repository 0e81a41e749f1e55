// Package recorder is what a host embeds: it opens sessions, takes their audio and their transcripts, and returns a finished
// recording for each.
//
//	rec, err := recorder.Open(ctx, recorder.Config{Root: "/app/recordings"})
//	session, err := rec.Create(ctx, create)
//	defer session.Close()                    // if we return early: recovery will find it
//	floor, err := session.Channel("floor")
//	err = floor.WritePCM(frame)              // every 20 ms; never waits for the disk
//	manifest, err := session.Destroy(ctx, "") // the only way to a finished recording
//
// A nil error from a write means accepted: the samples survive the death of the process from that moment, and a loss of
// power after at most Config.Sync.Every. A nil error from Session.Sync and Session.Destroy means that everything accepted
// is on stable storage.
//
// Run cleanup.Recover at boot, before or after Open: it finishes what a crash left behind.
package recorder

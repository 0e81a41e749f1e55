package pipeline

import "time"

// arrival places frames that come without a position by when they come.
//
// A live source that pauses leaves the file behind the wall clock for good; a source that is merely late (a burst after a
// stall, jitter) catches up. The two are told apart by the smallest lag within a window: what a whole window could not
// catch up with is silence. A lag of a second or more is taken for a pause at once, and so is any lag of the first frame, for
// a late join: if a burst follows all the same, what was said lies late by it. Until a short pause is recognised, up to one
// window of audio lies early by it. A source that runs fast is not slowed down.
type arrival struct {
	started bool
	since   time.Duration // begin of the window
	least   int64         // smallest lag in it, frames
}

const (
	arrivalWindow = time.Second
	// arrivalJump is the lag that is a pause without waiting for the window.
	arrivalJump = time.Second
	// arrivalSlack is the lag that is left alone: one frame of 20 ms (contract C5).
	arrivalSlack = 20 * time.Millisecond
)

// place returns how many frames of silence go before a write of n frames that ends now, in a channel that so far ends at
// end. now is the time since the session's start; frames converts time to sample frames.
func (a *arrival) place(now time.Duration, end, n int64, frames func(time.Duration) int64) (skip int64) {
	lag := frames(now) - (end + n)
	if !a.started {
		a.started, a.since, a.least = true, now, max(lag, 0)
		if lag > frames(arrivalSlack) {
			a.least = 0
			return lag // the channel joined late
		}
		return 0
	}
	if lag >= frames(arrivalJump) {
		a.since, a.least = now, 0
		return lag
	}
	a.least = min(a.least, max(lag, 0))
	if now-a.since < arrivalWindow {
		return 0
	}
	skip = a.least
	if skip <= frames(arrivalSlack) {
		skip = 0
	}
	a.since, a.least = now, max(lag-skip, 0)
	return skip
}

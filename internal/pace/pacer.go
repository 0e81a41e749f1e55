// Package pace says when each frame of thousands of channels is due, and wakes up their feeder in time: load as a live
// service meets it, even, and the same however the recorder does.
package pace

import "time"

// minSlot is the shortest time between two moments at which a feeder wakes up. Waking a thread costs some forty
// microseconds of the machine under test, which at a thousand times a second would show in what is measured.
const minSlot = 2 * time.Millisecond

// A Pacer says when frames are due. Load is a function of time alone: it does not depend on how fast earlier frames were
// taken, so a recorder that stalls is met by all that came due meanwhile, as it would be in life.
//
// A feeder's channels are spread over the frame time in equal slots, so that the load is even. All frames of a slot are
// due together.
type Pacer struct {
	Slots  int // in a frame's time
	frame  time.Duration
	offset time.Duration // of the first slot: feeders take turns
}

// New spreads so many channels. feeder of feeders shifts it against the others.
func New(frame time.Duration, channels, feeder, feeders int) Pacer {
	// The number of slots divides the frame time without rest, so that a periodic timer hits every one of them exactly,
	// for hours.
	slots := max(1, min(channels, int(frame/minSlot)))
	for int64(frame)%int64(slots) != 0 {
		slots--
	}
	p := Pacer{frame: frame, Slots: slots}
	p.offset = p.Slot() * time.Duration(feeder) / time.Duration(feeders)
	return p
}

// Slot is the time from one slot to the next.
func (p Pacer) Slot() time.Duration { return p.frame / time.Duration(p.Slots) }

// Due is when frame k of the channels in a slot is to be sent, since the start of feeding.
func (p Pacer) Due(k int64, slot int) time.Duration {
	return time.Duration(k)*p.frame + p.offset + time.Duration(slot)*p.Slot()
}

// Share returns the bounds of slot i among so many channels: every channel in one slot, the sizes as equal as can be.
func (p Pacer) Share(i, channels int) (from, to int) {
	return i * channels / p.Slots, (i + 1) * channels / p.Slots
}

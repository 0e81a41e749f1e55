package media

import "time"

// standstill notices that a sender's timestamps stood still for a while, as some do while a microphone is muted: from then on
// every packet comes later than its timestamp says, by the same, and none catches up. Where there are sender reports they tell.
//
// A network that is slow for some seconds looks the same until it is fast again, and one that catches up is less late in each
// window than in the one before.
type standstill struct {
	since   time.Duration // begin of the window
	packets int
	least   time.Duration // smallest lag in it
	low     time.Duration // smallest and largest of the windows in a row in which all packets were late
	high    time.Duration
	late    int // how many windows that are
}

const (
	standWindow  = 4 * time.Second
	standWindows = 3
	standPackets = 25
	// standLag is as late as the timeline may be, and how well the windows must agree.
	standLag = 20 * time.Millisecond
)

// see takes a packet's lag, and returns by how much the timeline is to be moved; 0 as a rule.
func (s *standstill) see(lag, arrival time.Duration) time.Duration {
	if s.packets == 0 {
		s.since, s.least = arrival, lag
	}
	s.least = min(s.least, lag)
	s.packets++
	if s.packets < standPackets || arrival-s.since < standWindow {
		return 0
	}
	s.packets = 0
	if s.late == 0 {
		s.low, s.high = s.least, s.least
	}
	s.low, s.high = min(s.low, s.least), max(s.high, s.least)
	switch {
	case s.least < standLag:
		s.late = 0
	case s.high-s.low > standLag:
		s.late, s.low, s.high = 1, s.least, s.least
	default:
		s.late++
	}
	if s.late < standWindows {
		return 0
	}
	s.late = 0
	return s.low
}

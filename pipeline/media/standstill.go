package media

import "time"

// standstill notices that a sender's timestamps stood still for a while, as some do while a microphone is muted: from then on
// every packet comes later than its timestamp says, and none catches up.
type standstill struct {
	since   time.Duration // begin of the window
	packets int
	least   time.Duration // smallest lag in it
	before  time.Duration // and in the window before
	late    int           // windows in a row in which all packets were late
}

const (
	standWindow  = 2 * time.Second
	standPackets = 25
	standLag     = 40 * time.Millisecond
)

// see takes a packet's lag, and returns by how much the timeline is to be moved; 0 as a rule.
func (s *standstill) see(lag, arrival time.Duration) time.Duration {
	if s.packets == 0 || lag < s.least {
		if s.packets == 0 {
			s.since = arrival
		}
		s.least = lag
	}
	s.packets++
	if s.packets < standPackets || arrival-s.since < standWindow {
		return 0
	}
	least := s.least
	s.packets = 0
	if least < standLag {
		s.late = 0
		return 0
	}
	s.late++
	if s.late < 2 {
		s.before = least
		return 0
	}
	s.late = 0
	return min(least, s.before)
}

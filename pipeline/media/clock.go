package media

import (
	"math"
	"time"
)

// clock is the stage that says when a timestamp was, on the session's timeline.
//
// Two things are known of it. Sender reports say how timestamps go with the sender's own time: a line through them is the
// shape of the timeline, see reports. And no packet comes before it was sent: of many packets those that were delayed least lie
// on the true line, and all others above it, see envelope. Until there are reports, the nominal rate takes their place.
type clock struct {
	rate    float64 // ticks a second
	known   bool
	newest  int64 // timestamp
	line    line  // from the sender's time to what is to be added for ours
	low     envelope
	reports reports
	stand   standstill
}

func (c *clock) init(rate int) { c.rate = float64(rate) }

// start forgets everything: a new source has a clock of its own. Its timestamps are to begin at 0, at about the time of
// arrival.
func (c *clock) start(arrival time.Duration) {
	*c = clock{rate: c.rate, known: true, line: line{value: float64(arrival)}}
}

// delay moves the line, when the clock has just been started.
func (c *clock) delay(by time.Duration) { c.line.value += float64(by) }

// sent is the sender's time of a timestamp in nanoseconds, from a moment of its own.
func (c *clock) sent(x int64) float64 {
	if c.reports.trusted {
		return c.reports.fit.at(float64(x))
	}
	return float64(x) * (1e9 / c.rate)
}

// at is when a timestamp was, since the session's start.
func (c *clock) at(x int64) time.Duration {
	s := c.sent(x)
	return time.Duration(s + c.line.at(s))
}

// frame is at in sample frames, not before the first.
func (c *clock) frame(x, rate int64) int64 { return max(0, c.moment(x, rate)) }

// moment is frame for what may lie before the session's start.
func (c *clock) moment(x, rate int64) int64 {
	return int64(math.Round(float64(c.at(x)) * float64(rate) / 1e9))
}

// ticks converts a duration to timestamp units.
func (c *clock) ticks(d time.Duration) int64 {
	return int64(math.Round(float64(d) * c.rate / 1e9))
}

// span is the inverse of ticks.
func (c *clock) span(ticks int64) time.Duration { return time.Duration(float64(ticks) * 1e9 / c.rate) }

// ppm is how fast the sender's clock runs against ours, in parts per million. Until enough is known of it, 0.
func (c *clock) ppm() float64 {
	slope := 1 + c.line.slope
	if c.reports.trusted {
		slope *= c.reports.fit.slope * c.rate / 1e9
	}
	return (1/slope - 1) * 1e6
}

// report takes a sender report: timestamp x was at that time of the sender's, in nanoseconds.
func (c *clock) report(x, ntp int64) {
	if !c.known {
		return
	}
	was, wasTrusted := c.at(c.newest), c.reports.trusted
	if anew := c.reports.add(x, ntp, c.rate); anew {
		c.low = envelope{} // what was seen before has another shape
	}
	if !c.reports.trusted && !wasTrusted {
		return
	}
	// As it was, until the packets say otherwise.
	c.line = line{value: float64(was) - c.sent(c.newest)}
	c.fit()
}

// line is a straight line.
type line struct{ origin, value, slope float64 }

func (l line) at(x float64) float64 { return l.value + (x-l.origin)*l.slope }

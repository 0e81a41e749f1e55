package media

import "time"

// envelope keeps the packets from which clock finds the line on which packets lie that were not delayed.
//
// Of each window of time it is the least delayed one. When there are too many, every two become one and windows twice as
// long: half a second at first, half a minute at last, which looks back over a quarter of an hour and more.
type envelope struct {
	n     int
	kept  [envelopePoints]point
	least point // of the window under way
	open  bool
	since time.Duration // its begin
	span  time.Duration // its length
}

// point is a packet: its timestamp and its time of arrival.
type point struct {
	x       int64
	arrival time.Duration
}

const (
	// lineBreak is how far below the line a packet must lie to begin a new one.
	lineBreak = 40 * time.Millisecond

	envelopePoints = 64
	firstSpan      = 500 * time.Millisecond
	lastSpan       = 32 * time.Second
	// slopeAfter is how long the line must be for its slope to be more than noise: over 30 s a wrong millisecond is 33 ppm.
	slopeAfter = 30 * time.Second
	// steepest bounds the slope: crystals are off by 100 ppm at most, sound cards by a few hundred, and programs that sleep for
	// 20 ms between packets by some thousand.
	steepest = 5e-3
	// reportedSteepest bounds it where sender reports say how fast the sender's clock is: what is left is by how much its own wall clock
	// runs fast or slow, which is disciplined as a rule.
	reportedSteepest = 3e-4
)

// observe takes a packet's timestamp and its time of arrival.
func (c *clock) observe(x int64, arrival time.Duration) {
	e, p := &c.low, point{x, arrival}
	c.newest = x
	if !e.open {
		e.open, e.since, e.least = true, arrival, p
		e.span = max(e.span, firstSpan)
		return
	}
	if c.delayOf(p) < c.delayOf(e.least) {
		e.least = p
	}
	if sent := c.sent(x); c.delayOf(p) < c.line.at(sent)-float64(lineBreak) {
		// No clock runs away so fast: everything before had been delayed, or the timestamps jumped. A line through both would be
		// steep, and wrong.
		*e = envelope{open: true, since: arrival, least: p, span: firstSpan}
		c.line = line{origin: sent, value: c.delayOf(p), slope: c.line.slope}
		return
	}
	if arrival-e.since < e.span {
		return
	}
	if e.n == envelopePoints {
		c.thin()
	}
	e.kept[e.n] = e.least
	e.n++
	e.open = false
	c.fit()
}

// delayOf is what lies between the sender's time of a packet and its arrival, in nanoseconds: the network's delay, and the
// unknown difference of the clocks.
func (c *clock) delayOf(p point) float64 { return float64(p.arrival) - c.sent(p.x) }

// thin makes room: by half, or of the oldest when windows are as long as they get.
func (c *clock) thin() {
	e := &c.low
	if e.span >= lastSpan {
		e.n = copy(e.kept[:], e.kept[1:])
		return
	}
	e.span *= 2
	for i := range envelopePoints / 2 {
		a, b := e.kept[2*i], e.kept[2*i+1]
		if c.delayOf(b) < c.delayOf(a) {
			a = b
		}
		e.kept[i] = a
	}
	e.n = envelopePoints / 2
}

// fit finds the line that touches the points (time sent, delay) from below, at the edge of their lower convex hull that
// spans their middle. Of all lines below the points it has the least sum of distances (S. B. Moon, P. Skelly, D. Towsley,
// "Estimation and removal of clock skew from network delay measurements", INFOCOM 1999).
func (c *clock) fit() {
	e := &c.low
	if e.n == 0 {
		return
	}
	type vertex struct{ x, y float64 }
	var hull [envelopePoints]vertex
	n, least, sum := 0, vertex{}, 0.0
	for i, p := range e.kept[:e.n] {
		v := vertex{c.sent(p.x), c.delayOf(p)}
		sum += v.x
		if i == 0 || v.y < least.y {
			least = v
		}
		// The turn at the last vertex must be to the left.
		for n >= 2 && (hull[n-1].x-hull[n-2].x)*(v.y-hull[n-2].y) <= (hull[n-1].y-hull[n-2].y)*(v.x-hull[n-2].x) {
			n--
		}
		if n > 0 && v.x <= hull[n-1].x {
			continue // of two at the same time the first; timestamps don't run backward otherwise
		}
		hull[n] = v
		n++
	}
	if hull[n-1].x-hull[0].x < float64(slopeAfter) {
		c.line = line{value: least.y}
		return
	}
	mean := sum / float64(e.n)
	i := 1
	for i < n-1 && hull[i].x < mean {
		i++
	}
	a, b := hull[i-1], hull[i]
	most := steepest
	if c.reports.trusted {
		most = reportedSteepest
	}
	slope := max(-most, min(most, (b.y-a.y)/(b.x-a.x)))
	// A slope that isn't the edge's own touches the hull elsewhere.
	value := b.y
	for _, v := range hull[:n] {
		value = min(value, v.y-slope*(v.x-b.x))
	}
	c.line = line{origin: b.x, value: value, slope: slope}
}

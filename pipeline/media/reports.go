package media

import "math"

// reports is a line through a sender's reports (RFC 3550, 6.4.1): each says what time it was by the sender's clock at an RTP
// timestamp. Least squares over the last of them; a report that lies far off is left out, unless those after it agree
// with it: then the sender's clock was set, or its timestamps jumped, and the line begins anew.
type reports struct {
	trusted  bool
	fit      line // from timestamps to nanoseconds since origin
	n        int
	kept     [reportsMax]report
	origin   int64   // the first report's time
	sigma    float64 // of their distances from the line, ns
	outliers int     // in a row
}

type report struct{ x, ntp float64 }

const (
	reportsMax = 32
	reportsMin = 4
	// reportsSpan is how long the line must be for its slope to mean something.
	reportsSpan = 5e9 // ns
	// outlierFloor is a distance that is not held against a report: stamps are taken by software.
	outlierFloor = 5e6 // ns
	outlierMost  = 5
)

// add takes a report. anew is set when it began a new line because the old one no longer held.
func (r *reports) add(x, ntp int64, rate float64) (anew bool) {
	if r.n == 0 {
		r.origin = ntp
	}
	p := report{float64(x), float64(ntp - r.origin)}
	if r.n > 0 && p.x <= r.kept[r.n-1].x {
		return false // an old one, or the same again
	}
	if r.trusted && math.Abs(p.ntp-r.fit.at(p.x)) > max(3*r.sigma, outlierFloor) {
		if r.outliers++; r.outliers < outlierMost {
			return false
		}
		*r = reports{origin: ntp}
		p.ntp, anew = 0, true
	}
	r.outliers = 0
	if r.n == reportsMax {
		r.n = copy(r.kept[:], r.kept[1:])
	}
	r.kept[r.n] = p
	r.n++
	r.regress(rate)
	return anew
}

func (r *reports) regress(rate float64) {
	if r.n < reportsMin || r.kept[r.n-1].ntp-r.kept[0].ntp < reportsSpan {
		return
	}
	var mx, my float64
	for _, p := range r.kept[:r.n] {
		mx += p.x
		my += p.ntp
	}
	mx, my = mx/float64(r.n), my/float64(r.n)
	var sxx, sxy float64
	for _, p := range r.kept[:r.n] {
		sxx += (p.x - mx) * (p.x - mx)
		sxy += (p.x - mx) * (p.ntp - my)
	}
	r.fit = line{origin: mx, value: my, slope: sxy / sxx}
	sum := 0.0
	for _, p := range r.kept[:r.n] {
		d := p.ntp - r.fit.at(p.x)
		sum += d * d
	}
	r.sigma = math.Sqrt(sum / float64(r.n))
	// A clock that runs as no clock does is not one.
	r.trusted = math.Abs(r.fit.slope*rate/1e9-1) <= steepest
	if !r.trusted {
		*r = reports{}
	}
}

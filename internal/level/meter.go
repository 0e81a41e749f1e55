package level

import "math"

// Floor is the lowest level reported, in dBFS: silence, and the level of a meter that has seen no samples.
const Floor = -120.0

// fullScale is the magnitude of 0 dBFS. The largest negative sample reaches it; the largest positive is a step below,
// at -0.0003 dBFS.
const fullScale = 32768

// A Meter accumulates the level of 16-bit little-endian PCM. The zero value is a meter that has heard nothing. It is a
// plain value: a copy is a snapshot. It must not be used by two goroutines at once.
type Meter struct {
	peak    uint32  // largest magnitude, 0…32768
	squares float64 // sum of s², exact up to 2^53, then rounded at each Add: below 1e-9 relative after ten million
	samples uint64  // samples counted, not sample frames
	recent  uint32  // largest magnitude since TakePeak
}

// chunkBytes bounds one call of the kernel. At most 2^30 is added for each two bytes, so its 64 bits would hold 2^35
// bytes; a mebibyte keeps each partial sum at or below 2^49, which a float64 takes over without rounding. It is a whole
// number of blocks of any kernel.
const chunkBytes = 1 << 20

// Add measures the samples in p. A last odd byte is not a sample and is ignored. Add keeps no reference to p and does
// not allocate.
func (m *Meter) Add(p []byte) {
	for len(p) >= 2 {
		c := p[:min(len(p), chunkBytes)&^1]
		peak, squares := kernel(c)
		m.peak, m.recent = max(m.peak, peak), max(m.recent, peak)
		m.squares += float64(squares)
		m.samples += uint64(len(c) / 2)
		p = p[len(c):]
	}
}

// AddZeros measures n samples of silence that nobody has to hold in memory. It costs the same for any n. A negative n
// counts as 0: a level is a courtesy to the reader and never worth stopping a recording.
func (m *Meter) AddZeros(n int64) {
	m.samples += uint64(max(n, 0))
}

// TakePeak returns the largest magnitude, 0…32768, since it was last asked.
func (m *Meter) TakePeak() (peak uint32) {
	peak, m.recent = m.recent, 0
	return peak
}

// PeakDBFS returns the largest magnitude in decibels, from Floor to 0. It is never infinite or NaN.
func (m *Meter) PeakDBFS() float64 { return PeakDBFS(m.peak) }

// PeakDBFS is a magnitude in decibels likewise.
func PeakDBFS(magnitude uint32) float64 {
	return clamp(20 * math.Log10(float64(magnitude)/fullScale))
}

// RMSDBFS returns the root mean square over all samples, silence included, in decibels from Floor to 0. It is never
// infinite or NaN.
func (m *Meter) RMSDBFS() float64 { return RMSDBFS(m.squares, m.samples) }

// RMSDBFS is the root mean of a sum of squares over so many samples, in decibels likewise.
func RMSDBFS(squares float64, samples uint64) float64 {
	return clamp(10 * math.Log10(squares/(float64(samples)*fullScale*fullScale)))
}

// clamp brings a level into the range that is reported. NaN, the level of no samples, fails the comparison and becomes
// Floor too.
func clamp(db float64) float64 {
	if !(db > Floor) {
		return Floor
	}
	return min(db, 0)
}

// State is what a Meter remembers, in the form in which it is written into a crash mark.
type State struct {
	Peak       uint32  // largest magnitude, 0…32768
	SumSquares float64 // sum of the squared samples
	Samples    uint64  // samples counted, not sample frames
}

// State returns what m remembers.
func (m *Meter) State() State {
	return State{Peak: m.peak, SumSquares: m.squares, Samples: m.samples}
}

// FromState returns a meter that continues from s. Whatever s holds, the levels of the meter stay finite and within
// their range; that they are right is for the checksum of the mark to say.
func FromState(s State) Meter {
	return Meter{peak: s.Peak, squares: s.SumSquares, samples: s.Samples}
}

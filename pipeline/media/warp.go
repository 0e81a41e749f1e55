package media

import (
	"encoding/binary"
	"math"
)

// warp writes the frames of src to dst with k more of them, or, negative, fewer, and returns how many that are; 0 if src is
// too short for it. Its beginning and end are as they were, sample for sample, so that packets still join; between them the
// time bends by k frames along a raised cosine, so that pitch changes little and without a jump.
//
// Between samples it interpolates with a sinc of 32 taps under a Kaiser window (β = 8: side lobes below −80 dB; Oppenheim and
// Schafer, Discrete-Time Signal Processing, 7.5.3); in packets too short for that, along straight lines.
func warp(dst, src []byte, channels, k int) int {
	align := 2 * channels
	n := len(src) / align
	half, taps := warpTaps/2, warpTaps
	if n < 4*half {
		half, taps = 1, 2
	}
	m := n + k
	if n < 8 || m < 8 || m*align > len(dst) {
		return 0
	}
	from, to := half, m-half
	copy(dst, src[:from*align])
	le := binary.LittleEndian
	var weights [warpTaps]float32
	for j := from; j < to; j++ {
		bend := 0.5 - 0.5*math.Cos(math.Pi*float64(j-from)/float64(to-from))
		at := float64(j) - float64(k)*bend
		whole := math.Floor(at)
		weigh(weights[:taps], at-whole)
		base := min(max(int(whole)-half+1, 0), n-taps)
		for ch := range channels {
			sum := float32(0)
			p := src[base*align+2*ch:]
			for i, w := range weights[:taps] {
				sum += w * float32(int16(le.Uint16(p[i*align:])))
			}
			sum = max(min(sum, math.MaxInt16), math.MinInt16)
			le.PutUint16(dst[j*align+2*ch:], uint16(int16(math.RoundToEven(float64(sum)))))
		}
	}
	copy(dst[to*align:], src[(n-half)*align:])
	return m
}

const (
	warpTaps   = 32
	warpPhases = 256
	warpBeta   = 8.0
)

// weigh fills in the taps for a point that lies a fraction of a sample after the middle one.
func weigh(taps []float32, fraction float64) {
	if len(taps) == 2 {
		taps[0], taps[1] = float32(1-fraction), float32(fraction)
		return
	}
	x := fraction * warpPhases
	i := min(int(x), warpPhases-1)
	f := float32(x - float64(i))
	a, b := &warpTable[i], &warpTable[i+1]
	for t := range taps {
		taps[t] = a[t] + f*(b[t]-a[t])
	}
}

var warpTable = makeWarpTable()

func makeWarpTable() *[warpPhases + 1][warpTaps]float32 {
	var table [warpPhases + 1][warpTaps]float32
	const half = warpTaps / 2
	for phase := range table {
		sum := 0.0
		var row [warpTaps]float64
		for t := range row {
			x := float64(t-half+1) - float64(phase)/warpPhases
			row[t] = sinc(x) * kaiser(x/half)
			sum += row[t]
		}
		for t := range row {
			table[phase][t] = float32(row[t] / sum) // a constant stays what it is
		}
	}
	return &table
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func kaiser(x float64) float64 {
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(warpBeta*math.Sqrt(1-x*x)) / bessel(warpBeta)
}

// bessel is the modified Bessel function of the first kind, order 0, by its power series.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for i := 1.0; term > sum*1e-12; i++ {
		term *= (x / 2 / i) * (x / 2 / i)
		sum += term
	}
	return sum
}

package main

import "math"

// resample changes the rate of one channel by a rational factor: a low-pass filter, a sinc under a Blackman window, is
// evaluated only where an output sample lies (polyphase). It is for feeding files to a recorder, not for mastering: 16
// zero crossings a side leave everything up to nine tenths of the narrower band alone and put aliases below -70 dB.
func resample(in []float64, from, to int) []float64 {
	g := gcd(from, to)
	up, down := to/g, from/g
	// Below this the narrower of the two rates has its band; a little less leaves the filter room to fall off.
	cutoff := 0.95 * math.Min(1, float64(to)/float64(from))
	half := int(math.Ceil(zeroCrossings / cutoff)) // input samples to each side
	taps := 2 * half

	phases := make([][]float64, up)
	out := make([]float64, (len(in)*up+down-1)/down)
	for n := range out {
		// Output sample n lies at n*down/up on the input's timeline.
		at, phase := n*down/up, n*down%up
		if phases[phase] == nil {
			phases[phase] = sincPhase(float64(phase)/float64(up), cutoff, half, taps)
		}
		first := at - half + 1
		sum := 0.0
		for k, h := range phases[phase] {
			if i := first + k; i >= 0 && i < len(in) {
				sum += h * in[i]
			}
		}
		out[n] = sum
	}
	return out
}

const zeroCrossings = 16

// sincPhase returns the filter for output samples that lie a fraction of an input sample after one.
func sincPhase(fraction, cutoff float64, half, taps int) []float64 {
	h := make([]float64, taps)
	total := 0.0
	for k := range h {
		x := float64(k-half+1) - fraction // distance from the output sample, in input samples
		w := x / float64(half)
		if math.Abs(w) < 1 {
			window := 0.42 + 0.5*math.Cos(math.Pi*w) + 0.08*math.Cos(2*math.Pi*w)
			h[k] = window * cutoff * sinc(cutoff*x)
		}
		total += h[k]
	}
	// So that the level doesn't depend on the phase: each of them passes a constant unchanged.
	for k := range h {
		h[k] /= total
	}
	return h
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

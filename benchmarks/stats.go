package main

import (
	"math"
	"slices"
)

// median returns the middle of the values, or the mean of the two in the middle; NaN of none.
func median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	switch n := len(v); {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return v[n/2]
	default:
		return (v[n/2-1] + v[n/2]) / 2
	}
}

// ratio is the median of a[i]/b[i]: each pair was measured in the same round, a moment apart, so what the machine did beside
// is in both. NaN if there is no pair; a pair without a divisor doesn't count.
func ratio(a, b []float64) float64 {
	var r []float64
	for i := range min(len(a), len(b)) {
		if b[i] != 0 {
			r = append(r, a[i]/b[i])
		}
	}
	return median(r)
}

// figures picks one figure of each measurement.
func figures(rounds []measurement, of func(measurement) float64) []float64 {
	v := make([]float64, len(rounds))
	for i, m := range rounds {
		v[i] = of(m)
	}
	return v
}

// Package median picks the measurement in the middle, which one bad moment of a machine can't move.
package median

import (
	"math"
	"slices"
)

// Of returns the middle of the values, or the mean of the two in the middle; NaN of none.
func Of(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	if n == 0 {
		return math.NaN()
	}
	return (v[(n-1)/2] + v[n/2]) / 2
}

// OfEach returns that of one figure of each.
func OfEach[T any](all []T, figure func(T) float64) float64 {
	return Of(Each(all, figure))
}

// Each is one part of each.
func Each[A, B any](all []A, part func(A) B) []B {
	out := make([]B, len(all))
	for i, one := range all {
		out[i] = part(one)
	}
	return out
}

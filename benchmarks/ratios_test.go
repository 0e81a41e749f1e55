package main

import (
	"math"
	"testing"
)

func TestRatio(t *testing.T) {
	for _, row := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{2, 4, 6}, []float64{1, 2, 2}, 2},
		{[]float64{10, 1}, []float64{1, 10}, 5.05},    // pairs, not medians: (10 + 0.1) / 2
		{[]float64{6, 8, 9}, []float64{3, 2}, 3},      // an interrupted last round has no pair
		{[]float64{6, 8, 9}, []float64{3, 0, 9}, 1.5}, // nor has what was not measurable
	} {
		if got := ratio(row.a, row.b); math.Abs(got-row.want) > 1e-12 {
			t.Errorf("ratio(%v, %v) = %v, want %v", row.a, row.b, got, row.want)
		}
	}
	if !math.IsNaN(ratio([]float64{1}, nil)) {
		t.Error("a ratio to nothing is a number")
	}
}

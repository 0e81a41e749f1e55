package main

import "testing"

func TestDisturbed(t *testing.T) {
	for _, row := range []struct {
		shares []float64
		want   string
	}{
		{nil, ""}, {[]float64{0, 0.039}, ""},
		{[]float64{0.1, 1, 0}, "Disturbed: other processes took up to 50 % of the machine meanwhile."},
	} {
		if got := disturbed(2, row.shares...); got != row.want {
			t.Errorf("%v: %q, want %q", row.shares, got, row.want)
		}
	}
}

package median

import (
	"math"
	"testing"
)

func TestOf(t *testing.T) {
	for _, row := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}, {[]float64{1, 1, 100}, 1},
	} {
		if got := Of(row.values); got != row.want {
			t.Errorf("Of(%v) = %v, want %v", row.values, got, row.want)
		}
	}
	if !math.IsNaN(Of(nil)) {
		t.Error("the median of nothing is a number")
	}
	v := []float64{3, 1, 2}
	Of(v)
	if v[0] != 3 {
		t.Error("Of put the caller's values in order")
	}
	if got := OfEach([]string{"a", "bbb", "cc"}, func(s string) float64 { return float64(len(s)) }); got != 2 {
		t.Errorf("the middle length is %g, want 2", got)
	}
}

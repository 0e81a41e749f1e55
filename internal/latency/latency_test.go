package latency

import (
	"math"
	"testing"
	"time"
)

func TestLatency(t *testing.T) {
	a, b := New(), New()
	if a.Quantile(0.5, time.Microsecond) != 0 || a.Max(time.Microsecond) != 0 {
		t.Error("something was recorded before anything was")
	}
	for i := 1; i <= 1000; i++ {
		l := a
		if i%2 == 0 {
			l = b
		}
		l.Record(time.Duration(i) * time.Microsecond)
	}
	b.Record(time.Hour) // longer than the histogram reaches
	b.Record(-time.Second)
	a.Merge(b)
	for q, want := range map[float64]float64{0.5: 500, 0.99: 990} {
		if got := a.Quantile(q, time.Microsecond); math.Abs(got-want) > want/50 {
			t.Errorf("quantile %v is %v µs, want %v", q, got, want)
		}
	}
	if got := a.Max(time.Second); got != 3600 {
		t.Errorf("longest is %v s, want 3600", got)
	}
}

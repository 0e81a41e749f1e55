package chart

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// Parts of an axis that stay free beyond the greatest value. Above there is the name of a level, and a line of the legend for each
// line that has a name.
const (
	headroom   = 0.1
	legendroom = 0.07
	sideroom   = 0.02
)

// bounds returns the ends of an axis that shows all values, and room beyond.
func (a Axis) bounds(values []float64, room float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	for _, t := range a.Ticks {
		low, high = min(low, t.At), max(high, t.At)
	}
	if a.Log {
		// Whole decades: the ends then have names. Never less than one.
		most := high
		low, high = math.Pow(10, math.Floor(math.Log10(low))), math.Pow(10, math.Ceil(math.Log10(high)))
		if low == high {
			high *= 10
		}
		// The name of a level is over its line, and may go on beyond the last decade; a legend may not lie on anybody's line.
		for free := room - headroom; free > 0 && math.Log10(high/most) < free*math.Log10(high/low); {
			high *= 10
		}
		return low, high
	}
	if a.Ticks != nil {
		return low, high
	}
	if low, high = min(low, 0), max(high, 0); high-low < tiny {
		high = low + 1
	}
	return low, high + room*(high-low)
}

// marker returns what finds the ticks of an axis.
func (a Axis) marker() plot.Ticker {
	switch {
	case a.Ticks != nil:
		return plot.TickerFunc(func(_, _ float64) (out []plot.Tick) {
			for _, t := range a.Ticks {
				out = append(out, plot.Tick{Value: t.At, Label: t.Text})
			}
			return out
		})
	case a.Log:
		return plot.TickerFunc(decades)
	}
	return plot.TickerFunc(rounds)
}

// roundsLeast is how many round numbers an axis names, or up to twice as many and a half.
const roundsLeast = 4

// rounds names round numbers: 1, 2 or 5 of some power of ten apart.
func rounds(low, high float64) (out []plot.Tick) {
	unit := math.Pow(10, math.Floor(math.Log10((high-low)/roundsLeast)))
	for _, f := range []float64{5, 2} {
		if f*unit*roundsLeast <= high-low {
			unit *= f
			break
		}
	}
	for i := math.Ceil(low / unit); i*unit <= high && len(out) < 5*roundsLeast; i++ {
		out = append(out, plot.Tick{Value: i * unit, Label: number(i * unit)})
	}
	return out
}

// decades names powers of ten and marks what lies between.
func decades(low, high float64) (out []plot.Tick) {
	for d := math.Floor(math.Log10(low)); math.Pow(10, d) <= high*1.0001; d++ {
		unit := math.Pow(10, d)
		out = append(out, plot.Tick{Value: unit, Label: number(unit)})
		for i := 2; i < 10; i++ {
			if v := float64(i) * unit; v < high {
				out = append(out, plot.Tick{Value: v})
			}
		}
	}
	return out
}

// number writes a tick without what floating point makes of it, thousands apart.
func number(v float64) string {
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if math.Abs(v) < 1e15 {
		s = strconv.FormatFloat(math.Round(v*1e9)/1e9, 'f', -1, 64)
	}
	sign := ""
	digits, negative := strings.CutPrefix(s, "-")
	if negative {
		sign = "-"
	}
	whole, fraction, broken := strings.Cut(digits, ".")
	if broken {
		fraction = "." + fraction
	}
	if len(whole) > 4 { // a year has no comma
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
	}
	return sign + whole + fraction
}

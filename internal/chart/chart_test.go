package chart

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/ilenia-live/rec/internal/latency"
)

func sample() Chart {
	return Chart{
		Title: "Something measured", X: Axis{Label: "time (s)"}, Y: Axis{Label: "much of it (MB/s)"},
		Lines: []Line{
			{Name: "joined", Points: []Point{{1, 10}, {2, 12}, {3, 11}}},
			{Name: "loose", Points: []Point{{1, 5}, {3, 6}}, Loose: true},
		},
		Levels: []Level{{Name: "a promise", Y: 20}},
	}
}

// TestDrawMakesBothKinds: a PNG that others can decode, and an SVG in which the words are words.
func TestDrawMakesBothKinds(t *testing.T) {
	for _, log := range []bool{false, true} {
		c := sample()
		c.X.Log, c.Y.Log = log, log
		raster, err := c.Draw(PNG)
		if err != nil {
			t.Fatal(err)
		}
		image, err := png.Decode(bytes.NewReader(raster))
		if err != nil || image.Bounds().Dx() < 1000 {
			t.Fatalf("%v, %v", image.Bounds(), err)
		}
		// Its corners are the page's, be that light or dark.
		if _, _, _, alpha := image.At(1, 1).RGBA(); alpha != 0 {
			t.Errorf("the background has an opacity of %d", alpha)
		}
		svg, err := c.Draw(SVG)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Something measured", "time (s)", "much of it (MB/s)", "joined", "loose", "a promise", "stroke-dasharray"} {
			if !strings.Contains(string(svg), want) {
				t.Errorf("the SVG has no %q", want)
			}
		}
	}
}

// Ink must be seen on a light page and on a dark one, and no line may be lost on either: 3 : 1 is what WCAG asks of graphics.
func TestColoursAreSeenOnAnyPage(t *testing.T) {
	light := func(c color.Color) float64 {
		r, g, b, _ := c.RGBA()
		linear := func(v uint32) float64 {
			if f := float64(v) / 0xffff; f <= 0.04045 {
				return f / 12.92
			} else {
				return math.Pow((f+0.055)/1.055, 2.4)
			}
		}
		return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	}
	contrast := func(a, b color.Color) float64 {
		l, d := max(light(a), light(b)), min(light(a), light(b))
		return (l + 0.05) / (d + 0.05)
	}
	for _, page := range []color.Color{color.White, color.RGBA{R: 0x0d, G: 0x11, B: 0x17, A: 255}} {
		if got := contrast(ink, page); got < 4 {
			t.Errorf("ink on %v: %.1f : 1", page, got)
		}
		for i, hue := range hues {
			if got := contrast(hue, page); got < 3 {
				t.Errorf("hue %d on %v: %.1f : 1", i, page, got)
			}
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	bad := []Point{{math.NaN(), 1}, {1, math.Inf(1)}, {1, 1e300}, {1, -1e300}}
	c := Chart{Lines: []Line{{Points: bad}}}
	if _, err := c.Draw(SVG); err == nil || !c.Empty() {
		t.Errorf("%v, empty %v", err, c.Empty())
	}
	c.Y.Log = true
	c.Lines[0].Points = []Point{{1, 0}, {2, -1}}
	if !c.Empty() {
		t.Error("a logarithm of nothing is to be seen")
	}
	c.Lines[0].Points = append(c.Lines[0].Points, Point{3, 1})
	if c.Empty() {
		t.Error("the one that can be seen isn't")
	}
	if _, err := c.Draw(SVG); err != nil {
		t.Errorf("one point: %v", err)
	}
}

func TestBounds(t *testing.T) {
	for _, row := range []struct {
		axis      Axis
		values    []float64
		low, high float64
	}{
		{Axis{}, []float64{50, 100}, 0, 110},
		{Axis{}, []float64{0}, 0, 1.1},
		{Axis{}, []float64{-100, -50}, -100, 10},
		{Axis{}, []float64{0, 1e-320}, 0, 1.1},
		{Axis{Log: true}, []float64{3, 250}, 1, 1000},
		{Axis{Log: true}, []float64{10}, 10, 100},
		{Axis{Ticks: []Tick{{0, "a"}, {4, "b"}}}, []float64{1, 3}, 0, 4},
	} {
		low, high := row.axis.bounds(row.values, 0.1)
		if math.Abs(low-row.low) > 1e-9 || math.Abs(high-row.high) > 1e-9 {
			t.Errorf("%+v of %v: %g to %g, want %g to %g", row.axis, row.values, low, high, row.low, row.high)
		}
	}
}

// A legend of three lines takes a fifth of the height, and nothing may lie below it.
func TestLegendHasRoom(t *testing.T) {
	for _, axis := range []Axis{{}, {Log: true}} {
		low, high := axis.bounds([]float64{1, 95}, headroom+3*legendroom)
		share := 95 / (high - low)
		if axis.Log {
			share = math.Log10(95/low) / math.Log10(high/low)
		}
		if share > 0.8 {
			t.Errorf("%+v: the greatest value lies at %.2f of %g to %g", axis, share, low, high)
		}
	}
}

func TestPercentilesEndWithTheLargest(t *testing.T) {
	few := []latency.Percentile{{Percentile: 0, Us: 1}, {Percentile: 90, Us: 10}, {Percentile: 99.9, Us: 100}, {Percentile: 100, Us: 500}}
	c := Percentiles("", "frames", Distribution{Name: "few", Points: few}, Distribution{Name: "fewer", Points: few[1:]}, Distribution{Name: "none"})
	for _, l := range c.Lines[:2] {
		if last := l.Points[len(l.Points)-1]; last.Y != 500 || last.X <= 3 || last.X > 4 {
			t.Errorf("%v", l.Points)
		}
	}
	if len(c.Lines[2].Points) > 0 || c.named() != 2 {
		t.Errorf("nothing is drawn as %v; %d names", c.Lines[2].Points, c.named())
	}
	for i, tick := range c.X.Ticks[1:] {
		if tick.At < c.X.Ticks[i].At+0.3 {
			t.Errorf("ticks %v: too close", c.X.Ticks)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 5: "5", 0.1 + 0.2: "0.3", 1000: "1000", 12345: "12,345", 1234567.5: "1,234,567.5", -20000: "-20,000", 0.001: "0.001",
	} {
		if got := number(v); got != want {
			t.Errorf("%g is written %q, want %q", v, got, want)
		}
	}
}

func TestRounds(t *testing.T) {
	for _, row := range []struct {
		low, high float64
		want      string
	}{
		{0, 1.1, "0 0.2 0.4 0.6 0.8 1"}, {0, 1100, "0 200 400 600 800 1000"}, {0, 26, "0 5 10 15 20 25"}, {0, 4, "0 1 2 3 4"},
		{-10, 10, "-10 -5 0 5 10"}, {0, 60000, "0 10,000 20,000 30,000 40,000 50,000 60,000"},
	} {
		var named []string
		for _, tick := range rounds(row.low, row.high) {
			named = append(named, tick.Label)
		}
		if got := strings.Join(named, " "); got != row.want {
			t.Errorf("%g to %g: %s, want %s", row.low, row.high, got, row.want)
		}
	}
}

func TestDecades(t *testing.T) {
	var named []string
	for _, tick := range decades(0.1, 100) {
		if tick.Value > 100.1 || tick.Value < 0.099 {
			t.Errorf("tick at %g", tick.Value)
		}
		if tick.Label != "" {
			named = append(named, tick.Label)
		}
	}
	if want := []string{"0.1", "1", "10", "100"}; !slices.Equal(named, want) {
		t.Errorf("named %v, want %v", named, want)
	}
}

package chart

import (
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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

// TestSaveMakesBothKinds: a PNG that others can decode, and an SVG in which the words are words.
func TestSaveMakesBothKinds(t *testing.T) {
	for _, log := range []bool{false, true} {
		c := sample()
		c.Y.Log = log
		name := filepath.Join(t.TempDir(), "something")
		files, err := c.Save(name)
		if err != nil || !slices.Equal(files, []string{name + ".png", name + ".svg"}) {
			t.Fatalf("%v, %v", files, err)
		}
		f, err := os.Open(files[0])
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }() // only read
		if image, err := png.Decode(f); err != nil || image.Bounds().Dx() < 1000 {
			t.Errorf("%v, %v", image.Bounds(), err)
		}
		svg, err := os.ReadFile(files[1])
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

func TestNothingToDraw(t *testing.T) {
	bad := []Point{{math.NaN(), 1}, {1, math.Inf(1)}, {1, 1e300}, {1, -1e300}}
	c := Chart{Lines: []Line{{Points: bad}}}
	if _, err := c.Save(filepath.Join(t.TempDir(), "x")); err == nil || !c.Empty() {
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
	if _, err := c.Save(filepath.Join(t.TempDir(), "x")); err != nil {
		t.Errorf("one point: %v", err)
	}
}

func TestSaveTellsOfDisks(t *testing.T) {
	if _, err := sample().Save(filepath.Join(t.TempDir(), "nowhere", "x")); !os.IsNotExist(err) {
		t.Errorf("%v", err)
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

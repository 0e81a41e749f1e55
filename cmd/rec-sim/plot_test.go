package main

import (
	"encoding/json"
	"testing"

	"github.com/ilenia-live/rec/internal/chart"
)

func TestChartsOfNothing(t *testing.T) {
	if charts := chartsOf(&report{Channels: 3}, &diskReport{Sequential: throughput{BytesPerSecond: 1e9}}); len(charts) > 0 {
		t.Errorf("%+v", charts)
	}
}

func TestThroughputIsOfTheSecondsLength(t *testing.T) {
	r := &report{Series: []second{{T: 1, BytesWritten: 50e6}, {T: 3, BytesWritten: 50e6}, {T: 3.1, BytesWritten: 50e6}}}
	c := throughputChart(r, nil)
	// Two seconds in one, as on a machine that was busy; and a tenth, which is left out.
	want := []chart.Point{{X: 1, Y: 50}, {X: 3, Y: 25}}
	if got := c.Lines[0].Points; len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v, want %v", got, want)
	}
	if len(c.Levels) > 0 || c.Y.Log {
		t.Errorf("without a disk %+v", c)
	}
	for limit, log := range map[float64]bool{399e6: false, 401e6: true} {
		c = throughputChart(r, &diskReport{Sequential: throughput{BytesPerSecond: limit}})
		if len(c.Levels) != 1 || c.Levels[0].Y != limit/1e6 || c.Y.Log != log {
			t.Errorf("a disk of %g bytes a second: %+v", limit, c)
		}
	}
}

func TestRampIsDrawnInOrder(t *testing.T) {
	r := &report{Ramp: &rampReport{Channels: 96, Cores: 2, Steps: []rampStep{
		{Channels: 64, Kept: true, CPUCores: 0.5}, {Channels: 128, CPUCores: 0.9}, {Channels: 96, Kept: true, CPUCores: 0.7}, {Channels: 112},
	}}}
	c := rampChart(r)
	if kept := c.Lines[0].Points; len(kept) != 2 || kept[0].X != 64 || kept[1].X != 96 {
		t.Errorf("kept %v", kept)
	}
	if failed := c.Lines[1].Points; len(failed) != 1 || failed[0].X != 128 {
		t.Errorf("failed %v: the step that could not begin has no processors in use", failed)
	}
}

// FuzzPlot: whatever a file says, it is drawn or refused.
func FuzzPlot(f *testing.F) {
	f.Add([]byte(`{"channels":2,"syncEveryMs":1000,"series":[{"t":1,"unsyncedMs":500,"bytesWritten":96000}],"writeLatencyPercentiles":[{"percentile":50,"us":3},{"percentile":100,"us":9}],"ramp":{"channels":2,"cores":2,"steps":[{"channels":2,"kept":true,"cpuCores":0.1},{"channels":4,"cpuCores":0.2}]}}`), 1e9)
	f.Add([]byte(`{"series":[{"t":1e308,"unsyncedMs":-1e308},{"t":-1,"bytesWritten":-5}]}`), 1e-300)
	f.Add([]byte(`{"writeLatencyPercentiles":[{"percentile":1e9,"us":1e17},{"percentile":-5,"us":-1}],"ramp":{"steps":null}}`), -1.0)
	f.Add([]byte(`{"ramp":{"steps":[{"kept":true,"cpuCores":1e17,"channels":-9}]}}`), 0.0)
	// A logarithm of what is hardly more than nothing.
	f.Add([]byte(`{"series":[{"t":1,"bytesWritten":1}],"writeLatencyPercentiles":[{"percentile":50,"us":5e-324}]}`), 5e-318)
	f.Fuzz(func(t *testing.T, data []byte, sequential float64) {
		var r report
		if json.Unmarshal(data, &r) != nil {
			return
		}
		for _, c := range chartsOf(&r, &diskReport{Sequential: throughput{BytesPerSecond: sequential}}) {
			for _, format := range []chart.Format{chart.PNG, chart.SVG} {
				if picture, err := c.Draw(format); err != nil || len(picture) == 0 {
					t.Errorf("%s%s: %d bytes, %v", c.name, format, len(picture), err)
				}
			}
		}
	})
}

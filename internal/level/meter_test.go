package level

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// pcm lays samples out as they are on disk.
func pcm(samples ...int16) []byte {
	p := make([]byte, 0, 2*len(samples))
	for _, s := range samples {
		p = binary.LittleEndian.AppendUint16(p, uint16(s))
	}
	return p
}

// naive is the definition, one sample at a time.
func naive(samples []int16) State {
	s := State{Samples: uint64(len(samples))}
	for _, v := range samples {
		x := int64(v)
		s.SumSquares += float64(x * x)
		s.Peak = max(s.Peak, uint32(max(x, -x)))
	}
	return s
}

func sine(n int, amplitude, cycles float64) []int16 {
	samples := make([]int16, n)
	for i := range samples {
		v := amplitude * math.Sin(2*math.Pi*cycles*float64(i)/float64(n))
		samples[i] = int16(max(-32768, min(32767, math.Round(v))))
	}
	return samples
}

// drawSamples prefers the values at which arithmetic goes wrong.
func drawSamples(t *rapid.T) []int16 {
	edge := rapid.SampledFrom([]int16{-32768, -32767, -1, 0, 1, 32767})
	return rapid.SliceOfN(rapid.OneOf(rapid.Int16(), edge), 0, 200).Draw(t, "samples")
}

func TestMeterEqualsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawSamples(t)
		p := pcm(samples...)
		var m Meter
		// Cuts anywhere, also where they leave the unrolled part with a remainder.
		for len(p) > 0 {
			n := 2 * rapid.IntRange(1, len(p)/2).Draw(t, "frame")
			m.Add(p[:n])
			p = p[n:]
		}
		if got, want := m.State(), naive(samples); got != want {
			t.Fatalf("state %+v, want %+v", got, want)
		}
	})
}

func TestSilenceWrittenAndCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		samples := drawSamples(t)
		n := rapid.IntRange(0, 1000).Draw(t, "zeros")
		var written, counted Meter
		written.Add(pcm(samples...))
		written.Add(make([]byte, 2*n))
		counted.Add(pcm(samples...))
		counted.AddZeros(int64(n))
		if written != counted {
			t.Fatalf("counted %+v, written %+v", counted, written)
		}
	})
}

func TestStateContinues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := pcm(drawSamples(t)...), pcm(drawSamples(t)...)
		var whole Meter
		whole.Add(before)
		restored := FromState(whole.State())
		whole.Add(after)
		restored.Add(after)
		if whole.State() != restored.State() {
			t.Fatalf("restored %+v, want %+v", restored, whole)
		}
	})
}

func TestKnownLevels(t *testing.T) {
	square := make([]int16, 48000)
	for i := range square {
		square[i] = int16(32767 - 65535*(i/24%2)) // 32767 and -32768 by turns
	}
	for _, row := range []struct {
		name      string
		samples   []int16
		peak, rms float64 // dBFS
		tolerance float64
	}{
		{"full sine", sine(48000, 32768, 997), 0, -3.0103, 0.001},
		{"sine at -6.02", sine(48000, 16384, 997), -6.0206, -9.0309, 0.001},
		{"sine at -60", sine(48000, 32.768, 997), -60, -63.01, 0.1}, // rounding to steps shows here
		{"full square", square, 0, 0, 0.001},
		{"most negative sample", []int16{-32768}, 0, 0, 0},
		{"most positive sample", []int16{32767}, -0.000265, -0.000265, 1e-6},
		{"one step", []int16{1}, -90.309, -90.309, 0.001},
		{"half silence", []int16{0, -32768}, 0, -3.0103, 0.0001},
		{"one step in a minute", append(make([]int16, 60*48000-1), -1), -90.309, Floor, 0.001},
		{"silence", make([]int16, 480), Floor, Floor, 0},
		{"nothing", nil, Floor, Floor, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			var m Meter
			m.Add(pcm(row.samples...))
			if got := m.PeakDBFS(); math.Abs(got-row.peak) > row.tolerance {
				t.Errorf("peak %.6f dBFS, want %.6f", got, row.peak)
			}
			if got := m.RMSDBFS(); math.Abs(got-row.rms) > row.tolerance {
				t.Errorf("RMS %.6f dBFS, want %.6f", got, row.rms)
			}
		})
	}
}

// A single Add longer than a chunk at full scale: 2^21 samples of 2^30 each.
func TestLongLoudAdd(t *testing.T) {
	const n = 1<<21 + 3
	p := make([]byte, 2*n)
	for i := 1; i < len(p); i += 2 {
		p[i] = 0x80 // -32768
	}
	var m Meter
	m.Add(p)
	if got, want := m.State(), (State{Peak: 32768, SumSquares: n * (1 << 30), Samples: n}); got != want {
		t.Fatalf("state %+v, want %+v", got, want)
	}
}

func TestOddByteIsNotASample(t *testing.T) {
	var m Meter
	m.Add([]byte{0x7f})
	m.Add([]byte{1, 0, 0x7f})
	if got, want := m.State(), (State{Peak: 1, SumSquares: 1, Samples: 1}); got != want {
		t.Fatalf("state %+v, want %+v", got, want)
	}
}

func TestNegativeSilenceIsNone(t *testing.T) {
	var m Meter
	m.AddZeros(-1)
	m.AddZeros(math.MinInt64)
	if got := m.State(); got != (State{}) {
		t.Fatalf("state %+v, want none", got)
	}
}

// A mark may be damaged; the manifest must still be JSON.
func TestLevelsOfAnyStateAreNumbers(t *testing.T) {
	for _, s := range []State{
		{},
		{Peak: math.MaxUint32, SumSquares: math.MaxFloat64, Samples: 1},
		{SumSquares: math.Inf(1), Samples: 0},
		{SumSquares: math.Inf(-1), Samples: 1},
		{SumSquares: math.NaN(), Samples: 1},
		{SumSquares: -1, Samples: 1},
		{SumSquares: 1, Samples: math.MaxUint64},
		{Peak: 1, SumSquares: 0, Samples: 0},
	} {
		m := FromState(s)
		for name, db := range map[string]float64{"peak": m.PeakDBFS(), "RMS": m.RMSDBFS()} {
			if !(db >= Floor && db <= 0) {
				t.Errorf("%+v: %s %v dBFS, want %v…0", s, name, db, Floor)
			}
			if _, err := json.Marshal(db); err != nil {
				t.Errorf("%+v: %s: %v", s, name, err)
			}
		}
	}
}

func TestNothingAllocates(t *testing.T) {
	var m Meter
	if n := testing.AllocsPerRun(100, func() {
		var p [1920]byte // on the stack, unless a kernel lets it escape
		m.Add(p[:])
		m.AddZeros(960)
		m = FromState(m.State())
	}); n != 0 {
		t.Fatalf("%v allocations, want 0", n)
	}
}

func FuzzAdd(f *testing.F) {
	f.Add([]byte{0x00, 0x80, 0xff, 0x7f})
	f.Add(pcm(sine(12, 20000, 3)...)) // more than one round of the unrolled loop, and a remainder
	f.Fuzz(func(t *testing.T, p []byte) {
		samples := make([]int16, len(p)/2)
		for i := range samples {
			samples[i] = int16(binary.LittleEndian.Uint16(p[2*i:]))
		}
		var m Meter
		m.Add(p)
		if got, want := m.State(), naive(samples); got != want {
			t.Fatalf("state %+v, want %+v", got, want)
		}
	})
}

func TestTakePeak(t *testing.T) {
	var m Meter
	m.Add(pcm(3, -900, 5))
	m.Add(pcm(1))
	if got := m.TakePeak(); got != 900 {
		t.Errorf("%d, want 900", got)
	}
	m.AddZeros(5)
	if got := m.TakePeak(); got != 0 {
		t.Errorf("%d of nothing new", got)
	}
	m.Add(pcm(-32768))
	if got := m.TakePeak(); got != 32768 || m.PeakDBFS() != 0 {
		t.Errorf("%d, and %g dBFS of all", got, m.PeakDBFS())
	}
}

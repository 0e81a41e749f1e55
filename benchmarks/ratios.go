package main

import (
	"math"

	"github.com/ilenia-live/rec/benchmarks/peer"
	"github.com/ilenia-live/rec/internal/median"
)

// A quoted ratio is one that the recorder is judged by: the median of each round's.
type quoted struct {
	ID    string  `json:"id"`
	What  string  `json:"what"`
	Value float64 `json:"value"`
	// Machine is the same by the machine's account of processor time; 0 for what is not about processor time.
	Machine float64 `json:"machine,omitempty"`
}

// The ratios that targets speak of.
const (
	ratioWAVFiles    = "wav:files"
	ratioWAVVolume   = "wav:volume"
	ratioFilesBufio  = "files:bufio"
	ratioVolumeBufio = "volume:bufio"
	ratioFilesGo     = "files:go"
	ratioVolumeGo    = "volume:go"
	ratioFilesFio    = "files:fio"
	ratioVolumeFio   = "volume:fio"
)

// quotes computes those for which everybody is there.
func (r *report) quotes() []quoted {
	out := []quoted{}
	add := func(id, what string, a, b func(figure func(measurement) float64) []float64) {
		q := quoted{ID: id, What: what, Value: ratio(a(measurement.cpuPerHour), b(measurement.cpuPerHour))}
		q.Machine = ratio(a(measurement.machinePerHour), b(measurement.machinePerHour))
		if math.IsNaN(q.Machine) {
			q.Machine = 0 // JSON has no other
		}
		if !math.IsNaN(q.Value) {
			out = append(out, q)
		}
	}
	of := func(name string) func(func(measurement) float64) []float64 {
		return func(figure func(measurement) float64) []float64 { return r.of(name, figure) }
	}
	files, volume, wav, bufio := of(peer.RecorderName), of(peer.TogetherName), of(peer.WAVSyncName), of(peer.BufioName)
	add(ratioWAVFiles, "CPU, go-audio/wav with the same syncing : recorder", wav, files)
	add(ratioWAVVolume, "CPU, go-audio/wav with the same syncing : recorder with syncfs", wav, volume)
	add(ratioFilesBufio, "CPU, recorder : bufio without syncing", files, bufio)
	add(ratioVolumeBufio, "CPU, recorder with syncfs : bufio without syncing", volume, bufio)
	for _, q := range []struct {
		id, what, name string
		sequential     []float64
	}{
		{ratioFilesGo, "bytes a second, recorder : one sequential writer", peer.RecorderName, r.Sequential.Go},
		{ratioVolumeGo, "bytes a second, recorder with syncfs : one sequential writer", peer.TogetherName, r.Sequential.Go},
		{ratioFilesFio, "bytes a second, recorder : fio", peer.RecorderName, r.Sequential.Fio},
		{ratioVolumeFio, "bytes a second, recorder with syncfs : fio", peer.TogetherName, r.Sequential.Fio},
	} {
		if v := ratio(r.of(q.name, measurement.rate), q.sequential); !math.IsNaN(v) {
			out = append(out, quoted{ID: q.id, What: q.what, Value: v})
		}
	}
	return out
}

// ratio is the median of a[i]/b[i]: each pair was measured in the same round, a moment apart, so what the machine did beside
// is in both. NaN if there is no pair; a pair without a divisor doesn't count.
func ratio(a, b []float64) float64 {
	var r []float64
	for i := range min(len(a), len(b)) {
		if b[i] != 0 {
			r = append(r, a[i]/b[i])
		}
	}
	return median.Of(r)
}

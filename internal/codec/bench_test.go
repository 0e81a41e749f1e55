package codec

import (
	"runtime"
	"testing"
	"time"
)

// BenchmarkDecode is the price of decoding, in CPU seconds per channel and hour of audio, packets of 20 ms.
func BenchmarkDecode(b *testing.B) {
	voip := newEncoder(b, 48000, 1, applicationVoIP)
	voip.set(setBitrate, 32000)
	opus := voip.stream(960, 8)
	small, large := [][]byte{make([]byte, 160)}, [][]byte{make([]byte, 1920)}
	for _, row := range []struct {
		name    string
		c       Config
		packets [][]byte
	}{
		{"opus/libopus", Config{"opus", 48000, 1, "libopus"}, opus},
		{"opus/pion", Config{"opus", 48000, 1, "pion"}, opus},
		{"pcmu", Config{"pcmu", 8000, 1, ""}, small},
		{"l16/48000", Config{"l16", 48000, 1, ""}, large},
	} {
		b.Run(row.name, func(b *testing.B) {
			d, err := New(row.c)
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			buf := make([]byte, 1<<15)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, err := d.Decode(buf, row.packets[i%len(row.packets)]); err != nil {
					b.Fatal(err)
				}
				i++
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*50*time.Hour.Seconds(), "cpu-s/channel-hour")
		})
	}
}

// BenchmarkDecoderMemory is what a decoder of pion/opus keeps on the heap once it has decoded; libopus' is its own business.
func BenchmarkDecoderMemory(b *testing.B) {
	voip := newEncoder(b, 48000, 1, applicationVoIP)
	voip.set(setBitrate, 32000)
	packets := voip.stream(960, 1)
	buf := make([]byte, 1<<15)
	for range min(b.N, 3) {
		const n = 100
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		all := make([]Decoder, n)
		for i := range all {
			all[i], _ = New(Config{"opus", 48000, 1, "pion"})
			for _, p := range packets {
				if _, err := all[i].Decode(buf, p); err != nil {
					b.Fatal(err)
				}
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(all)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/decoder")
	}
	b.ReportMetric(0, "ns/op")
}

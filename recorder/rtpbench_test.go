package recorder_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/codec"
	"github.com/ilenia-live/rec/recorder"
)

// packetKinds are what a channel's packets may be; kinds that this machine can't decode are left out.
func packetKinds() []packetKind {
	kinds := []packetKind{
		{"opus=pion", opusStream, "pion"},
		{"pcmu", func() *stream { return plainStream("pcmu", 8000, 160) }, ""},
		{"l16", func() *stream { return plainStream("l16", 48000, 1920) }, ""},
	}
	if _, err := codec.Libopus(); err == nil {
		kinds = append(kinds, packetKind{"opus=libopus", opusStream, "libopus"})
	}
	return kinds
}

type packetKind struct {
	name   string
	stream func() *stream
	opus   string
}

// BenchmarkWriteRTP is what a channel of packets of 20 ms costs, all in: processor time of the whole process, syncs included,
// for each channel and hour of audio; how much of it is decoding, measured beside it on the same packets; and the rest.
func BenchmarkWriteRTP(b *testing.B) {
	for _, kind := range packetKinds() {
		b.Run(kind.name, func(tb *testing.B) {
			const hour = 3600 * 50
			var all, alone time.Duration
			packets := 0
			for tb.Loop() {
				n := benchPackets(tb, kind, &all, &alone)
				packets += n
			}
			perHour := func(d time.Duration) float64 { return d.Seconds() / float64(packets) * hour }
			tb.ReportMetric(perHour(all), "cpu-s/channel-hour")
			tb.ReportMetric(perHour(alone), "decode-cpu-s/channel-hour")
			tb.ReportMetric(perHour(all-alone), "rest-cpu-s/channel-hour")
			tb.ReportMetric(0, "ns/op")
		})
	}
}

// benchPackets records two minutes, and decodes the same packets without a recorder.
func benchPackets(tb *testing.B, kind packetKind, all, alone *time.Duration) int {
	const packets = 2 * 60 * 50
	st := kind.stream()
	b := newBench(tb, recorder.Config{Opus: kind.opus, Sync: recorder.Sync{PerAudio: true}, Buffer: 10 * time.Second})
	defer b.close()
	s, err := b.r.Create(b.Context(), recorder.SessionCreate{Channels: []recorder.ChannelSpec{st.spec}})
	if err != nil {
		b.Fatal(err)
	}
	c, err := s.Channel("floor")
	if err != nil {
		b.Fatal(err)
	}
	list := make([][]byte, packets)
	for i := range list {
		list[i] = st.next()
	}
	began := processorTime()
	for n, p := range list {
		if err := c.Await(b.Context(), int(2*st.frames)); err != nil {
			b.Fatal(err)
		}
		if err := c.WriteRTPAt(time.Duration(n+1)*20*time.Millisecond, p); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := s.Destroy(b.Context(), ""); err != nil {
		b.Fatal(err)
	}
	*all += processorTime() - began
	d, err := codec.New(codec.Config{Name: st.spec.Codec, SampleRate: int(st.frames * 50), Channels: 1, Opus: kind.opus})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	buf := make([]byte, 1<<15)
	began = processorTime()
	for _, p := range list {
		if _, err := d.Decode(buf, p[12:]); err != nil {
			b.Fatal(err)
		}
	}
	*alone += processorTime() - began
	b.remove(s)
	return packets
}

func processorTime() time.Duration {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		panic(err)
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

// BenchmarkChannelMemory is what a channel of packets takes while it is being recorded: staging, of which the ring is as long as
// Config.Buffer; the part of it in which packets wait; and resident memory of all kinds, decoder included.
func BenchmarkChannelMemory(b *testing.B) {
	for _, kind := range packetKinds() {
		b.Run(kind.name, func(tb *testing.B) {
			for tb.Loop() {
				benchMemory(tb, kind)
			}
			tb.ReportMetric(0, "ns/op")
		})
	}
}

func benchMemory(tb *testing.B, kind packetKind) {
	const channels = 100
	st := kind.stream()
	b := newBench(tb, recorder.Config{Opus: kind.opus})
	defer b.close()
	create := recorder.SessionCreate{}
	for i := range channels {
		spec := st.spec
		spec.ID = fmt.Sprint(i)
		create.Channels = append(create.Channels, spec)
	}
	before := resident(b.B)
	s, err := b.r.Create(b.Context(), create)
	if err != nil {
		b.Fatal(err)
	}
	for n := range 3 * 50 {
		p := st.next()
		for i := range channels {
			c, err := s.Channel(fmt.Sprint(i))
			if err != nil {
				b.Fatal(err)
			}
			if err := c.Await(b.Context(), int(2*st.frames)); err != nil {
				b.Fatal(err)
			}
			if err := c.WriteRTPAt(time.Duration(n+1)*20*time.Millisecond, p); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(resident(b.B)-before)/channels/1024, "resident-KiB/channel")
	if _, err := s.Destroy(b.Context(), ""); err != nil {
		b.Fatal(err)
	}
	b.remove(s)
}

// resident is the process' memory that is in use, its share of staging included.
func resident(b *testing.B) int64 {
	runtime.GC()
	p, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(os.Getpid()), "statm"))
	if err != nil {
		b.Fatal(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(p), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

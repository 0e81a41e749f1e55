package main

import (
	"math"
	"testing"
	"time"
)

func TestVerdict(t *testing.T) {
	const channel = channelBytes // bytes a second
	for _, row := range []struct {
		name                 string
		cores                int
		cpu, busy            float64
		recorded, sequential float64
		channels             int
		limit                string
		byCPU, byDisk        float64
	}{
		{"processors idled, so the disk was waited for: its sequential rate doesn't count", 2, 0.36, 0.3, 200 * channel, 9000 * channel, 100, limitDisk, 10000, 100},
		{"processors were saturated, so the disk has more than the recorder got", 2, 3.6, 0.9, 1000 * channel, 9000 * channel, 1000, limitCPU, 1000, 4500},
		{"saturated, and the disk has not that much more", 8, 0.36, 0.9, 1000 * channel, 3000 * channel, 1500, limitDisk, 40000, 1500},
		{"saturated, and the recorder did better than a sequential writer", 2, 0.36, 1, 4000 * channel, 3000 * channel, 2000, limitDisk, 10000, 2000},
		{"two digits, downwards", 2, 1.8, 1, 1, 3999 * channel, 1900, limitDisk, 2000, 1999.5},
		{"one channel", 1, 3600, 1, 1, 4 * channel, 0, limitCPU, 0.5, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			v := verdictOf(row.cores, row.cpu, row.busy, row.recorded, row.sequential)
			if v.Channels != row.channels || v.Limit != row.limit {
				t.Errorf("%d channels, limit %s; want %d, %s", v.Channels, v.Limit, row.channels, row.limit)
			}
			if math.Abs(v.ByCPU-row.byCPU) > 1e-6*row.byCPU || math.Abs(v.ByDisk-row.byDisk) > 1e-6*row.byDisk {
				t.Errorf("by the CPU %g, by the disk %g; want %g, %g", v.ByCPU, v.ByDisk, row.byCPU, row.byDisk)
			}
		})
	}
	want := "this machine can record 1 channel at 48 kHz with a 1 s recovery point; the limit is the disk"
	if got := verdictOf(1, 1, 0, 2*channel, 0).Text; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTwoDigits(t *testing.T) {
	for f, want := range map[float64]int{
		0: 0, 0.9: 0, 1: 1, 9.9: 9, 19.9: 19, 99: 99, 123: 120, 1999: 1900, 5392.4: 5300, 65530: 65000, -3: 0,
		math.Inf(1): 2100000000, math.NaN(): 0,
	} {
		if got := twoDigits(f); got != want {
			t.Errorf("twoDigits(%g) = %d, want %d", f, got, want)
		}
	}
}

func TestShapeOf(t *testing.T) {
	for _, row := range []struct {
		bytes              int64
		sessions, channels int
	}{
		{1 << 20, 1, 1}, {4 << 20, 2, 2}, {1 << 30, 559, 2}, {100 << 30, 1000, 2},
	} {
		sessions, channels, audio := shapeOf(row.bytes)
		if sessions != row.sessions || channels != row.channels {
			t.Errorf("%d bytes: %d × %d channels, want %d × %d", row.bytes, sessions, channels, row.sessions, row.channels)
		}
		got := float64(sessions*channels*channelBytes) * audio.Seconds()
		if math.Abs(got-float64(row.bytes)) > 1000 {
			t.Errorf("%d bytes become %.0f", row.bytes, got)
		}
		if audio < time.Second {
			t.Errorf("%d bytes: %s of audio, which no sync comes to", row.bytes, audio)
		}
	}
}

func TestByteSize(t *testing.T) {
	for text, want := range map[string]byteSize{
		"1GiB": 1 << 30, "256MB": 256e6, "1048576": 1 << 20, "1.5 KiB": 1536, "7B": 7, "2TB": 2e12, "0": 0,
	} {
		var b byteSize
		if err := b.Set(text); err != nil || b != want {
			t.Errorf("%s is %d, %v; want %d", text, b, err, want)
		}
	}
	for _, text := range []string{"", "GiB", "-1", "much", "1e30", "NaN", "1XB", "9999999TiB"} {
		if err := new(byteSize).Set(text); err == nil {
			t.Errorf("%q is taken for a size", text)
		}
	}
	for size, want := range map[byteSize]string{1 << 30: "1GiB", 3 << 20: "3MiB", 1000: "1000", 0: "0"} {
		if got := size.String(); got != want {
			t.Errorf("%d is written %s, want %s", int64(size), got, want)
		}
	}
}

package main

import (
	"slices"
	"testing"
	"time"

	"github.com/ilenia-live/rec/cmd/rec-sim/dump"
	"github.com/ilenia-live/rec/internal/rtpwire"
)

const ms = time.Millisecond

// heard is a packet of 20 ms at 48 kHz and when it is to have arrived.
type heard struct {
	seq  uint16
	ts   uint32
	want time.Duration
}

func testTiming() *timing {
	return &timing{
		maxGap: time.Hour, rate: 48000, senders: map[dump.Key]*senderClock{},
		span: func(payload []byte) int64 { return int64(960 * len(payload)) },
	}
}

// In a file without times a packet arrives when its last sample was spoken.
func TestTimingByTimestamps(t *testing.T) {
	const hour = 48000 * 3600
	for _, row := range []struct {
		name    string
		packets []heard
		anew    int64
	}{
		{"in order", []heard{{1, 0, 20 * ms}, {2, 960, 40 * ms}, {3, 1920, 60 * ms}}, 0},
		{"both wrap", []heard{{65535, 1<<32 - 960, 20 * ms}, {0, 0, 40 * ms}, {1, 960, 60 * ms}}, 0},
		{"losses", []heard{{1, 0, 20 * ms}, {11, 9600, 220 * ms}}, 0},
		{"a pause", []heard{{1, 0, 20 * ms}, {2, 480000, 10020 * ms}}, 0},
		{"the longest pause", []heard{{1, 0, 20 * ms}, {2, hour, time.Hour + 20*ms}}, 0},
		{"a longer one", []heard{{1, 0, 20 * ms}, {2, hour + 1, 40 * ms}, {3, hour + 961, 60 * ms}}, 1},
		{"a jump back", []heard{{1, 96000, 20 * ms}, {2, 0, 40 * ms}, {3, 960, 60 * ms}}, 1},
		{"sequence and timestamp anew", []heard{{5000, 96000, 20 * ms}, {9, 7, 40 * ms}, {10, 967, 60 * ms}}, 1},
		{"only the sequence anew", []heard{{5000, 96000, 20 * ms}, {9, 96960, 40 * ms}}, 0},
		{"late", []heard{{1, 0, 20 * ms}, {3, 1920, 60 * ms}, {2, 960, 60 * ms}, {4, 2880, 80 * ms}}, 0},
		{"late at the beginning", []heard{{2, 960, 20 * ms}, {1, 0, 20 * ms}, {3, 1920, 40 * ms}}, 0},
		{"copies", []heard{{1, 0, 20 * ms}, {1, 0, 20 * ms}, {2, 960, 40 * ms}}, 0},
		{"later than a late packet is", []heard{{500, 480000, 20 * ms}, {399, 400000, 40 * ms}}, 1},
		{"timestamps that stand still", []heard{{1, 0, 20 * ms}, {2, 0, 40 * ms}, {3, 0, 60 * ms}}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			tm := testTiming()
			for i, p := range row.packets {
				got := tm.packet(dump.Packet{Arrival: dump.Unknown}, rtpwire.Packet{SSRC: 1, Seq: p.seq, Timestamp: p.ts, Payload: []byte{0}})
				if got != p.want {
					t.Errorf("packet %d arrived at %s, want %s", i, got, p.want)
				}
			}
			if tm.anew != row.anew {
				t.Errorf("began anew %d times, want %d", tm.anew, row.anew)
			}
		})
	}
}

// A stream begins where the file is when its first packet comes, and padding has no time.
func TestTimingOfSeveralStreams(t *testing.T) {
	tm := testTiming()
	at := func(ssrc uint32, seq uint16, ts uint32, payload ...byte) time.Duration {
		return tm.packet(dump.Packet{Arrival: dump.Unknown}, rtpwire.Packet{SSRC: ssrc, Seq: seq, Timestamp: ts, Payload: payload})
	}
	got := []time.Duration{
		at(1, 1, 0, 0), at(1, 2, 960, 0), at(2, 77, 1e9, 0), at(1, 3, 1920, 0), at(2, 78, 1e9+960, 0), at(2, 79, 5), at(2, 80, 1e9+1920, 0),
	}
	if want := []time.Duration{20 * ms, 40 * ms, 60 * ms, 60 * ms, 80 * ms, 80 * ms, 100 * ms}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := tm.control(dump.Packet{Arrival: dump.Unknown, RTCP: true}); got != 100*ms {
		t.Errorf("RTCP came at %s, want with the packet before it", got)
	}
}

// Times of a capture are believed, but for those of a clock that was set.
func TestTimingByCapture(t *testing.T) {
	for _, row := range []struct {
		name    string
		arrival []time.Duration
		want    []time.Duration
		anew    int64
	}{
		{"as they came", []time.Duration{0, 5 * ms, 90 * ms}, []time.Duration{0, 5 * ms, 90 * ms}, 0},
		{"two queues", []time.Duration{0, 50 * ms, 30 * ms, 60 * ms}, []time.Duration{0, 50 * ms, 50 * ms, 60 * ms}, 0},
		{"a pause", []time.Duration{0, 50 * time.Minute}, []time.Duration{0, 50 * time.Minute}, 0},
		{"set to the right year", []time.Duration{0, 20 * ms, 500000 * time.Hour, 500000*time.Hour + 20*ms}, []time.Duration{0, 20 * ms, 20 * ms, 40 * ms}, 1},
		{"set back", []time.Duration{0, 5000 * ms, 20 * ms, 40 * ms}, []time.Duration{0, 5000 * ms, 5000 * ms, 5020 * ms}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			tm := testTiming()
			var got []time.Duration
			for i, a := range row.arrival {
				p := dump.Packet{Arrival: a}
				if i%2 == 1 {
					got = append(got, tm.control(p))
					continue
				}
				got = append(got, tm.packet(p, rtpwire.Packet{SSRC: 1, Seq: uint16(i), Payload: []byte{0}}))
			}
			if !slices.Equal(got, row.want) || tm.anew != row.anew {
				t.Errorf("%v, want %v; set %d times, want %d", got, row.want, tm.anew, row.anew)
			}
		})
	}
}

// The first sample was spoken when the packet that was delayed least says so, also if a later one holds it.
func TestOnset(t *testing.T) {
	tm := testTiming()
	s := newOnset(tm, 100*ms, 960, 960) // delayed by 30 ms
	s.add(tm, 101*ms, 0, 960)           // the packet before it
	s.add(tm, 110*ms, 1920, 960)        // delayed by 20 ms
	s.add(tm, 115*ms, 2880, 960)        // delayed by 5 ms
	s.add(tm, 120*ms, 1<<31, 960)       // another run
	s.add(tm, 700*ms, 96000, 960)       // too late to count
	if got, want := s.at(tm), 35*ms; got != want {
		t.Errorf("begins at %s, want %s", got, want)
	}
}

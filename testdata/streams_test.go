package testdata

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/ilenia-live/rec/internal/codec"
)

// Each stream is what its fields and its note say.
func TestStreams(t *testing.T) {
	for _, row := range []struct {
		name         string
		packets      int
		payloadType  byte
		seconds      float64
		durations    string // of the packets, in ms, wherever it changes
		timestampGap int    // the longest, in ms
		stereo       bool
	}{
		{"opus-stereo-20ms", 150, 111, 3, "20", 0, true},
		{"opus-silk-60ms", 66, 111, 3.96, "60", 0, false},
		{"opus-celt-2.5ms", 1000, 111, 2.5, "2.5", 0, false},
		{"opus-dtx", 0, 111, 4, "20", 400, false},
		{"opus-changes", 130, 111, 3, "20 60 10 40", 0, true},
		{"pcmu-20ms", 200, 0, 4, "20", 0, false},
		{"l16-10ms", 110, 97, 1.1, "10", 0, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			i := indexOf(row.name)
			s := Streams()[i]
			if len(s.Packets) > 40<<10 || s.Note == "" {
				t.Errorf("%d bytes, note %q", len(s.Packets), s.Note)
			}
			d, err := codec.New(codec.Config{Name: s.Codec, SampleRate: s.SampleRate, Channels: s.Channels, Opus: "pion"})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			be := binary.BigEndian
			first := uint32(1<<32 - 4800)
			expect := first
			durations, longest, stereo, last := "", 0, false, 0
			buf := make([]byte, 6*5760*2)
			packets := Split(s.Packets)
			for n, p := range packets {
				seq, ts := uint16(65530+n), be.Uint32(p[4:])
				if p[0] != 0x80 || p[1]&0x7F != row.payloadType || be.Uint16(p[2:]) != seq || be.Uint32(p[8:]) != uint32(11+i) {
					t.Fatalf("packet %d begins % x", n, p[:12])
				}
				if jumped := ts != expect; (p[1]&0x80 != 0) != jumped {
					t.Errorf("packet %d: the marker is %v, and the timestamp jumps: %v", n, !jumped, jumped)
				}
				longest = max(longest, int(int32(ts-expect))*1000/s.SampleRate)
				frames, err := d.Decode(buf, p[12:])
				if err != nil {
					t.Fatalf("packet %d: %v", n, err)
				}
				if frames != last {
					durations += fmt.Sprintf(" %g", float64(frames)*1000/float64(s.SampleRate))
					last = frames
				}
				stereo = stereo || s.Codec == "opus" && p[12]&4 != 0 // RFC 6716, 3.1
				expect = ts + uint32(frames)
			}
			if len(packets) != row.packets && row.packets != 0 {
				t.Errorf("%d packets, want %d", len(packets), row.packets)
			}
			if got := float64(expect-first) / float64(s.SampleRate); got != row.seconds {
				t.Errorf("%g s, want %g", got, row.seconds)
			}
			if durations != " "+row.durations || longest != row.timestampGap || stereo != row.stereo || (s.Channels == 2) != stereo {
				t.Errorf("packets of%s ms, want %s; longest jump %d ms, want %d; stereo %v", durations, row.durations, longest, row.timestampGap, stereo)
			}
			clear(s.Packets)
			if bytes.Equal(s.Packets, Streams()[i].Packets) {
				t.Error("two calls share their bytes")
			}
		})
	}
	if n := len(Streams()); n != 7 {
		t.Errorf("%d streams, want 7", n)
	}
}

func indexOf(name string) int {
	for i, s := range Streams() {
		if s.Name == name {
			return i
		}
	}
	return -1
}

// What the packets of a speech decode to is most like its WAV OpusDelay samples later, by either decoder.
func TestOpusDelay(t *testing.T) {
	for _, opus := range []string{"pion", "auto"} {
		for _, s := range Speeches() {
			t.Run(opus+" "+s.Channel, func(t *testing.T) {
				wav := samples(t, s.WAV)
				d, err := codec.New(codec.Config{Name: "opus", SampleRate: 48000, Channels: 1, Opus: opus})
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				var got []int16
				buf := make([]byte, 2*5760)
				for _, p := range s.Packets() {
					n, err := d.Decode(buf, p[12:])
					if err != nil {
						t.Fatal(err)
					}
					for i := range n {
						got = append(got, int16(binary.LittleEndian.Uint16(buf[2*i:])))
					}
				}
				// The codec's filters shift phases by some samples, and both decoders agree on how many.
				if delay := mostLike(wav, got); delay < OpusDelay-3 || delay > OpusDelay {
					t.Errorf("decodes to the WAV %d samples later, want %d or up to 3 less (%s)", delay, OpusDelay, d)
				}
			})
		}
	}
}

// mostLike is the delay, up to 20 ms, at which the correlation of late with early is highest, over two seconds.
func mostLike(early, late []int16) (at int) {
	best := 0.0
	for delay := range 960 {
		sum := 0.0
		for i := range 96000 {
			sum += float64(early[i]) * float64(late[i+delay])
		}
		if sum > best {
			best, at = sum, delay
		}
	}
	return at
}

package codec

import (
	"fmt"
	"math"
	"testing"
)

// streams is what an encoder may send, as functions of an encoder.
var streams = []struct {
	name                     string
	mode, bandwidth, bitrate int
	channels                 int
	frames                   int // at 48 kHz
	dtx                      bool
}{
	{"SILK narrowband 20 ms", modeSILK, bandwidthNarrow, 12000, 1, 960, false},
	{"SILK wideband 10 ms", modeSILK, bandwidthWide, 24000, 1, 480, false},
	{"SILK wideband 20 ms", modeSILK, bandwidthWide, 24000, 1, 960, false},
	{"SILK wideband 40 ms", modeSILK, bandwidthWide, 24000, 1, 1920, false},
	{"SILK wideband 60 ms", modeSILK, bandwidthWide, 24000, 1, 2880, false},
	{"SILK wideband 20 ms, stereo", modeSILK, bandwidthWide, 40000, 2, 960, false},
	{"SILK wideband 20 ms, DTX", modeSILK, bandwidthWide, 24000, 1, 960, true},
	{"hybrid 20 ms", modeHybrid, bandwidthFull, 40000, 1, 960, false},
	{"hybrid 10 ms", modeHybrid, bandwidthSuperwide, 40000, 1, 480, false},
	{"hybrid 20 ms, stereo", modeHybrid, bandwidthFull, 64000, 2, 960, false},
	{"CELT 2.5 ms", modeCELT, bandwidthFull, 96000, 1, 120, false},
	{"CELT 5 ms", modeCELT, bandwidthFull, 64000, 1, 240, false},
	{"CELT 10 ms", modeCELT, bandwidthFull, 64000, 1, 480, false},
	{"CELT 20 ms", modeCELT, bandwidthFull, 64000, 1, 960, false},
	{"CELT 20 ms, stereo", modeCELT, bandwidthFull, 96000, 2, 960, false},
	{"CELT 120 ms, stereo", modeCELT, bandwidthFull, 96000, 2, 5760, false},
}

// encoded makes the packets of one of streams.
func encoded(t testing.TB, i int, seconds float64) [][]byte {
	s := streams[i]
	e := newEncoder(t, 48000, s.channels, applicationVoIP)
	e.set(setBitrate, s.bitrate)
	e.set(setBandwidth, s.bandwidth)
	e.set(setForceMode, s.mode)
	if s.dtx {
		e.set(setDTX, 1)
	}
	return e.stream(s.frames, seconds)
}

// What this package makes of a packet is what libopus makes of it: by libopus bit for bit, by pion/opus to 40 dB.
func TestOpusAgainstLibopus(t *testing.T) {
	for i, s := range streams {
		for _, channels := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s to %d", s.name, channels), func(t *testing.T) {
				packets := encoded(t, i, 6)
				want := reference(t, packets, 48000, channels)
				mixed := want
				if s.channels == 2 && channels == 1 {
					mixed = mix(reference(t, packets, 48000, 2))
				}
				for _, row := range []struct {
					opus  string
					least float64
				}{{"libopus", 90}, {"pion", 40}} {
					if s.dtx && row.opus == "pion" {
						row.least = 30 // libopus fades into its noise and out again where pion has none
					}
					got := ours(t, packets, Config{Name: "opus", SampleRate: 48000, Channels: channels, Opus: row.opus})
					if len(got) != len(want) {
						t.Fatalf("%s: %d samples, want %d", row.opus, len(got), len(want))
					}
					want := want
					if row.opus == "pion" {
						// Asked for mono, libopus leaves the inversion of phase out of a stereo stream; pion decodes both and
						// mixes them, which is what mono means.
						want = mixed
						if s.dtx {
							want, got = spoken(packets, s.frames*channels, want), spoken(packets, s.frames*channels, got)
						}
					}
					db := snr(want, got)
					t.Logf("%s: %.1f dB", row.opus, db)
					if db < row.least {
						t.Errorf("%s: %.1f dB, want at least %.0f", row.opus, db, row.least)
					}
					if at := shift(want, got, channels); at != 0 {
						t.Errorf("%s: shifted by %d frames", row.opus, at)
					}
				}
			})
		}
	}
}

// mix is the mean of two channels.
func mix(stereo []int16) (mono []int16) {
	for i := 0; i < len(stereo); i += 2 {
		mono = append(mono, int16((int(stereo[i])+int(stereo[i+1]))/2))
	}
	return mono
}

// spoken leaves out the packets in which nobody spoke: there each decoder makes up a noise of its own.
func spoken(packets [][]byte, n int, pcm []int16) (out []int16) {
	for i, p := range packets {
		if len(p) > 2 {
			out = append(out, pcm[i*n:(i+1)*n]...)
		}
	}
	return out
}

// An encoder may change its mode, its bandwidth, its channels and the length of its packets at any packet.
func TestOpusThatChanges(t *testing.T) {
	var packets [][]byte
	for i := range streams {
		packets = append(packets, encoded(t, i, 0.6)...)
	}
	want := reference(t, packets, 48000, 2)
	for opus, least := range map[string]float64{"libopus": 90, "pion": 25} {
		got := ours(t, packets, Config{Name: "opus", SampleRate: 48000, Channels: 2, Opus: opus})
		db := snr(want, got)
		t.Logf("%s: %.1f dB", opus, db)
		if len(got) != len(want) || db < least {
			t.Errorf("%s: %d samples, want %d; %.1f dB, want %.0f", opus, len(got), len(want), db, least)
		}
	}
}

// Of packets that are lost, the next one's redundancy is worth more than a guess, and a guess more than silence.
func TestOpusMakesUpForLosses(t *testing.T) {
	e := newEncoder(t, 48000, 1, applicationVoIP)
	e.set(setBitrate, 32000)
	e.set(setInbandFEC, 1)
	e.set(setPacketLossPerc, 20)
	packets := e.stream(960, 8)
	want := reference(t, packets, 48000, 1)
	run := func(conceal, recover bool) float64 {
		d, err := New(Config{Name: "opus", SampleRate: 48000, Channels: 1, Opus: "libopus"})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		buf := make([]byte, 1920)
		var lost, made []int16
		for i, p := range packets {
			if i%20 != 10 {
				if _, err := d.Decode(buf, p); err != nil {
					t.Fatal(err)
				}
				continue
			}
			clear(buf)
			n := 0
			if recover {
				n, err = d.Recover(buf, packets[i+1], 960)
			}
			if n == 0 && conceal { // not every packet carries the one before it
				n, err = d.Conceal(buf, 960)
			}
			if err != nil || (recover || conceal) && n != 960 {
				t.Fatalf("%d frames, %v", n, err)
			}
			for k := range 960 {
				lost = append(lost, want[i*960+k])
				made = append(made, int16(uint16(buf[2*k])|uint16(buf[2*k+1])<<8))
			}
		}
		return snr(lost, made)
	}
	again, guess, silence := run(true, true), run(true, false), run(false, false)
	t.Logf("in-band FEC %.1f dB, concealment %.1f dB, silence %.1f dB", again, guess, silence)
	if !(again > guess+2 && guess > silence+1) || math.Abs(silence) > 0.01 {
		t.Errorf("in-band FEC %.1f dB, concealment %.1f dB, silence %.1f dB", again, guess, silence)
	}
}

// What a packet doesn't carry can't come back out of it.
func TestOpusCarries(t *testing.T) {
	for i, s := range streams {
		if s.mode == modeCELT || s.dtx {
			continue
		}
		for _, fec := range []bool{false, true} {
			e := newEncoder(t, 48000, s.channels, applicationVoIP)
			e.set(setBitrate, s.bitrate+16000)
			e.set(setBandwidth, s.bandwidth)
			e.set(setForceMode, s.mode)
			if fec {
				e.set(setInbandFEC, 1)
				e.set(setPacketLossPerc, 20)
			}
			d, err := New(Config{Name: "opus", SampleRate: 48000, Channels: s.channels, Opus: "libopus"})
			if err != nil {
				t.Fatal(err)
			}
			carry, packets := 0, e.stream(s.frames, 6)
			dst := make([]byte, 1<<16)
			for _, p := range packets {
				n, err := d.Recover(dst, p, s.frames)
				if err != nil || (n > 0) != d.Carries(p) {
					t.Fatalf("%s: %d frames recovered, %v", streams[i].name, n, err)
				}
				if n > 0 {
					carry++
				}
			}
			d.Close()
			if fec && carry < len(packets)/3 || !fec && carry > 0 {
				t.Errorf("%s, FEC %v: %d of %d packets carry the one before", s.name, fec, carry, len(packets))
			}
		}
	}
}

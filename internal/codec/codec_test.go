package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"testing"
)

// The values of G.711, tables 1a and 2a: the ends of the scale, the middle, and the steps near it.
func TestG711(t *testing.T) {
	for _, row := range []struct {
		name string
		code byte
		want int16
	}{
		{"pcmu", 0xFF, 0}, {"pcmu", 0x7F, 0}, {"pcmu", 0x80, 32124}, {"pcmu", 0x00, -32124}, {"pcmu", 0xFE, 8}, {"pcmu", 0x7E, -8}, {"pcmu", 0xE7, 260},
		{"pcma", 0xD5, 8}, {"pcma", 0x55, -8}, {"pcma", 0xAA, 32256}, {"pcma", 0x2A, -32256}, {"pcma", 0xD4, 24}, {"pcma", 0xC5, 264},
	} {
		d, err := New(Config{Name: row.name, SampleRate: 8000, Channels: 1})
		if err != nil {
			t.Fatal(err)
		}
		var dst [2]byte
		if n, err := d.Decode(dst[:], []byte{row.code}); n != 1 || err != nil || int16(binary.LittleEndian.Uint16(dst[:])) != row.want {
			t.Errorf("%s %#x: %d, %v, want %d", row.name, row.code, int16(binary.LittleEndian.Uint16(dst[:])), err, row.want)
		}
	}
}

func TestL16(t *testing.T) {
	d, _ := New(Config{Name: "l16", SampleRate: 44100, Channels: 2})
	var dst [8]byte
	if n, err := d.Decode(dst[:], []byte{1, 2, 3, 4, 5, 6, 7, 8}); n != 2 || err != nil || !bytes.Equal(dst[:], []byte{2, 1, 4, 3, 6, 5, 8, 7}) {
		t.Errorf("%d frames, %v, % x", n, err, dst)
	}
	if d.ClockRate() != 44100 {
		t.Errorf("clock rate %d", d.ClockRate())
	}
}

func TestConfigsThatDontGo(t *testing.T) {
	for _, c := range []Config{
		{"mp3", 48000, 1, ""}, {"opus", 44100, 1, ""}, {"opus", 48000, 3, ""}, {"opus", 48000, 1, "ffmpeg"}, {"pcmu", 48000, 1, ""},
		{"pcma", 16000, 2, ""}, {"l16", 0, 1, ""}, {"l16", 48000, 0, ""},
	} {
		_, err := New(c)
		var bad *ConfigError
		if !errors.As(err, &bad) || bad.Field == "" || bad.Value == "" || bad.Want == "" {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// The lengths of packets by their first bytes (RFC 6716, table 2 and 3.2).
func TestOpusDuration(t *testing.T) {
	for _, row := range []struct {
		p    []byte
		want int // frames at 48 kHz; 0 is an error
	}{
		{[]byte{0 << 3}, 480}, {[]byte{1 << 3}, 960}, {[]byte{2 << 3}, 1920}, {[]byte{3 << 3}, 2880}, {[]byte{12 << 3}, 480}, {[]byte{15 << 3}, 960},
		{[]byte{16 << 3}, 120}, {[]byte{17 << 3}, 240}, {[]byte{31 << 3}, 960}, {[]byte{31<<3 | 1}, 1920}, {[]byte{31<<3 | 2, 0}, 1920},
		{[]byte{31<<3 | 3, 6}, 5760}, {[]byte{31<<3 | 3, 0x80 | 2}, 1920}, {[]byte{16<<3 | 3, 48}, 5760},
		{nil, 0}, {[]byte{31<<3 | 3}, 0}, {[]byte{31<<3 | 3, 0}, 0}, {[]byte{31<<3 | 3, 7}, 0}, {[]byte{3<<3 | 3, 3}, 0},
	} {
		d, err := New(Config{Name: "opus", SampleRate: 48000, Channels: 1, Opus: "pion"})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := d.Duration(row.p); n != row.want && err == nil || (err != nil) != (row.want == 0) {
			t.Errorf("% x: %d frames, %v, want %d", row.p, n, err, row.want)
		}
	}
}

// Whatever comes, a decoder says no or stays within its bounds, and goes on.
func FuzzDecode(f *testing.F) {
	for _, p := range [][]byte{nil, {0}, {0xF8, 0xFF, 0xFE}, {0xFC, 0xFF, 0xFE}, bytes.Repeat([]byte{0x0B}, 40), {31<<3 | 3, 6, 1, 2, 3, 4, 5, 6}} {
		f.Add(p, byte(0))
	}
	f.Fuzz(func(t *testing.T, p []byte, which byte) {
		if len(p) > 24<<10 {
			return
		}
		var all []Config
		for _, channels := range []int{1, 2} {
			for _, opus := range []string{"pion", "auto"} {
				all = append(all, Config{"opus", []int{8000, 16000, 24000, 48000}[which%4], channels, opus})
			}
			all = append(all, Config{"pcmu", 8000, channels, ""}, Config{"pcma", 8000, channels, ""}, Config{"l16", 48000, channels, ""})
		}
		for _, c := range all {
			d, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			want, err := d.Duration(p)
			if err != nil {
				want = 0
			}
			if c.Name == "opus" && want > c.SampleRate*120/1000 {
				t.Fatalf("%+v: %d frames", c, want)
			}
			room := 2 * want * c.Channels
			dst := bytes.Repeat([]byte{0xA5}, room+64)
			n, err := d.Decode(dst[:room], p)
			if err == nil && (n != want || n == 0) {
				t.Fatalf("%+v: %d frames, Duration says %d", c, n, want)
			}
			if !bytes.Equal(dst[room:], bytes.Repeat([]byte{0xA5}, 64)) {
				t.Fatalf("%+v: wrote past its room", c)
			}
			if _, err := d.Decode(dst[:0], p); err == nil && want > 0 {
				t.Fatalf("%+v: decoded into nothing", c)
			}
			if n, err := d.Recover(dst[:room], p, want); n > want || err != nil && fmt.Sprint(err) == "" {
				t.Fatalf("%+v: recovered %d frames of %d", c, n, want)
			}
		}
	})
}

func TestDecodingAllocatesNothing(t *testing.T) {
	voip := newEncoder(t, 48000, 1, applicationVoIP)
	packets := voip.stream(960, 2)
	dst := make([]byte, 1920)
	d, err := New(Config{"opus", 48000, 1, "libopus"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	i := 0
	if n := testing.AllocsPerRun(200, func() {
		if _, err := d.Decode(dst, packets[i%len(packets)]); err != nil {
			t.Fatal(err)
		}
		i++
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

package testdata

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// cue has every field of a line of a transcript.
type cue struct {
	ID, Channel, Language string
	StartMs, EndMs        int
	Text, Speaker         string
	Final                 bool
	Revision              int
}

const samplesPerMs = 48

func TestSpeeches(t *testing.T) {
	var channels []string
	for _, s := range Speeches() {
		channels = append(channels, s.Channel)
		t.Run(s.Channel, func(t *testing.T) {
			pcm := samples(t, s.WAV)
			if p := decibels(peak(pcm)); p < -6 || p > -3 {
				t.Errorf("peak %.1f dBFS, want -6 to -3", p)
			}
			cues := transcript(t, s)
			if n := len(cues); n < 2 || n > 4 {
				t.Errorf("%d cues, want 2 to 4", n)
			}
			quietFrom := 0 // ms; where the cue before ended
			for _, c := range cues {
				if c.StartMs < quietFrom || c.EndMs <= c.StartMs || c.EndMs*samplesPerMs > len(pcm) {
					t.Fatalf("%s: %d to %d ms after %d, in %d ms of audio", c.ID, c.StartMs, c.EndMs, quietFrom, len(pcm)/samplesPerMs)
				}
				wantSilent(t, pcm, quietFrom, c.StartMs)
				// The times are the speech's own only if it is heard right at both ends.
				wantSpeech(t, pcm, c.StartMs, c.StartMs+50)
				wantSpeech(t, pcm, c.StartMs, c.EndMs)
				wantSpeech(t, pcm, c.EndMs-50, c.EndMs)
				quietFrom = c.EndMs
			}
			end := len(pcm) / samplesPerMs
			wantSilent(t, pcm, quietFrom, end)
			if end-quietFrom > 1000 {
				t.Errorf("audio of %d ms, last cue ends at %d", end, quietFrom)
			}
		})
	}
	if got := strings.Join(channels, " "); got != "floor ca en" {
		t.Errorf("channels %s, want floor ca en", got)
	}
}

// A caller may change what it got without changing what the next one gets.
func TestSpeechesAreTheCallers(t *testing.T) {
	first := Speeches()[0]
	clear(first.WAV)
	clear(first.Cues)
	second := Speeches()[0]
	if bytes.Equal(first.WAV, second.WAV) || bytes.Equal(first.Cues, second.Cues) {
		t.Error("two calls share their bytes")
	}
}

// The files are those that make.sh made: not edited by hand, nor by a version control system that knows line ends better.
func TestFilesAreAsMade(t *testing.T) {
	sums, err := os.ReadFile("SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for line := range strings.Lines(string(sums)) {
		want, file, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s: SHA-256 %x, want %s", file, sum, want)
		}
		checked++
	}
	if want := 3*len(Speeches()) + len(Streams()); checked != want {
		t.Errorf("SHA256SUMS names %d files, want %d", checked, want)
	}
}

// samples checks the header field by field and returns what follows it.
//
//	0 RIFF  4 size  8 WAVE  12 "fmt "  16 16  20 format  22 channels  24 rate  28 bytes/s  32 frame  34 bits  36 data  40 size  44 …
func samples(t *testing.T, wav []byte) []int16 {
	t.Helper()
	le := binary.LittleEndian
	if len(wav) < 44 || string(wav[0:4])+string(wav[8:16])+string(wav[36:40]) != "RIFFWAVEfmt data" {
		t.Fatalf("not a plain WAV file: %q", wav[:min(44, len(wav))])
	}
	if got, want := int(le.Uint32(wav[4:])), len(wav)-8; got != want {
		t.Errorf("RIFF size %d, want %d", got, want)
	}
	if got, want := int(le.Uint32(wav[40:])), len(wav)-44; got != want {
		t.Errorf("data size %d, want %d", got, want)
	}
	format, channels, rate, bits := le.Uint16(wav[20:]), le.Uint16(wav[22:]), le.Uint32(wav[24:]), le.Uint16(wav[34:])
	if format != 1 || channels != 1 || rate != 48000 || bits != 16 {
		t.Errorf("format %d, %d channels, %d Hz, %d bits; want 1, 1, 48000, 16", format, channels, rate, bits)
	}
	pcm := make([]int16, (len(wav)-44)/2)
	for i := range pcm {
		pcm[i] = int16(le.Uint16(wav[44+2*i:]))
	}
	return pcm
}

func transcript(t *testing.T, s Speech) []cue {
	t.Helper()
	var cues []cue
	for line := range bytes.Lines(s.Cues) {
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		var c cue
		if err := d.Decode(&c); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if c.ID == "" || c.Channel != s.Channel || c.Language != s.Language || c.Text == "" || c.Speaker == "" || !c.Final || c.Revision != 1 {
			t.Errorf("unfit cue for channel %s in %s: %+v", s.Channel, s.Language, c)
		}
		cues = append(cues, c)
	}
	return cues
}

func wantSilent(t *testing.T, pcm []int16, fromMs, toMs int) {
	t.Helper()
	if p := peak(pcm[fromMs*samplesPerMs : toMs*samplesPerMs]); p != 0 {
		t.Errorf("%d to %d ms: peak %.0f where nobody speaks", fromMs, toMs, p)
	}
}

func wantSpeech(t *testing.T, pcm []int16, fromMs, toMs int) {
	t.Helper()
	if p := decibels(peak(pcm[fromMs*samplesPerMs : toMs*samplesPerMs])); p < -45 {
		t.Errorf("%d to %d ms: peak %.1f dBFS where somebody speaks", fromMs, toMs, p)
	}
}

func peak(pcm []int16) float64 {
	loudest := 0.0
	for _, s := range pcm {
		loudest = max(loudest, math.Abs(float64(s)))
	}
	return loudest
}

func decibels(level float64) float64 { return 20 * math.Log10(level/32768) }

// The packets are those of a sender that lost none, and as long as the WAV.
func TestOpusPackets(t *testing.T) {
	for i, s := range Speeches() {
		packets := s.Packets()
		total := 0
		for n, p := range packets {
			total += 2 + len(p)
			be := binary.BigEndian
			if len(p) <= 12 || p[0] != 0x80 || p[1] != 111 || be.Uint16(p[2:]) != uint16(n) || be.Uint32(p[4:]) != uint32(n*960) || be.Uint32(p[8:]) != uint32(i+1) {
				t.Fatalf("%s: packet %d begins % x", s.Channel, n, p[:12])
			}
		}
		if want := (len(s.WAV)/2 - 22 + 959) / 960; len(packets) != want || total != len(s.Opus) {
			t.Errorf("%s: %d packets, want %d; %d bytes of %d", s.Channel, len(packets), want, total, len(s.Opus))
		}
	}
}

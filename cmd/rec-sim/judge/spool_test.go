package judge

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"os"
	"strings"
	"testing"
)

// wideOf is a WAV whose samples begin where the recorder's do.
func wideOf(samples []byte) []byte {
	le := binary.LittleEndian
	p := append([]byte("RIFF"), le.AppendUint32(nil, uint32(headerBytes-8+len(samples)))...)
	p = append(p, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00JUNK"...)
	p = le.AppendUint32(p, uint32(headerBytes-8-len(p)-4))
	p = append(p, make([]byte, headerBytes-8-len(p))...)
	return append(le.AppendUint32(append(p, "data"...), uint32(len(samples))), samples...)
}

// lost is a session of one channel that a loss of power left in the spool with 1,000 samples, and a second that was finished.
func lost(t *testing.T) *scene {
	s := &scene{t: t, root: t.TempDir()}
	s.write(".spool/i/s/session.json", []byte(`{"recordingId":"r-1"}`))
	s.write(".spool/i/s/a.wav.part", wideOf(signal(0, 1000)))
	s.publish("two", "r-2", 1, 500)
	before, err := ReadSpool(s.root)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(s.path(".spool")); err != nil {
		t.Fatal(err)
	}
	s.c = Case{
		Root: s.root, PerSession: 1, Frame: 100, Acks: []uint64{600, 500}, Accepted: []uint64{1000, 500}, Created: []bool{true, true},
		PowerLost: true, Before: before,
	}
	return s
}

// publish writes a recording of one channel with so many samples.
func (s *scene) publish(session, id string, ordinal int, samples int64) {
	p := wideOf(signal(ordinal, samples))
	s.write("2026/11/23/"+session+"/a.wav", p)
	text, err := json.Marshal(map[string]any{"recordingId": id, "outcome": "partial", "channels": []any{map[string]any{
		"label": fmt.Sprintf("pattern:%d", ordinal),
		"audio": map[string]any{"file": "a.wav", "samples": samples, "bytes": len(p), "crc64nvme": fmt.Sprintf("%016x", crc64.Checksum(p, nvme))},
	}}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("2026/11/23/"+session+"/manifest.json", text)
}

// tail puts what was cut off into the quarantine.
func (s *scene) tail(from int64) {
	s.write(".quarantine/r-1/a.tail.pcm", signal(0, 1000)[2*from:])
	s.write(".quarantine/r-1/reason.txt", fmt.Appendf(nil, "a.tail.pcm: bytes %d to %d of channel\nand more\n", headerBytes+2*from, headerBytes+2000))
}

func TestJudgeOfALossOfPower(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(s *scene)
		want string // no problem if empty
	}{
		{"all is there", func(s *scene) { s.publish("one", "r-1", 0, 1000) }, ""},
		{"what was promised, and the rest as a tail", func(s *scene) { s.publish("one", "r-1", 0, 700); s.tail(700) }, ""},
		{"less than was promised", func(s *scene) { s.publish("one", "r-1", 0, 500); s.tail(500) }, "600 samples were accepted, 500 are there"},
		{"the rest is nowhere", func(s *scene) { s.publish("one", "r-1", 0, 700) }, "byte 1400 of the samples was there before recovery"},
		{"a tail that begins too late", func(s *scene) { s.publish("one", "r-1", 0, 700); s.tail(710) }, "byte 1400 of the samples"},
		{"no recording", func(s *scene) { s.c.Acks[0] = 0 }, "Create had returned and there is no file"},
		{"no recording of what was never promised", func(s *scene) {
			s.c.Acks[0], s.c.Created[0] = 0, false
		}, "2000 bytes of audio were there before recovery, and there is no recording"},
		{"it claims to be complete", func(s *scene) {
			s.publish("one", "r-1", 0, 700)
			s.tail(700)
			p, err := os.ReadFile(s.path("2026/11/23/one/manifest.json"))
			if err != nil {
				s.t.Fatal(err)
			}
			s.write("2026/11/23/one/manifest.json", []byte(strings.Replace(string(p), "partial", "repaired", 1)))
		}, "700 of 1000 samples that were accepted are there, and the outcome is repaired"},
		{"a finished one has changed", func(s *scene) {
			s.publish("one", "r-1", 0, 1000)
			s.publish("two", "r-2", 1, 501)
		}, "was finished, and has changed"},
		{"a session in quarantine", func(s *scene) {
			s.publish("one", "r-1", 0, 1000)
			s.write(".quarantine/s/session.json", nil)
		}, "lies in quarantine, and is no tail"},
		{"refused writes that are not accounted for", func(s *scene) {
			s.publish("one", "r-1", 0, 1000)
			s.c.Sent = 1001
		}, "1000 samples, 0 of them in gaps for refused writes; want 1001"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := lost(t)
			row.do(s)
			v, err := Judge(s.c)
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(v.Problems, "\n")
			if row.want == "" && text != "" || !strings.Contains(text, row.want) {
				t.Errorf("problems %q, want %q", v.Problems, row.want)
			}
		})
	}
}

func TestSpoolKnowsWhatIsFinished(t *testing.T) {
	before := lost(t).c.Before
	if before.Finished(0) || !before.Finished(1) {
		t.Errorf("finished: %v, %v", before.Finished(0), before.Finished(1))
	}
}

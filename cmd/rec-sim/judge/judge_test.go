package judge

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"go/parser"
	"go/token"
	"hash/crc64"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// scene builds recordings with nothing but this file: the judge's tests, too, share nothing with the recorder.
type scene struct {
	t    *testing.T
	root string
	c    Case
}

// newScene is one session of two channels with 2,000 samples each, of which 1,500 were acknowledged.
func newScene(t *testing.T) *scene {
	s := &scene{t: t, root: t.TempDir()}
	s.c = Case{
		Root: s.root, Acks: []uint64{1500, 1500}, PerSession: 2, Frame: 100,
		Cue: func(ordinal, k int) (string, int64) { return fmt.Sprintf("cue %d of %d", k, ordinal), int64(k+1) * 600 },
	}
	s.write("2026/11/23/one/a.wav", wavOf(signal(0, 2000)))
	s.write("2026/11/23/one/b.wav", wavOf(signal(1, 2000)))
	for ordinal, name := range []string{"a", "b"} {
		// By sample 1,500 two cues were sent, at 600 and 1,200.
		s.write("2026/11/23/one/"+name+".srt", fmt.Appendf(nil,
			"1\n00:00:00,000 --> 00:00:01,000\nspeaker: cue 0 of %[1]d\n\n2\n00:00:01,000 --> 00:00:02,000\ncue 1 of %[1]d\n\n", ordinal))
	}
	s.describe("one", map[string]any{"a": 0, "b": 1}, nil)
	return s
}

func (s *scene) path(name string) string { return filepath.Join(s.root, filepath.FromSlash(name)) }

func (s *scene) write(name string, p []byte) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(s.path(name)), 0o750); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.path(name), p, 0o640); err != nil {
		s.t.Fatal(err)
	}
}

// describe writes the manifest of a session as its files are now: channel names and their ordinals, and gaps for all.
func (s *scene) describe(session string, channels map[string]any, gaps []gap) {
	s.t.Helper()
	var list []any
	for name, ordinal := range channels {
		p, err := os.ReadFile(s.path("2026/11/23/" + session + "/" + name + ".wav"))
		if err != nil {
			s.t.Fatal(err)
		}
		list = append(list, map[string]any{
			"label": fmt.Sprintf("pattern:%v", ordinal),
			"audio": map[string]any{
				"file": name + ".wav", "sampleRate": 48000, "samples": (len(p) - 44) / 2, "bytes": len(p),
				"crc64nvme": fmt.Sprintf("%016x", crc64.Checksum(p, nvme)),
			},
			"gaps":        gaps,
			"transcripts": []any{map[string]any{"srt": name + ".srt"}},
		})
	}
	p, err := json.Marshal(map[string]any{"outcome": "repaired", "channels": list})
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("2026/11/23/"+session+"/manifest.json", p)
}

func signal(ordinal int, n int64) []byte {
	var p []byte
	for i := range n {
		p = binary.LittleEndian.AppendUint16(p, uint16(Sample(ordinal, i)))
	}
	return p
}

func wavOf(samples []byte) []byte {
	le := binary.LittleEndian
	p := append([]byte("RIFF"), le.AppendUint32(nil, uint32(36+len(samples)))...)
	p = append(p, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00data"...)
	return append(append(p, le.AppendUint32(nil, uint32(len(samples)))...), samples...)
}

// rf64Of is the same with 64-bit sizes.
func rf64Of(samples []byte) []byte {
	le := binary.LittleEndian
	p := []byte("RF64\xff\xff\xff\xffWAVEds64\x1c\x00\x00\x00")
	p = le.AppendUint64(p, uint64(72+len(samples)))
	p = le.AppendUint64(p, uint64(len(samples)))
	p = le.AppendUint64(p, uint64(len(samples)/2))
	p = append(p, 0, 0, 0, 0)
	p = append(p, "fmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00data\xff\xff\xff\xff"...)
	return append(p, samples...)
}

func TestCRC(t *testing.T) {
	// The check value that the NVM Command Set Specification gives for its CRC.
	if got := crc64.Checksum([]byte("123456789"), nvme); got != 0xae8b14860a799888 {
		t.Errorf("CRC of 123456789 is %016x", got)
	}
}

func TestJudgeIsContent(t *testing.T) {
	s := newScene(t)
	v, err := Judge(s.c)
	if err != nil || len(v.Problems) > 0 {
		t.Fatalf("%v, %q", err, v.Problems)
	}
	if v.Recordings != 1 || v.Repaired != 1 || v.Acked != 3000 || v.Recovered != 4000 || v.Lost != 0 || v.Cues != 4 {
		t.Errorf("%+v", v)
	}
}

// TestJudgeFindsLoss does to a good recording what a bad recorder would.
func TestJudgeFindsLoss(t *testing.T) {
	both := map[string]any{"a": 0, "b": 1}
	damaged := func(at int) func(s *scene) {
		return func(s *scene) {
			p := wavOf(signal(0, 2000))
			p[44+2*at]++
			s.write("2026/11/23/one/a.wav", p)
			s.describe("one", both, nil)
		}
	}
	silent := func(ordinal, from, to int) []byte {
		p := wavOf(signal(ordinal, 2000))
		clear(p[44+2*from : 44+2*to])
		return p
	}
	for _, row := range []struct {
		name string
		do   func(s *scene)
		want string
		lost int64
	}{
		{"a file too short", func(s *scene) {
			s.write("2026/11/23/one/a.wav", wavOf(signal(0, 1400)))
			s.describe("one", both, nil)
		}, "1500 samples were accepted, 1400 are there", 100},
		{"a wrong sample among those accepted", damaged(700), "sample 700 is not the one", 0},
		{"a wrong sample behind them", damaged(1999), "sample 1999 is not the one", 0},
		{"samples moved by one", func(s *scene) {
			s.write("2026/11/23/one/a.wav", wavOf(append([]byte{0, 0}, signal(0, 2000)...)))
			s.describe("one", both, nil)
		}, "sample 1 is not the one", 1499},
		{"a gap over what was accepted", func(s *scene) {
			s.write("2026/11/23/one/a.wav", silent(0, 1000, 1200))
			s.write("2026/11/23/one/b.wav", silent(1, 1000, 1200))
			s.describe("one", both, []gap{{1000, 200, "crash"}})
		}, "a gap at 1000 covers", 0},
		{"the other channel's audio", func(s *scene) {
			s.describe("one", map[string]any{"a": 1, "b": 0}, nil)
			// Neighbours differ in about two samples of three: the phase is less than one step of a sample.
		}, "is not the one that was recorded", 1474},
		{"no file", func(s *scene) {
			s.describe("one", map[string]any{"b": 1}, nil)
		}, "ordinal 0: 1500 samples were accepted and there is no file", 1500},
		{"twice", func(s *scene) {
			s.write("2026/11/23/two/a.wav", wavOf(signal(0, 2000)))
			s.describe("two", map[string]any{"a": 0}, nil)
		}, "ordinal 0 is there twice", 0},
		{"from nowhere", func(s *scene) {
			s.write("2026/11/23/two/a.wav", wavOf(signal(9, 10)))
			s.describe("two", map[string]any{"a": 9}, nil)
		}, "ordinal 9 was never fed", 0},
		{"bytes changed and the manifest not", func(s *scene) {
			p := wavOf(signal(0, 2000))
			p[30]++
			s.write("2026/11/23/one/a.wav", p)
		}, "manifest says", 1500},
		{"a file longer than its header", func(s *scene) {
			s.write("2026/11/23/one/a.wav", append(wavOf(signal(0, 2000)), 0, 0))
			s.describe("one", both, nil)
		}, "bytes behind the samples", 1500},
		{"no WAV", func(s *scene) {
			s.write("2026/11/23/one/a.wav", make([]byte, 100))
			s.describe("one", both, nil)
		}, "begins with", 1500},
		{"no manifest", func(s *scene) {
			if err := os.Remove(s.path("2026/11/23/one/manifest.json")); err != nil {
				s.t.Fatal(err)
			}
		}, "a recording without a manifest", 3000},
		{"half a manifest", func(s *scene) {
			s.write("2026/11/23/one/manifest.json", []byte(`{"channels":`))
		}, "unexpected end of JSON", 3000},
		{"an orphan", func(s *scene) { s.write(".spool/i/s/session.json", nil) }, "an orphan is left", 0},
		{"a quarantine", func(s *scene) { s.write(".quarantine/s/reason.txt", nil) }, "lies in quarantine", 0},
		{"a cue that is missing", func(s *scene) {
			s.write("2026/11/23/one/b.srt", []byte("1\n00:00:00,000 --> 00:00:01,000\ncue 0 of 1\n\n"))
		}, `cue "cue 1 of 1" was accepted`, 0},
		{"another signal", func(s *scene) {
			s.describe("one", map[string]any{"a": "x", "b": 1}, nil)
		}, "carries no pattern", 1500},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newScene(t)
			row.do(s)
			v, err := Judge(s.c)
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.Join(v.Problems, "\n"); !strings.Contains(text, row.want) {
				t.Errorf("problems %q, want one with %q", v.Problems, row.want)
			}
			if v.Lost != row.lost {
				t.Errorf("%d samples lost, want %d", v.Lost, row.lost)
			}
		})
	}
}

// TestJudgeForgives what is no loss.
func TestJudgeForgives(t *testing.T) {
	for name, do := range map[string]func(s *scene){
		"silence where a write was refused": func(s *scene) {
			// 1,500 were accepted: 500, then 300 refused, then 1,000.
			for ordinal, file := range []string{"a", "b"} {
				p := wavOf(signal(ordinal, 2000))
				clear(p[44+2*500 : 44+2*800])
				s.write("2026/11/23/one/"+file+".wav", p)
			}
			s.describe("one", map[string]any{"a": 0, "b": 1}, []gap{{500, 300, "overflow"}})
		},
		"silence behind what was accepted": func(s *scene) {
			for ordinal, file := range []string{"a", "b"} {
				s.write("2026/11/23/one/"+file+".wav", wavOf(append(signal(ordinal, 1500), make([]byte, 200)...)))
			}
			s.describe("one", map[string]any{"a": 0, "b": 1}, []gap{{1500, 100, "disconnect"}})
		},
		"a session that accepted nothing": func(s *scene) { s.c.Acks = append(s.c.Acks, 0, 0) },
		"64-bit sizes": func(s *scene) {
			p := rf64Of(signal(0, 2000))
			s.write("2026/11/23/one/a.wav", p)
			text, err := os.ReadFile(s.path("2026/11/23/one/manifest.json"))
			if err != nil {
				s.t.Fatal(err)
			}
			old := wavOf(signal(0, 2000))
			text = []byte(strings.NewReplacer(
				fmt.Sprintf("%016x", crc64.Checksum(old, nvme)), fmt.Sprintf("%016x", crc64.Checksum(p, nvme)),
				fmt.Sprintf(`"bytes":%d,"crc64nvme":"%016x"`, len(old), crc64.Checksum(old, nvme)),
				fmt.Sprintf(`"bytes":%d,"crc64nvme":"%016x"`, len(p), crc64.Checksum(p, nvme)),
			).Replace(string(text)))
			s.write("2026/11/23/one/manifest.json", text)
		},
		"an instance that is empty": func(s *scene) { s.write(".spool/.new-1/LOCK", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t)
			do(s)
			v, err := Judge(s.c)
			if err != nil || len(v.Problems) > 0 || v.Lost > 0 {
				t.Errorf("%v, %d lost, %q", err, v.Lost, v.Problems)
			}
		})
	}
}

// TestJudgeIsAStranger: an import of ours would let one mistake be made twice.
func TestJudgeIsAStranger(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil || strings.Contains(path, ".") {
				t.Errorf("%s imports %s, want the standard library only", name, i.Path.Value)
			}
		}
	}
}

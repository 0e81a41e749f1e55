package finalize

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/level"
	"github.com/ilenia-live/rec/internal/srt"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// A scene is a recording built from the file formats alone, so that Verify is tested against what they promise and
// not against what Publish happens to write.
type scene struct {
	t    testing.TB
	root string
	dir  string // of the recording, below the root
	m    Manifest
}

const sceneFrames = 8000 // one second

// newScene is one good recording of two channels: a pattern with a gap in it, and silence. Both have a transcript.
func newScene(t testing.TB) *scene {
	t.Helper()
	s := &scene{t: t, root: t.TempDir(), dir: "2026/11/23/one"}
	started := time.Date(2026, 11, 23, 17, 9, 0, 0, time.UTC)
	s.m = Manifest{
		Schema: 1, SessionID: "one", RecordingID: "r1", StartedAt: started, EndedAt: started.Add(time.Second), Outcome: OutcomeOK,
	}
	s.channel("a", "pattern:5", pattern5(), []Gap{{Start: 2000, Length: 500, Cause: "loss"}, {Start: 3000, Length: 1, Cause: "dtx"}})
	s.channel("b", "silent", make([]byte, 2*sceneFrames), nil)
	s.save()
	return s
}

// pattern5 is the signal of ordinal 5 with silence in the scene's gaps.
func pattern5() []byte {
	p := make([]byte, 2*sceneFrames)
	for i := range uint32(sceneFrames) {
		if i >= 2000 && i < 2500 || i == 3000 {
			continue
		}
		binary.LittleEndian.PutUint16(p[2*i:], uint16((i*2654435761+5*40503)>>16))
	}
	return p
}

func (s *scene) path(name string) string {
	return filepath.Join(s.root, filepath.FromSlash(s.dir), name)
}

func (s *scene) write(name string, p []byte) {
	s.t.Helper()
	s.must(os.MkdirAll(filepath.Dir(s.path(name)), 0o750))
	s.must(os.WriteFile(s.path(name), p, 0o640))
}

func (s *scene) read(name string) []byte {
	s.t.Helper()
	p, err := os.ReadFile(s.path(name))
	s.must(err)
	return p
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// save writes the manifest.
func (s *scene) save() {
	s.t.Helper()
	p, err := json.Marshal(s.m)
	s.must(err)
	s.write("manifest.json", p)
}

func (s *scene) channel(id, label string, samples []byte, gaps []Gap) {
	s.t.Helper()
	s.m.Channels = append(s.m.Channels, Channel{
		ID: id, Label: label, Language: "es", Outcome: OutcomeOK, Gaps: gaps,
		Audio: Audio{File: id + ".wav", Container: "wav", Codec: "pcm_s16le", SampleRate: 8000, Channels: 1},
	})
	s.audio(len(s.m.Channels)-1, samples)
	s.transcript(len(s.m.Channels)-1, []srt.Cue{{Start: 0, End: 400e6, Text: "uno"}, {Start: 300e6, End: time.Second, Text: "dos"}})
}

// audio writes a channel's file and makes the manifest agree with it: what remains wrong is in the samples.
func (s *scene) audio(i int, samples []byte) {
	s.t.Helper()
	var header [wavfile.HeaderSize]byte
	h := wavfile.Header{Format: wavfile.Format{SampleRate: 8000, Channels: 1}, DataBytes: int64(len(samples))}
	s.must(h.Encode(&header))
	s.file(i, append(header[:], samples...))
}

// file does the same for a file as a whole.
func (s *scene) file(i int, p []byte) {
	c := &s.m.Channels[i]
	s.write(c.Audio.File, p)
	samples := p[min(len(p), wavfile.HeaderSize):]
	var meter level.Meter
	meter.Add(samples)
	c.Levels = Levels{PeakDBFS: meter.PeakDBFS(), RMSDBFS: meter.RMSDBFS()}
	c.Audio.Samples, c.Audio.Bytes = int64(len(samples)/2), int64(len(p))
	c.Audio.CRC64NVME = checksum.Hex(checksum.Update(0, p))
}

func (s *scene) transcript(i int, cues []srt.Cue) {
	s.t.Helper()
	c := &s.m.Channels[i]
	name := c.ID + ".es"
	var a, b bytes.Buffer
	s.must(srt.WriteSRT(&a, cues))
	s.must(srt.WriteVTT(&b, cues, "es"))
	s.write(name+".srt", a.Bytes())
	s.write(name+".vtt", b.Bytes())
	c.Transcripts = []Transcript{{Language: "es", SRT: name + ".srt", VTT: name + ".vtt", Cues: len(cues)}}
}

func (s *scene) verify(opts VerifyOptions) VerifyReport {
	s.t.Helper()
	root, err := durable.OpenRoot(s.root)
	s.must(err)
	defer func() { s.must(root.Close()) }()
	r, err := Verify(context.Background(), root, opts)
	s.must(err)
	return r
}

func problems(r VerifyReport) string {
	var b strings.Builder
	for _, f := range r.Findings {
		b.WriteString(f.Recording + " " + f.File + ": " + f.Problem + "\n")
	}
	return b.String()
}

func TestVerifyGood(t *testing.T) {
	s := newScene(t)
	r := s.verify(VerifyOptions{})
	if len(r.Findings) > 0 {
		t.Fatal(problems(r))
	}
	if r.Recordings != 1 || r.Files != 7 || r.Bytes != 2*(4096+16000) || r.AudioSeconds != 2 || r.Gaps != 2 || r.Cues != 4 ||
		r.SamplesChecked != 8000-501 || r.Outcomes[OutcomeOK] != 1 {
		t.Errorf("%+v", r)
	}
}

// TestVerifyFindsDamage: every row says how it damages a good recording, and what must be said about it.
func TestVerifyFindsDamage(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(s *scene)
		want string // "file: text"
	}{
		// The manifest.
		{"cut manifest", func(s *scene) { s.write("manifest.json", s.read("manifest.json")[:100]) }, "manifest.json: read"},
		{"empty manifest", func(s *scene) { s.write("manifest.json", nil) }, "manifest.json: read"},
		{"no schema", func(s *scene) { s.m.Schema = 0 }, "manifest.json: read 2026/11/23/one/manifest.json: schema 0"},
		{"bad session id", func(s *scene) { s.m.SessionID = "../x" }, `manifest.json: sessionId "../x"`},
		{"another session's directory", func(s *scene) { s.m.SessionID = "two" }, "manifest.json: belongs to session"},
		{"another day's directory", func(s *scene) { s.m.StartedAt = s.m.StartedAt.AddDate(0, 0, -1) }, "manifest.json: belongs to session"},
		{"ends before it starts", func(s *scene) { s.m.EndedAt = s.m.StartedAt.Add(-1) }, "manifest.json: startedAt"},
		{"no channels", func(s *scene) { s.m.Channels = nil }, "manifest.json: 0 channels"},
		{"a channel twice", func(s *scene) { s.m.Channels = append(s.m.Channels, s.m.Channels[0]) }, `manifest.json: channel "a" is there twice`},
		{"a file twice", func(s *scene) { s.m.Channels[1].Audio.File = "a.wav" }, "a.wav: is named twice"},
		{"a path for a name", func(s *scene) { s.m.Channels[1].Audio.File = "../b.wav" }, `manifest.json: names the file "../b.wav"`},
		{"another codec", func(s *scene) { s.m.Channels[0].Audio.Codec = "opus" }, "a.wav: manifest says codec"},
		{"an impossible rate", func(s *scene) { s.m.Channels[0].Audio.SampleRate = 0 }, "a.wav: manifest says sample rate 0"},
		// Outcomes.
		{"unknown outcome", func(s *scene) { s.m.Channels[0].Outcome = "fine" }, `a.wav: outcome "fine" is unknown`},
		{"better than its channels", func(s *scene) {
			s.m.Channels[0].Outcome = OutcomeDegraded
			s.m.Channels[0].Gaps[0].Cause = "overflow"
		}, `manifest.json: outcome "ok", but the worst`},
		{"ok in spite of an overflow", func(s *scene) { s.m.Channels[0].Gaps[0].Cause = "overflow" }, `a.wav: outcome "ok" in spite`},
		{"degraded without reason", func(s *scene) {
			s.m.Outcome, s.m.Channels[0].Outcome = OutcomeDegraded, OutcomeDegraded
		}, `a.wav: outcome "degraded" without`},
		{"repaired by nobody", func(s *scene) {
			s.m.Outcome, s.m.Channels[0].Outcome = OutcomeRepaired, OutcomeRepaired
		}, `manifest.json: outcome "repaired" without a recovery`},
		{"a recovery of what was ok", func(s *scene) {
			s.m.Recovery = &Recovery{Cause: CauseProcessDeath, RecoveredAt: s.m.EndedAt}
		}, `manifest.json: outcome "ok" in spite of a recovery`},
		{"unknown recovery", func(s *scene) {
			s.m.Recovery = &Recovery{Cause: "magic", RecoveredAt: s.m.EndedAt}
		}, `manifest.json: recovery cause "magic"`},
		{"a loss that is not admitted", func(s *scene) {
			s.m.Recovery = &Recovery{Cause: CauseAbandoned, RecoveredAt: s.m.EndedAt, LostAtMostMs: 5}
		}, "manifest.json: outcome \"ok\", yet up to 5 ms"},
		// Names.
		{"no audio file", func(s *scene) { s.must(os.Remove(s.path("a.wav"))) }, "a.wav: is missing"},
		{"no transcript", func(s *scene) { s.must(os.Remove(s.path("b.es.vtt"))) }, "b.es.vtt: is missing"},
		{"a file too many", func(s *scene) { s.write("notes.txt", nil) }, "notes.txt: lies here"},
		{"a link for a file", func(s *scene) {
			s.must(os.Rename(s.path("a.wav"), filepath.Join(s.root, "moved")))
			s.must(os.Symlink("../../../../moved", s.path("a.wav")))
		}, "a.wav: is a L"},
		{"a directory for a file", func(s *scene) {
			s.must(os.Remove(s.path("b.es.srt")))
			s.must(os.Mkdir(s.path("b.es.srt"), 0o750))
		}, "b.es.srt: is a d"},
		// Structure.
		{"a byte short", func(s *scene) { s.write("a.wav", s.read("a.wav")[:4096+15999]) }, "a.wav: 20095 bytes, manifest says 20096"},
		{"a byte long", func(s *scene) { s.file(0, append(s.read("a.wav"), 0)) }, "a.wav: 1 bytes behind the samples"},
		{"no header", func(s *scene) { s.file(0, make([]byte, 20096)) }, "a.wav: wavfile: parse"},
		{"an empty file", func(s *scene) { s.file(0, nil) }, "a.wav: wavfile: parse"},
		{"another rate in the header", func(s *scene) {
			p := s.read("a.wav")
			binary.LittleEndian.PutUint32(p[bytes.Index(p, []byte("fmt "))+12:], 16000)
			s.file(0, p)
		}, "a.wav: sample rate 16000, manifest says 8000"},
		{"more samples in the manifest", func(s *scene) { s.m.Channels[0].Audio.Samples++ }, "a.wav: samples 8000, manifest says 8001"},
		{"another container", func(s *scene) { s.m.Channels[0].Audio.Container = "rf64" }, "a.wav: container wav, manifest says rf64"},
		{"a shorter channel", func(s *scene) { s.audio(1, make([]byte, 2*7800)) }, "b.wav: lasts 975ms, but a.wav lasts 1s"},
		// Samples.
		{"one bit", func(s *scene) {
			p := s.read("b.wav")
			p[9000] ^= 1
			s.write("b.wav", p)
		}, "b.wav: crc64nvme"},
		{"one bit of the header", func(s *scene) {
			p := s.read("b.wav")
			p[1500] ^= 1
			s.write("b.wav", p)
		}, "b.wav: crc64nvme"},
		{"no checksum", func(s *scene) { s.m.Channels[1].Audio.CRC64NVME = "" }, "b.wav: crc64nvme"},
		{"one sample", func(s *scene) {
			p := s.read("a.wav")
			p[4096+2*7999]++
			s.file(0, p)
		}, "a.wav: sample 7999 is"},
		{"samples moved by one", func(s *scene) {
			p := s.read("a.wav")
			copy(p[4096+2*4000+2:], p[4096+2*4000:])
			s.file(0, p)
		}, "a.wav: sample 4001 is"},
		{"another signal", func(s *scene) { s.m.Channels[0].Label = "pattern:60005" }, "a.wav: sample 0 is"},
		{"levels", func(s *scene) { s.m.Channels[0].Levels.PeakDBFS -= 3 }, "a.wav: peak"},
		{"impossible levels", func(s *scene) { s.m.Channels[0].Levels = Levels{PeakDBFS: -90, RMSDBFS: -3} }, "a.wav: manifest says peak -90"},
		// Gaps.
		{"a gap that is not silent", func(s *scene) { s.m.Channels[0].Gaps[1].Length++ }, "a.wav: sample 3001 is not silent"},
		{"gaps out of order", func(s *scene) { slices.Reverse(s.m.Channels[0].Gaps) }, "a.wav: gap 1 starts at 2000, before the end"},
		{"gaps one over the other", func(s *scene) { s.m.Channels[0].Gaps[0].Length = 1001 }, "a.wav: gap 1 starts at 3000, before the end"},
		{"a gap beyond the end", func(s *scene) { s.m.Channels[1].Gaps = []Gap{{Start: 7000, Length: 1001, Cause: "loss"}} }, "b.wav: gap 0 at 7000 with length 1001 does not fit"},
		{"a gap longer than numbers reach", func(s *scene) { s.m.Channels[1].Gaps = []Gap{{Start: 1, Length: 1<<63 - 1, Cause: "loss"}} }, "b.wav: gap 0"},
		{"an empty gap", func(s *scene) { s.m.Channels[1].Gaps = []Gap{{Start: 1, Cause: "loss"}} }, "b.wav: gap 0 at 1 has length 0"},
		{"an unknown cause", func(s *scene) { s.m.Channels[0].Gaps[0].Cause = "boredom" }, `a.wav: gap 0: gap cause "boredom"`},
		// Transcripts.
		{"a cue less", func(s *scene) { s.m.Channels[0].Transcripts[0].Cues = 3 }, "a.es.srt: 2 cues, manifest says 3"},
		{"edited words", func(s *scene) {
			text := s.read("a.es.srt")
			s.m.Channels[0].Transcripts[0].SRTCRC64NVME = checksum.Hex(checksum.Update(0, text))
			s.write("a.es.srt", bytes.ToUpper(text))
		}, "a.es.srt: crc64nvme"},
		{"a cut transcript", func(s *scene) { s.write("a.es.srt", s.read("a.es.srt")[:40]) }, "a.es.srt: parse SRT"},
		{"no VTT header", func(s *scene) { s.write("a.es.vtt", s.read("a.es.srt")) }, "a.es.vtt: parse VTT"},
		{"cues out of order", func(s *scene) {
			s.write("a.es.srt", []byte("1\n00:00:00,500 --> 00:00:00,600\nx\n\n2\n00:00:00,100 --> 00:00:00,200\ny\n\n"))
		}, "a.es.srt: parse SRT"},
		{"a cue after the end", func(s *scene) { s.transcript(0, []srt.Cue{{Start: 0, End: 1001e6, Text: "tarde"}}) }, "a.es.vtt: cue 1 ends at 1.001s"},
		{"two transcripts that differ", func(s *scene) {
			s.write("a.es.srt", bytes.Replace(s.read("a.es.srt"), []byte("00:00:00,400"), []byte("00:00:00,500"), 1))
		}, "a.es.vtt: cue 1 is shown"},
		{"an impossible language", func(s *scene) { s.m.Channels[0].Transcripts[0].Language = "../es" }, `manifest.json: transcript language "../es"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newScene(t)
			before := s.read("manifest.json")
			row.do(s)
			if bytes.Equal(before, s.read("manifest.json")) {
				s.save()
			}
			r := s.verify(VerifyOptions{})
			if got := problems(r); !strings.Contains(got, "2026/11/23/one "+row.want) {
				t.Errorf("want %q, found:\n%s", row.want, got)
			}
			if r.Recordings != 1 {
				t.Errorf("%d recordings", r.Recordings)
			}
		})
	}
}

// TestVerifyHidesNothing: a recording that can't be read leaves the others to be looked at.
func TestVerifyHidesNothing(t *testing.T) {
	s := newScene(t)
	for _, name := range []string{"broken", "two"} {
		s.dir, s.m.SessionID = "2026/11/23/"+name, name
		for i := range s.m.Channels {
			s.audio(i, pattern5())
			s.transcript(i, nil)
		}
		s.save()
	}
	s.dir = "2026/11/23/broken"
	s.write("manifest.json", []byte("{"))
	done := 0
	r := s.verify(VerifyOptions{Parallel: 3, Progress: func(n, total int) {
		if done++; n != done || total != 3 {
			t.Errorf("progress %d of %d, want %d of 3", n, total, done)
		}
	}})
	if r.Recordings != 3 || len(r.Findings) != 1 || r.Findings[0].Recording != "2026/11/23/broken" || r.Outcomes[OutcomeOK] != 2 {
		t.Errorf("%+v", r)
	}
	if done != 3 {
		t.Errorf("told of %d recordings", done)
	}
}

// TestVerifyPlaces: what a recording is, and what only lies there.
func TestVerifyPlaces(t *testing.T) {
	for _, row := range []struct {
		name string
		do   func(s *scene)
		dir  string
		want string // of the findings
		n    int    // recordings
	}{
		{"the root", nil, "", "", 1},
		{"a year", nil, "2026", "", 1},
		{"a day", nil, "2026/11/23", "", 1},
		{"the recording itself", nil, "2026/11/23/one", "", 1},
		{"an empty root", func(s *scene) { s.must(os.RemoveAll(filepath.Join(s.root, "2026"))) }, "", "", 0},
		{"no manifest in a date folder", func(s *scene) { s.dir = "2026/11/24/x"; s.write("a.wav", nil) }, "", "2026/11/24/x manifest.json: ", 2},
		{"an empty directory in a date folder", func(s *scene) { s.must(os.MkdirAll(filepath.Join(s.root, "2026/11/24/x"), 0o750)) }, "", "2026/11/24/x manifest.json: ", 2},
		{"that directory itself", func(s *scene) { s.must(os.MkdirAll(filepath.Join(s.root, "2026/11/24/x"), 0o750)) }, "2026/11/24/x", "2026/11/24/x manifest.json: ", 1},
		{"a stray file", func(s *scene) { s.dir = "2026/11"; s.write("a.wav", nil) }, "", "2026/11 a.wav: lies in a date folder", 1},
		{"a stray directory", func(s *scene) { s.dir = "2026/Nov"; s.write("a.wav", nil) }, "", "2026/Nov : lies where a month", 1},
		{"audio elsewhere", func(s *scene) { s.dir = "backup/x"; s.write("a.wav", nil) }, "", "backup/x : holds audio and no manifest.json", 1},
		{"other things elsewhere", func(s *scene) { s.dir = "docs"; s.write("a.txt", nil); s.write(".x/y", nil) }, "", "", 1},
		{"a recording elsewhere", func(s *scene) {
			s.must(os.Rename(filepath.Join(s.root, "2026/11/23/one"), filepath.Join(s.root, "mine")))
		}, "", "", 1},
		{"the same session id twice", func(s *scene) {
			s.must(os.Rename(filepath.Join(s.root, "2026/11/23/one"), filepath.Join(s.root, "2026/11/23/one~2")))
		}, "", "", 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newScene(t)
			if row.do != nil {
				row.do(s)
			}
			r := s.verify(VerifyOptions{Dir: row.dir})
			got := problems(r)
			if r.Recordings != row.n || !strings.HasPrefix(got, row.want) || row.want == "" && got != "" {
				t.Errorf("%d recordings, want %d; want %q, found:\n%s", r.Recordings, row.n, row.want, got)
			}
		})
	}
}

func TestVerifyCountsWhatLiesBeside(t *testing.T) {
	s := newScene(t)
	for _, name := range []string{".spool/i/s1/session.json", ".spool/i/s2/session.json", ".spool/i/LOCK", ".quarantine/q/reason.txt", ".trash/t/x"} {
		s.dir = filepath.Dir(name)
		s.write(filepath.Base(name), nil)
	}
	if r := s.verify(VerifyOptions{}); r.InSpool != 2 || r.Quarantined != 1 || r.Trashed != 1 || len(r.Findings) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestVerifyStops(t *testing.T) {
	s := newScene(t)
	root, err := durable.OpenRoot(s.root)
	s.must(err)
	defer func() { s.must(root.Close()) }()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Verify(ctx, root, VerifyOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if _, err := Verify(context.Background(), root, VerifyOptions{Dir: "nowhere"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want %v", err, os.ErrNotExist)
	}
}

// TestVerifyReportsAreBounded: a manifest of a million wrong gaps is a few lines.
func TestVerifyReportsAreBounded(t *testing.T) {
	s := newScene(t)
	for range 1000 {
		s.m.Channels[1].Gaps = append(s.m.Channels[1].Gaps, Gap{Start: int64(len(s.m.Channels[1].Gaps)), Length: 1, Cause: "boredom"})
	}
	s.save()
	r := s.verify(VerifyOptions{})
	if last := r.Findings[len(r.Findings)-1]; len(r.Findings) != maxFindings+1 || last.Problem != "950 more findings" {
		t.Errorf("%d findings, the last %+v", len(r.Findings), last)
	}
}

// failingFile fails to read from some byte on, as a disk with a bad sector does.
type failingFile struct {
	durable.File
	from int64
}

func (f failingFile) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > f.from {
		return 0, io.ErrNoProgress
	}
	return f.File.ReadAt(p, off)
}

type failingFS struct{ durable.FS }

func (f failingFS) OpenRead(name string) (durable.File, error) {
	file, err := f.FS.OpenRead(name)
	if err == nil && strings.HasSuffix(name, "a.wav") {
		file = failingFile{file, 10000}
	}
	return file, err
}

func TestVerifyReadError(t *testing.T) {
	s := newScene(t)
	root, err := durable.OpenRoot(s.root)
	s.must(err)
	defer func() { s.must(root.Close()) }()
	r, err := Verify(context.Background(), failingFS{root}, VerifyOptions{})
	s.must(err)
	if got := problems(r); !strings.Contains(got, "a.wav: read 16000 bytes at 4096: multiple Read calls") || len(r.Findings) != 1 {
		t.Errorf("found:\n%s", got)
	}
}

package recorder_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc64"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ilenia-live/rec/recorder"
)

// Contract C8: nobody but its owner and the group sees a recording, nobody writes to it any more, and nothing else is left.
func TestPublishedFiles(t *testing.T) {
	stagings := []string{"volume"}
	// A tmpfs without room is refused, and a container may have one of 64 MiB.
	var st syscall.Statfs_t
	if err := syscall.Statfs("/dev/shm", &st); err == nil && st.Bavail*uint64(st.Bsize) >= 256<<20 {
		dir, err := os.MkdirTemp("/dev/shm", "rec-test-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.RemoveAll(dir); err != nil {
				t.Error(err)
			}
		})
		stagings = append(stagings, dir)
	}
	for _, staging := range stagings {
		t.Run(filepath.Base(staging), func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "made", "by", "us")
			r := open(t, recorder.Config{Root: root, Staging: staging})
			s := create(t, r, recorder.ChannelSpec{ID: "floor", Record: true, Language: "es"}, recorder.ChannelSpec{ID: "en", Record: true, Language: "en"})
			feed(t, channel(t, s, "floor"), 0, 0, 25)
			feed(t, channel(t, s, "en"), 1, 0, 25)
			if err := s.Cue(recorder.Cue{Channel: "*", End: time.Second, Text: "hola"}); err != nil {
				t.Fatal(err)
			}
			destroy(t, s)
			left := inSpool(t, root)
			if staging != "volume" {
				left = append(left, tree(t, staging)...)
			}
			if len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
			files := 0
			err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				info, err := e.Info()
				if err != nil {
					return err
				}
				want := fs.FileMode(0o440)
				switch {
				case e.IsDir():
					want = fs.ModeDir | 0o750
				case e.Name() == "LOCK":
					want = 0o640
				default:
					files++
				}
				if info.Mode() != want {
					t.Errorf("%s: %v, want %v", name, info.Mode(), want)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if files != 7 { // two of audio, four of text, the manifest
				t.Errorf("%d files, want 7: %q", files, tree(t, root))
			}
			if err := r.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if left := tree(t, filepath.Join(root, ".spool")); len(left) != 0 {
				t.Errorf("left behind: %q", left)
			}
			verified(t, root, 1)
		})
	}
}

// The manifest says what was asked for and what is there, also to whoever knows nothing of us.
func TestManifest(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	before := time.Now()
	s, err := r.Create(t.Context(), recorder.SessionCreate{SessionID: "plenary", EventID: "event/../7", Metadata: json.RawMessage(`{"room":["Sala <1>",null,1.50]}`),
		Channels: []recorder.ChannelSpec{
			{ID: "floor", Label: "Sala", Language: "es", Record: true},
			{ID: "en", Label: "Interpreter", Language: "en", Record: true, Codec: "opus", SampleRate: 16000, ChannelCount: 2},
		}})
	if err != nil {
		t.Fatal(err)
	}
	created := time.Now()
	feed(t, channel(t, s, "floor"), 0, 0, 50)
	if err := channel(t, s, "en").WritePCMAt(0, pattern(1, 0, 32000)); err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"uno", "dos", "tres"} {
		start := time.Duration(i) * 100 * time.Millisecond
		if err := s.Cue(recorder.Cue{Channel: "floor", Start: start, End: start + 100*time.Millisecond, Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	m, err := s.Destroy(t.Context(), "over")
	if err != nil {
		t.Fatal(err)
	}
	if m.Schema != 1 || m.SessionID != "plenary" || m.EventID != "event/../7" || m.EndReason != "over" || m.Recovery != nil {
		t.Errorf("%+v", m)
	}
	if m.StartedAt.Before(before) || m.StartedAt.After(created) || m.EndedAt.Before(created) || m.StartedAt.Location() != time.UTC {
		t.Errorf("from %s to %s; created between %s and %s", m.StartedAt, m.EndedAt, before, created)
	}
	floor, en := m.Channels[0], m.Channels[1]
	if floor.Label != "Sala" || floor.Language != "es" || floor.Source.Codec != "pcm_s16le" || len(floor.Transcripts) != 1 || floor.Transcripts[0].Cues != 3 {
		t.Errorf("%+v", floor)
	}
	if en.Label != "Interpreter" || en.Source.Codec != "opus" || en.Audio.SampleRate != 16000 || en.Audio.Channels != 2 ||
		en.Audio.Samples != 16000 || en.Audio.Codec != "pcm_s16le" || en.Transcripts == nil || len(en.Transcripts) != 0 {
		t.Errorf("%+v", en)
	}
	for _, c := range m.Channels {
		p, err := os.ReadFile(filepath.Join(root, s.Path(), c.Audio.File))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%016x", crc64.Checksum(p, nvme)); got != c.Audio.CRC64NVME {
			t.Errorf("%s: checksum %s, manifest says %s", c.ID, got, c.Audio.CRC64NVME)
		}
		if int64(len(p)) != c.Audio.Bytes || c.Audio.Container != "wav" {
			t.Errorf("%s: %d bytes, manifest says %+v", c.ID, len(p), c.Audio)
		}
	}
	onDisk := manifests(t, root)[s.Path()]
	// The file is indented for people; what it says is the same.
	for _, m := range []*recorder.Manifest{&m, &onDisk} {
		var p bytes.Buffer
		if err := json.Compact(&p, m.Metadata); err != nil {
			t.Fatal(err)
		}
		m.Metadata = p.Bytes()
	}
	if d := cmp.Diff(onDisk, m); d != "" {
		t.Errorf("on the disk and returned:\n%s", d)
	}
	if !bytes.Contains(onDisk.Metadata, []byte("1.50")) {
		t.Errorf("metadata %s", onDisk.Metadata)
	}
	verified(t, root, 1)
}

// The levels are those of the whole file, silence included.
func TestLevels(t *testing.T) {
	sine := func(i int64) float64 { return 0.5 * math.Sin(2*math.Pi*1000*float64(i)/48000) }
	for _, row := range []struct {
		name      string
		at        func(i int64) float64 // of full scale
		from      int64                 // silence before
		peak, rms float64
	}{
		{"digital silence", func(int64) float64 { return 0 }, 0, -120, -120},
		{"full scale", func(i int64) float64 { return 1 - 2*float64(i%2) }, 0, 0, 0},
		{"sine at half of it", sine, 0, -6.02, -9.03},
		{"the same after as much silence", sine, 48000, -6.02, -12.04},
		{"one quiet sample", func(i int64) float64 {
			if i == 100 {
				return 0.001
			}
			return 0
		}, 0, -60.21, -107.02}, // 32/32768, once in 48000
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root})
			s := create(t, r, mono("floor"))
			var p []byte
			for i := range int64(48000) {
				v := max(-32768, min(32767, int(row.at(i)*32768)))
				p = binary.LittleEndian.AppendUint16(p, uint16(int16(v)))
			}
			if err := channel(t, s, "floor").WritePCMAt(row.from, p); err != nil {
				t.Fatal(err)
			}
			l := destroy(t, s).Channels[0].Levels
			if math.Abs(l.PeakDBFS-row.peak) > 0.02 || math.Abs(l.RMSDBFS-row.rms) > 0.02 {
				t.Errorf("%+v, want peak %v and rms %v", l, row.peak, row.rms)
			}
			verified(t, root, 1)
		})
	}
}

// Every format there is, all in one session, in writes of every size, with rings so small that each wraps, some in the
// middle of a sample frame: each file is what was written, to the bit.
func TestEveryFormat(t *testing.T) {
	var specs []recorder.ChannelSpec
	for _, rate := range []int{8000, 16000, 24000, 32000, 44100, 48000} {
		for voices := 1; voices <= 8; voices++ {
			specs = append(specs, recorder.ChannelSpec{ID: fmt.Sprintf("%dx%d", rate, voices), Record: true, SampleRate: rate, ChannelCount: voices})
		}
	}
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root, Buffer: 250 * time.Millisecond})
	s := create(t, r, specs...)
	random := rand.New(rand.NewPCG(1, 2))
	want := make([][]byte, len(specs))
	for i, spec := range specs {
		c := channel(t, s, spec.ID)
		frames := int64(spec.SampleRate) * 4 / 10
		want[i] = pattern(i, 0, frames*int64(spec.ChannelCount))
		align := int64(2 * spec.ChannelCount)
		for at := int64(0); at < frames; {
			n := min(frames-at, 1+random.Int64N(int64(spec.SampleRate)/10))
			if err := c.Await(t.Context(), int(n*align)); err != nil {
				t.Fatal(err)
			}
			if err := c.WritePCMAt(at, want[i][at*align:(at+n)*align]); err != nil {
				t.Fatal(err)
			}
			at += n
		}
	}
	m := destroy(t, s)
	if m.Outcome != "ok" || len(m.Channels) != len(specs) {
		t.Fatalf("outcome %s, %d channels", m.Outcome, len(m.Channels))
	}
	for i, c := range m.Channels {
		a := c.Audio
		if a.SampleRate != specs[i].SampleRate || a.Channels != specs[i].ChannelCount || a.Samples != int64(specs[i].SampleRate)*4/10 || len(c.Gaps) != 0 {
			t.Errorf("%s: %+v, gaps %v", c.ID, a, c.Gaps)
		}
		name := filepath.Join(root, s.Path(), a.File)
		if !bytes.Equal(samples(t, name), want[i]) {
			t.Errorf("%s: bytes differ", c.ID)
		}
		if !bytes.Equal(decode(t, name), want[i]) {
			t.Errorf("%s: go-audio reads something else", c.ID)
		}
	}
	verified(t, root, 1)
}

package finalize

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
)

// FuzzManifest puts any text where a manifest should be. It is read, or it is a finding; nothing that it says leads out of its
// directory or takes more memory than it has.
func FuzzManifest(f *testing.F) {
	s := newScene(f)
	good := string(s.read(layout.ManifestFile))
	for _, edit := range [][2]string{
		{"", ""}, {`"schema":1`, `"schema":0`}, {`"schema":1`, `"schema":99`}, {`"a.wav"`, `"../../../../etc/passwd"`}, {`"a.wav"`, `"/dev/zero"`},
		{`"a.wav"`, `"b.wav"`}, {`"a.wav"`, `""`}, {"8000", "-1"}, {"8000", "9223372036854775807"}, {"2000", "9223372036854775807"}, {"500", "-500"},
		{"2026-", "0000-"}, {`"ok"`, `"better"`}, {`"one"`, `"\u0000"`}, {`"loss"`, `"none"`}, {`"recovery":null`, `"recovery":{}`},
		{`"channels":[`, `"channels":[null,`}, {`"gaps":[`, `"gaps":[null,`}, {`"srt":"`, `"srt":"../`}, {"-120", "1e308"}, {"{", "[{"},
	} {
		f.Add([]byte(strings.ReplaceAll(good, edit[0], edit[1])))
	}
	f.Add([]byte(good[:len(good)/2]))
	f.Add([]byte("null"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		s := *s
		s.t = t
		s.must(os.WriteFile(s.path(layout.ManifestFile), text, 0o640))
		root := s.opened(t)
		m, err := ReadManifest(root, s.dir)
		report, verr := Verify(t.Context(), root, VerifyOptions{Parallel: 1})
		if verr != nil || report.Recordings != 1 {
			t.Fatalf("%+v, %v", report, verr)
		}
		if err != nil && len(report.Findings) == 0 {
			t.Fatalf("%v, and nothing was found", err)
		}
		if err == nil && m.SessionID != s.m.SessionID && len(report.Findings) == 0 {
			t.Fatalf("a manifest of %q is at home in %s", m.SessionID, s.dir)
		}
		for _, f := range report.Findings {
			if len(f.Problem) > 64<<10 {
				t.Fatalf("a finding of %d bytes", len(f.Problem))
			}
		}
	})
}

// FuzzDamage edits one file of a good recording: three bytes of edits set one byte, the first two say which; then it is cut, or
// something is put behind it. Whatever is changed is found.
func FuzzDamage(f *testing.F) {
	s := newScene(f)
	for i := range s.m.Channels {
		tr := &s.m.Channels[i].Transcripts[0]
		tr.SRTCRC64NVME = checksum.Hex(checksum.Update(0, s.read(tr.SRT)))
		tr.VTTCRC64NVME = checksum.Hex(checksum.Update(0, s.read(tr.VTT)))
	}
	s.save()
	names := []string{"a.wav", "b.wav", s.m.Channels[0].Transcripts[0].SRT, s.m.Channels[0].Transcripts[0].VTT}
	var good [][]byte
	for i, name := range names {
		good = append(good, s.read(name))
		f.Add(byte(i), []byte{0, 0, 'X'}, 0, []byte{})
		f.Add(byte(i), []byte{}, 1, []byte{})
		f.Add(byte(i), []byte{}, 1<<20, []byte{})
		f.Add(byte(i), []byte{}, 0, []byte("LIST\x04\x00\x00\x00\x00\x00\x00\x00"))
		f.Add(byte(i), []byte{0, 4, 0xff, 0, 5, 0xff, 0, 6, 0xff, 0, 7, 0xff}, 0, []byte{})
		f.Add(byte(i), []byte{0x0f, 0xfc, 0xff, 0x0f, 0xff, 0xff}, 2, []byte{0})
	}
	f.Fuzz(func(t *testing.T, which byte, edits []byte, cut int, more []byte) {
		s := *s
		s.t = t
		i := int(which) % len(names)
		p := bytes.Clone(good[i])
		for ; len(edits) >= 3; edits = edits[3:] {
			p[int(binary.BigEndian.Uint16(edits))%len(p)] = edits[2]
		}
		p = append(p[:len(p)-min(max(cut, 0), len(p))], more...)
		s.must(os.WriteFile(s.path(names[i]), p, 0o640))
		report, err := Verify(t.Context(), s.opened(t), VerifyOptions{Parallel: 1})
		s.must(os.WriteFile(s.path(names[i]), good[i], 0o640))
		if err != nil {
			t.Fatal(err)
		}
		if same := bytes.Equal(p, good[i]); same != (len(report.Findings) == 0) {
			t.Fatalf("%s: the same: %v; findings %+v", names[i], same, report.Findings)
		}
	})
}

// opened is the scene's root, until the test ends.
func (s *scene) opened(t *testing.T) *durable.Root {
	root, err := durable.OpenRoot(s.root)
	s.must(err)
	t.Cleanup(func() { s.must(root.Close()) })
	return root
}

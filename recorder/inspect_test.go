package recorder_test

import (
	"encoding/json"
	"hash/crc64"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/recorder"
)

// mono is a recorded channel as most are: 48 kHz, one voice.
func mono(id string) recorder.ChannelSpec { return recorder.ChannelSpec{ID: id, Record: true} }

// named is create with a session id.
func named(t *testing.T, r *recorder.Recorder, id string, channels ...recorder.ChannelSpec) *recorder.Session {
	t.Helper()
	s, err := r.Create(t.Context(), recorder.SessionCreate{SessionID: id, Channels: channels})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func destroy(t *testing.T, s *recorder.Session) recorder.Manifest {
	t.Helper()
	m, err := s.Destroy(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// tree lists everything below dir but dir itself, slash-separated.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err == nil && name != dir {
			names = append(names, strings.TrimPrefix(filepath.ToSlash(name), filepath.ToSlash(dir)+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// inSpool lists what lies in the spool beside the locks of living processes.
func inSpool(t *testing.T, root string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, ".spool", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, name := range names {
		if filepath.Base(name) != "LOCK" {
			left = append(left, name)
		}
	}
	return left
}

// manifests reads every manifest below root, by the recording's path.
func manifests(t *testing.T, root string) map[string]recorder.Manifest {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, "[0-9]*", "*", "*", "*", "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]recorder.Manifest{}
	for _, name := range names {
		p, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var m recorder.Manifest
		if err := json.Unmarshal(p, &m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		rel, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.ToSlash(rel)] = m
	}
	return found
}

// verified asks the project's own judge about everything below root, which must hold so many recordings.
func verified(t *testing.T, root string, recordings int) {
	t.Helper()
	fsys, err := durable.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	defer fsys.Close()
	report, err := finalize.Verify(t.Context(), fsys, finalize.VerifyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Findings {
		t.Errorf("verify: %+v", f)
	}
	if report.Recordings != recordings || report.Quarantined != 0 {
		t.Errorf("%d recordings and %d in quarantine, want %d and none", report.Recordings, report.Quarantined, recordings)
	}
}

// nvme is CRC-64/NVME by the standard library: its table wants the polynomial reflected, as ours is written.
var nvme = crc64.MakeTable(0x9a6c9329ac4bc9b5)

// samples is what a recording's file holds behind its header, read without any decoder.
func samples(t *testing.T, name string) []byte {
	t.Helper()
	p, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(p) < 4096 {
		t.Fatalf("%s: %d bytes, want at least the header of 4096", name, len(p))
	}
	return p[4096:]
}

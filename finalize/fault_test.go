package finalize_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/faultfs"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/pipeline"
)

// spooled is a session in the spool of a root of its own, and what must come out of it.
type spooled struct {
	root *durable.Root
	dir  string
	meta spool.Meta
	want [][]byte // the samples of each channel
}

const rate = 8000

func samples(channel int, from, n int64) []byte {
	p := make([]byte, 0, 2*n)
	for i := from; i < from+n; i++ {
		p = binary.LittleEndian.AppendUint16(p, uint16((uint32(i)*2654435761+uint32(channel)*40503)>>16))
	}
	return p
}

// tempDir is in memory where there is a tmpfs: here the disk fails on request, and thousands of true syncs would prove
// nothing more.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "rec-finalize-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func openRoot(t testing.TB, dir string) *durable.Root {
	t.Helper()
	root, err := durable.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return root
}

// clone copies the session into a root of its own.
func (s spooled) clone(t *testing.T) spooled {
	t.Helper()
	dir := tempDir(t)
	if err := os.CopyFS(dir, os.DirFS(s.root.Name())); err != nil {
		t.Fatal(err)
	}
	s.root = openRoot(t, dir)
	return s
}

// spoolSession records two channels, of which one has a gap, and two cues. It is ended as the host does, or left as a crash
// leaves it: with samples, a gap and a cue that are in the stage only.
func spoolSession(t testing.TB, sealed bool) spooled {
	t.Helper()
	root := openRoot(t, tempDir(t))
	meta := spool.Meta{
		Schema: spool.Schema, RecordingID: "rec-1", SessionID: "s-1", Instance: "i-1", SyncEveryMs: 1000,
		StartedAt: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC),
	}
	for _, id := range []string{"floor", "ca"} {
		meta.Channels = append(meta.Channels, spool.ChannelMeta{ID: id, Language: "es", Codec: "pcm_s16le", SampleRate: rate, Channels: 1, RingBytes: 8 << 10})
	}
	if err := durable.MkdirAll(root, layout.Instance("i-1")); err != nil {
		t.Fatal(err)
	}
	var mapping *durable.Mapping
	files, err := spool.Create(root, meta, func(dir string) (err error) {
		mapping, err = root.CreateMapping(filepath.Join(dir, layout.StageFile), meta.StageBytes())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stage, err := spool.FormatStage(mapping.Bytes, meta)
	if err != nil {
		t.Fatal(err)
	}
	engine := pipeline.Start(pipeline.Config{Every: time.Minute}) // no round but those asked for
	s, err := engine.Add(t.Context(), pipeline.Spec{FS: root, Meta: meta, Start: time.Now(), Files: files, Stage: stage, Release: mapping.Close})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(i int, from, n int64) { t.Helper(); must(s.Channel(i).Write(from, samples(i, from, n))) }
	cue := func(id string, from int64) {
		t.Helper()
		must(s.Append(spool.Cue{ID: id, Channel: "*", StartMs: from, EndMs: from + 100, Text: "Señorías: " + id, Final: true}))
	}
	write(0, 0, 1600)
	write(1, 0, 800)
	write(1, 1000, 600)
	cue("first", 0)
	must(s.Sync(t.Context()))
	write(0, 1600, 400)
	write(1, 1700, 300)
	cue("second", 150)
	if sealed {
		must(s.Seal(t.Context(), spool.End{At: meta.StartedAt.Add(250 * time.Millisecond), LengthNs: int64(250 * time.Millisecond), Reason: "done"}))
	}
	must(engine.Close())
	silence := func(n int) []byte { return make([]byte, 2*n) }
	return spooled{root: root, dir: meta.Dir(), meta: meta, want: [][]byte{
		samples(0, 0, 2000),
		bytes.Join([][]byte{samples(1, 0, 800), silence(200), samples(1, 1000, 600), silence(100), samples(1, 1700, 300)}, nil),
	}}
}

// check holds a published recording against what was accepted.
func (s spooled) check(t *testing.T, result finalize.Result, sealed bool) {
	t.Helper()
	m, err := finalize.ReadManifest(s.root, result.Path)
	if err != nil {
		t.Fatal(err)
	}
	want := finalize.OutcomeOK
	if !sealed {
		want = finalize.OutcomeRepaired
	}
	if m.Outcome != want || (m.Recovery == nil) != sealed {
		t.Errorf("outcome %s, recovery %+v", m.Outcome, m.Recovery)
	}
	for i, c := range m.Channels {
		p, err := durable.ReadFile(s.root, filepath.Join(result.Path, c.Audio.File), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(p[4096:], s.want[i]) {
			t.Errorf("channel %s: %d bytes of samples differ from the %d accepted", c.ID, len(p)-4096, len(s.want[i]))
		}
		if len(c.Transcripts) != 1 || c.Transcripts[0].Cues != 2 {
			t.Errorf("channel %s: transcripts %+v", c.ID, c.Transcripts)
		}
	}
	if gaps := m.Channels[1].Gaps; len(gaps) != 2 || gaps[0] != (finalize.Gap{Start: 800, Length: 200, Cause: "loss"}) || gaps[1].Start != 1600 {
		t.Errorf("gaps %+v", gaps)
	}
	report, err := finalize.Verify(t.Context(), s.root, finalize.VerifyOptions{})
	if err != nil || len(report.Findings) != 0 || report.Recordings != 1 {
		t.Errorf("verify: %+v, %v", report, err)
	}
	if there, err := durable.Exists(s.root, s.dir); there || err != nil {
		t.Errorf("spool directory is still there: %v", err)
	}
}

// Every call fails once, with and without having done its work; then the disk dies at every call for good. Each time, what
// is visible is nothing or the whole recording, and calling again finishes it.
func TestPublishSurvivesEveryFailure(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		fresh := spoolSession(t, sealed)
		for _, dies := range []bool{false, true} {
			for _, mode := range faultfs.Modes {
				t.Run(fmt.Sprintf("sealed=%v/dies=%v/%s", sealed, dies, mode), func(t *testing.T) {
					t.Parallel()
					k := 1
					for failEachCall(t, fresh.clone(t), k, sealed, dies, mode) {
						k++
					}
					if k < 40 {
						t.Errorf("only %d calls were seen", k)
					}
				})
			}
		}
	}
}

func failEachCall(t *testing.T, s spooled, k int, sealed, dies bool, mode faultfs.Mode) (failed bool) {
	disk := faultfs.New(s.root)
	if dies {
		disk.FailFrom(k, mode, syscall.EIO)
	} else {
		disk.FailAt(k, mode, syscall.EIO)
	}
	result, err := finalize.Publish(context.Background(), finalize.Env{FS: disk}, s.dir)
	failed = disk.Failed()
	defer func() {
		if t.Failed() {
			t.Fatalf("call %d of\n%s", k, strings.Join(disk.Log(), "\n"))
		}
	}()
	var step *finalize.StepError
	switch {
	case !failed && err != nil:
		t.Fatal(err)
	case err != nil && !errors.As(err, &step):
		t.Errorf("error %v is not a *StepError", err)
	case err != nil && errors.Is(err, finalize.ErrUnexplained):
		t.Errorf("a disk that refuses is not a spool that can't be explained: %v", err)
	}
	final := layout.Finished(s.meta.StartedAt, s.meta.SessionID, 1)
	if _, err := s.root.Stat(final); err == nil {
		if _, err := finalize.ReadManifest(s.root, final); err != nil {
			t.Errorf("half a recording is visible: %v", err)
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err != nil || result.Leftover != nil {
		again, err := finalize.Publish(context.Background(), finalize.Env{FS: s.root, Rewrite: true}, s.dir)
		switch {
		case err == nil && again.Path != "":
			result = again
		case err == nil && again.Already && result.Path != "":
		case result.Path == "" || !errors.Is(err, fs.ErrNotExist):
			t.Fatalf("second call: %v", err)
		}
		if again.Leftover != nil {
			t.Errorf("left over: %v", again.Leftover)
		}
	}
	s.check(t, result, sealed)
	return failed
}

// What is cut off as uncertain is kept, and the recording says so.
func TestPublishAfterPowerLoss(t *testing.T) {
	s := spoolSession(t, false)
	if err := s.root.Remove(filepath.Join(s.dir, layout.StageFile)); err != nil {
		t.Fatal(err)
	}
	// A sector of the samples behind the last mark reached the disk, the rest did not.
	f, err := s.root.Open(filepath.Join(s.dir, layout.Part("floor")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(samples(0, 1600, 256), 4096+2*1600); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	result, err := finalize.Publish(t.Context(), finalize.Env{FS: s.root}, s.dir)
	if err != nil {
		t.Fatal(err)
	}
	m := result.Manifest
	if m.Outcome != finalize.OutcomePartial || m.Recovery.Cause != finalize.CausePowerLoss || m.Recovery.LostAtMostMs != 1000 {
		t.Errorf("outcome %s, recovery %+v", m.Outcome, m.Recovery)
	}
	p, err := durable.ReadFile(s.root, filepath.Join(result.Path, "floor.wav"), 1<<20)
	if err != nil || !bytes.Equal(p[4096:], s.want[0][:3200]) {
		t.Errorf("%d bytes of samples, want those that were synced: %v", len(p)-4096, err)
	}
	if len(result.Kept) != 1 {
		t.Fatalf("kept %v", result.Kept)
	}
	tail, err := durable.ReadFile(s.root, result.Kept[0], 1<<20)
	if err != nil || !bytes.Equal(tail, samples(0, 1600, 256)) {
		t.Errorf("tail of %d bytes: %v", len(tail), err)
	}
	if _, err := os.Stat(filepath.Join(s.root.Name(), filepath.Dir(result.Kept[0]), layout.ReasonFile)); err != nil {
		t.Error(err)
	}
}

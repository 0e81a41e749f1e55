package cleanup_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/recorder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// orphan leaves a session of one channel with a second of audio in the spool of a dead recorder, and returns its directory.
func orphan(t *testing.T, root, session string) string {
	t.Helper()
	return orphanStaged(t, root, session, "volume")
}

func orphanStaged(t *testing.T, root, session, staging string) string {
	t.Helper()
	r, err := recorder.Open(t.Context(), recorder.Config{Root: root, Staging: staging})
	if err != nil {
		t.Fatal(err)
	}
	record(t, r, session)
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(root, layout.SpoolDir, "*", session))
	if err != nil || len(found) != 1 {
		t.Fatalf("orphans %v, %v", found, err)
	}
	return found[0]
}

func record(t *testing.T, r *recorder.Recorder, session string) *recorder.Session {
	t.Helper()
	s, err := r.Create(t.Context(), recorder.SessionCreate{SessionID: session,
		Channels: []recorder.ChannelSpec{{ID: "floor", Record: true, SampleRate: 8000}}})
	if err != nil {
		t.Fatal(err)
	}
	floor, err := s.Channel("floor")
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(50) {
		if err := floor.WritePCMAt(i*160, make([]byte, 320)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

func recoverAll(t *testing.T, root string) cleanup.Report {
	t.Helper()
	report, err := cleanup.Recover(t.Context(), root, cleanup.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// Each row damages an orphan; what became of it must be the verdict, and what is quarantined must be whole, with a reason.
func TestVerdicts(t *testing.T) {
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(name, text string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, row := range []struct {
		name    string
		damage  func(t *testing.T, dir string)
		verdict cleanup.Kind
		outcome finalize.Outcome
	}{
		{"nothing", func(*testing.T, string) {}, cleanup.Published, finalize.OutcomeRepaired},
		{"no session.json", remove("session.json"), cleanup.Quarantined, ""},
		{"session.json is nonsense", write("session.json", "{"), cleanup.Quarantined, ""},
		{"session.json of another version", write("session.json", `{"schema":99}`), cleanup.Quarantined, ""},
		{"session.json leads elsewhere", write("session.json", `{"schema":1,"sessionId":"../../x"}`), cleanup.Quarantined, ""},
		{"no part file", remove("floor.wav.part"), cleanup.Quarantined, ""},
		{"no stage", remove("stage"), cleanup.Published, finalize.OutcomePartial},
		{"stage is nonsense", write("stage", "nonsense"), cleanup.Published, finalize.OutcomePartial},
		{"no journal", remove("journal"), cleanup.Published, finalize.OutcomeRepaired},
		{"journal is nonsense", write("journal", "nonsense"), cleanup.Published, finalize.OutcomeRepaired},
		{"a file that nobody knows", write("notes.txt", "x"), cleanup.Published, finalize.OutcomeRepaired},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			dir := orphan(t, root, "s-1")
			row.damage(t, dir)
			before, _ := os.ReadDir(dir)
			report := recoverAll(t, root)
			if len(report.Sessions) != 1 || report.Sessions[0].Verdict != row.verdict || report.Sessions[0].Outcome != string(row.outcome) {
				t.Fatalf("%+v, want %s %s", report.Sessions, row.verdict, row.outcome)
			}
			v := report.Sessions[0]
			if row.verdict == cleanup.Quarantined {
				after, err := os.ReadDir(filepath.Join(root, v.Path))
				if err != nil || len(after) != len(before)+1 || v.Reason == "" {
					t.Errorf("quarantine holds %v (%v), was %v; reason %q", after, err, before, v.Reason)
				}
				if text, err := os.ReadFile(filepath.Join(root, v.Path, layout.ReasonFile)); err != nil || len(text) == 0 {
					t.Errorf("reason: %q, %v", text, err)
				}
			}
			if row.name == "a file that nobody knows" && len(v.Kept) != 1 {
				t.Errorf("kept %v, want the quarantined rest", v.Kept)
			}
			if again := recoverAll(t, root); again.Orphans != 0 {
				t.Errorf("a second recovery found %+v", again.Sessions)
			}
			left, err := os.ReadDir(filepath.Join(root, layout.SpoolDir))
			if err != nil || len(left) != 0 {
				t.Errorf("left in the spool: %v, %v", left, err)
			}
		})
	}
}

// A Create that never returned leaves nothing, and a directory that a dying process had not named yet goes when it is old.
func TestUnbornAndStillborn(t *testing.T) {
	root := t.TempDir()
	dir := orphan(t, root, "s-1")
	if err := os.Rename(dir, dir+layout.NewSuffix); err != nil {
		t.Fatal(err)
	}
	birth := filepath.Join(root, layout.SpoolDir, layout.BirthPrefix+"x")
	young := birth + "young"
	for _, d := range []string{birth, young} {
		if err := os.Mkdir(d, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(birth, old, old); err != nil {
		t.Fatal(err)
	}
	report := recoverAll(t, root)
	if report.Empty != 1 || report.Orphans != 1 || !report.OK() {
		t.Errorf("%+v", report)
	}
	left, err := os.ReadDir(filepath.Join(root, layout.SpoolDir))
	if err != nil || len(left) != 1 || left[0].Name() != filepath.Base(young) {
		t.Errorf("left in the spool: %v, %v; want only what may still be starting", left, err)
	}
}

// A stage outside the root goes with its session: into the quarantine as evidence, away with what was never born.
func TestStageOutsideTheRoot(t *testing.T) {
	for _, row := range []struct {
		name   string
		damage func(dir string) error
		kept   bool
	}{
		{"quarantined", func(dir string) error { return os.Remove(filepath.Join(dir, "floor.wav.part")) }, true},
		{"unborn", func(dir string) error { return os.Rename(dir, dir+layout.NewSuffix) }, false},
		{"published", func(string) error { return nil }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			stages, err := os.MkdirTemp("/dev/shm", "rec-cleanup-")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.RemoveAll(stages) })
			root := t.TempDir()
			dir := orphanStaged(t, root, "s-1", stages)
			if held, err := os.ReadDir(stages); err != nil || len(held) != 1 {
				t.Fatalf("stages %v, %v", held, err)
			}
			if err := row.damage(dir); err != nil {
				t.Fatal(err)
			}
			report := recoverAll(t, root)
			if report.Orphans != 1 || report.Failed != 0 {
				t.Fatalf("%+v", report)
			}
			if held, err := os.ReadDir(stages); err != nil || len(held) != 0 {
				t.Errorf("left in memory: %v, %v", held, err)
			}
			_, err = os.Stat(filepath.Join(root, report.Sessions[0].Path, layout.StageFile))
			if kept := err == nil && report.Sessions[0].Path != ""; kept != row.kept {
				t.Errorf("stage kept: %v (%v), want %v", kept, err, row.kept)
			}
		})
	}
}

// A lock file that was lost doesn't make an orphan untouchable.
func TestLostLock(t *testing.T) {
	root := t.TempDir()
	dir := orphan(t, root, "s-1")
	lock := filepath.Join(filepath.Dir(dir), layout.LockFile)
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	if report, err := cleanup.Recover(t.Context(), root, cleanup.Options{DryRun: true}); err != nil || report.Orphans != 1 {
		t.Errorf("dry run: %+v, %v", report, err)
	}
	if _, err := os.Stat(lock); err == nil {
		t.Error("a dry run made a lock file")
	}
	if report := recoverAll(t, root); report.Published != 1 {
		t.Errorf("%+v", report)
	}
}

// Recoveries at once share the work without treading on each other: each orphan is published once.
func TestConcurrentRecoveries(t *testing.T) {
	root := t.TempDir()
	const orphans = 20
	for i := range orphans {
		orphan(t, root, "s-"+string(rune('a'+i)))
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	published := 0
	for range 4 {
		wg.Go(func() {
			report, err := cleanup.Recover(context.Background(), root, cleanup.Options{Parallel: 2})
			mu.Lock()
			defer mu.Unlock()
			published += report.Published
			if err != nil || !report.OK() || report.AlreadyPublished > 0 {
				t.Errorf("%+v, %v", report, err)
			}
		})
	}
	wg.Wait()
	if published != orphans {
		t.Errorf("%d published, want %d", published, orphans)
	}
	r, err := durable.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if report, err := finalize.Verify(t.Context(), r, finalize.VerifyOptions{}); err != nil || report.Recordings != orphans || len(report.Findings) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

// A dry run tells what would be done and does nothing; a session of a living recorder is left alone.
func TestDryRunAndLive(t *testing.T) {
	root := t.TempDir()
	dir := orphan(t, root, "s-1")
	r, err := recorder.Open(t.Context(), recorder.Config{Root: root, Staging: "volume"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	record(t, r, "s-2") // closed like a crash, but its process lives
	report, err := cleanup.Recover(t.Context(), root, cleanup.Options{DryRun: true})
	if err != nil || report.Orphans != 1 || report.Live != 1 || report.Sessions[0].Verdict != cleanup.Orphan {
		t.Errorf("%+v, %v", report, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "session.json")); err != nil {
		t.Error(err)
	}
	if report := recoverAll(t, root); report.Published != 1 || report.Live != 1 {
		t.Errorf("%+v", report)
	}
}

func TestNothingToRecover(t *testing.T) {
	if report := recoverAll(t, t.TempDir()); report.Orphans != 0 || !report.OK() {
		t.Errorf("%+v", report)
	}
	if report := recoverAll(t, filepath.Join(t.TempDir(), "missing")); report.Orphans != 0 || !report.OK() {
		t.Errorf("of a root that isn't there: %+v", report)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := cleanup.Recover(t.Context(), file, cleanup.Options{}); err == nil {
		t.Error("a root that is a file was recovered")
	}
}

package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/recorder"
)

// TestRoundsAreReproducible: the same seed chooses the same, whatever went before.
func TestRoundsAreReproducible(t *testing.T) {
	seen := map[string]int{}
	for n := range 220 {
		a, b := newRound(&crashOptions{seed: 5}, n), newRound(&crashOptions{seed: 5}, n)
		if a.aim != b.aim || a.speed != b.speed || a.duration != b.duration || a.inMemory != b.inMemory || a.recovers != b.recovers {
			t.Fatalf("round %d: %+v and %+v", n, a, b)
		}
		seen[string(a.aim)]++
		seen["speed "+a.speed]++
		if a.recovers > 0 {
			seen["kills recovery"]++
		}
	}
	wants := []string{"speed 1", "speed max", "kills recovery"}
	for _, p := range phases {
		wants = append(wants, string(p))
	}
	for _, what := range wants {
		if seen[what] < 20 {
			t.Errorf("%d of 220 rounds: %s", seen[what], what)
		}
	}
}

// TestPhasesOfWhatIsLeft: each thing that a kill leaves is told from the others.
func TestPhasesOfWhatIsLeft(t *testing.T) {
	for _, row := range []struct {
		left     string // files
		accepted phase
		want     phase
	}{
		{"", phaseCreating, phaseStarting},
		{".spool/.new-i/LOCK", phaseCreating, phaseStarting},
		{".spool/i/LOCK .spool/i/s~new/session.json", phaseCreating, phaseCreating},
		{".spool/i/LOCK .spool/i/s/a.wav.part", phaseRecording, phaseRecording},
		{".spool/i/s/a.wav.part .spool/i/s/pub/", phaseSealing, phaseSealing},
		{".spool/i/s/a.wav.part .spool/i/s/pub/a.es.srt", phaseSealing, phaseTranscribing},
		{".spool/i/s/a.wav.part .spool/i/s/pub/b.wav", phaseSealing, phaseCollecting},
		{".spool/i/s/session.json .spool/i/s/pub/b.wav .spool/i/s/pub/manifest.json.tmp", phaseSealing, phaseDescribing},
		{".spool/i/s/session.json .spool/i/s/pub/b.wav .spool/i/s/pub/manifest.json", phaseSealing, phasePublishing},
		{".spool/i/s/session.json 2026/11/23/s/manifest.json", phaseSealing, phaseTidying},
		{".spool/i/LOCK 2026/11/23/s/manifest.json", phaseSealing, phaseEnding},
	} {
		root := t.TempDir()
		for _, name := range strings.Fields(row.left) {
			dir, file := filepath.Split(filepath.Join(root, name) + map[bool]string{true: "/"}[strings.HasSuffix(name, "/")])
			if err := os.MkdirAll(dir, 0o750); err != nil {
				t.Fatal(err)
			}
			if file != "" {
				if err := os.WriteFile(filepath.Join(dir, file), nil, 0o640); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := left(root, row.accepted)
		if err != nil || len(got) != 1 || !got[row.want] {
			t.Errorf("%s: %v, %v, want %s", row.left, got, err, row.want)
		}
	}
}

func TestSnapshotSeesEveryChange(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	write("same", "1")
	write("changed", "1")
	write("gone", "1")
	before, err := snapshot(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := before.differences(before); len(d) > 0 {
		t.Errorf("differs from itself: %v", d)
	}
	write("changed", "2")
	write("new", "1")
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	after, err := snapshot(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range before.differences(after) {
		name, _, _ := strings.Cut(d, ":")
		if name != "." { // its time has changed, or not, as coarse as clocks are
			names = append(names, name)
		}
	}
	if want := []string{"changed", "gone", "new"}; !slices.Equal(names, want) {
		t.Errorf("differences in %v, want %v", names, want)
	}
}

// TestRecoverAnOrphan leaves a session as a crash would and lets the command find it.
func TestRecoverAnOrphan(t *testing.T) {
	dir := t.TempDir()
	o := runOptions{dir: dir, sync: 0, speed: "1", staging: "volume"}
	r, err := openRecorder(context.Background(), &o, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &plan{rate: 8000, align: 2, frame: 160, total: 160, script: noCues{}, ordinals: true}
	p.channels = []plannedChannel{{id: "ch00", channelCount: 1}}
	s, err := createSession(context.Background(), r, p, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWriter(p, 0)
	w.send(s.fed.lanes[0], 0, 160)
	if err := s.session.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}

	if code, out, _ := command("recover", dir, "--dry-run"); code != 0 || !strings.Contains(out, "orphan") {
		t.Errorf("dry run: exit code %d\n%s", code, out)
	}
	if code, out, _ := command("verify", dir); code != 0 || !strings.Contains(out, "0 recordings") || !strings.Contains(out, "1 in the spool") {
		t.Errorf("a dry run changed something: exit code %d\n%s", code, out)
	}
	if code, out, errs := command("recover", dir); code != 0 || !strings.Contains(out, "published") || !strings.Contains(out, "repaired") {
		t.Errorf("recover: exit code %d\n%s%s", code, out, errs)
	}
	if code, out, _ := command("recover", dir, "--json", "-"); code != 0 || !strings.Contains(out, `"orphans": 0`) {
		t.Errorf("second recover: exit code %d\n%s", code, out)
	}
	if code, out, _ := command("verify", dir); code != 0 || !strings.Contains(out, "160 samples compared") || !strings.Contains(out, "repaired: 1") {
		t.Errorf("verify: exit code %d\n%s", code, out)
	}
}

// TestRunRepairsFirst: run begins with what boot recovery would do, and says so.
func TestRunRepairsFirst(t *testing.T) {
	dir := t.TempDir()
	r, err := recorder.Open(context.Background(), recorder.Config{Root: dir, Staging: "volume"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Create(context.Background(), recorder.SessionCreate{Channels: []recorder.ChannelSpec{{ID: "floor", Record: true}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	code, out, errs := command("run", "--dir", dir, "--speed", "max", "--duration", "100ms")
	if code != 0 || !strings.Contains(out, "An earlier run was cut short") || !strings.Contains(out, s.ID()) {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
}

// TestRunIsInterrupted: a signal ends the sessions, not the program.
func TestRunIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	o := runOptions{
		dir: dir, sessions: 1, channels: 1, duration: 1 << 40, rate: 8000, frame: 20e6, speed: "1", source: "pattern", sync: 1e9,
	}
	var out, errs strings.Builder
	p, err := makePlan(&o)
	if err != nil {
		t.Fatal(err)
	}
	s := &simulation{o: &o, plan: p, synced: latency.NewShared()}
	if s.recorder, err = openRecorder(context.Background(), &o, s.synced.Record); err != nil {
		t.Fatal(err)
	}
	// The sessions exist when the signal comes.
	if s.live, err = createSessions(context.Background(), s.recorder, p, 1, nil); err != nil {
		t.Fatal(err)
	}
	s.feed(ctx, &errs)
	s.summary(&out)
	if err := s.verdict(); err != nil {
		t.Error(err)
	}
	if !strings.Contains(out.String(), "Interrupted") || s.live[0].path == "" {
		t.Errorf("session at %q\n%s", s.live[0].path, &out)
	}
	if err := s.recorder.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

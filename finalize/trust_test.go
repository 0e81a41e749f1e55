package finalize_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/faultfs"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/level"
	"github.com/ilenia-live/rec/internal/spool"
)

// replace writes a file of the spool directory anew.
func (s spooled) replace(t *testing.T, name string, text []byte) {
	t.Helper()
	if err := durable.WriteFile(s.root, filepath.Join(s.dir, name), text); err != nil {
		t.Fatal(err)
	}
}

func (s spooled) read(t *testing.T, name string) []byte {
	t.Helper()
	p, err := durable.ReadFile(s.root, filepath.Join(s.dir, name), 1<<24)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A writer killed while it copies a frame has spoilt the oldest samples of the ring. When no mark was written since they
// were accepted, they are in the file all the same.
func TestKilledWhileCopyingOverTheRing(t *testing.T) {
	for name, reserved := range map[string]int{"written through the cache": 0, "room reserved ahead": 64 << 10} {
		t.Run(name, func(t *testing.T) { killedWhileCopying(t, reserved) })
	}
}

func killedWhileCopying(t *testing.T, reserved int) {
	s := spoolSession(t, false)
	// As if no mark had ever been written, and the ring gone round: 2,000 frames of 2 bytes in a ring of 4,096.
	mem := s.read(t, layout.StageFile)
	stage, err := spool.OpenStage(mem, s.meta)
	if err != nil {
		t.Fatal(err)
	}
	area := stage.Areas[0]
	slot := area.Read()
	part := s.read(t, layout.Part("floor"))
	clear(part[1024:4088])
	part = append(part[:4096], s.want[0][:3800]...) // frames 0 to 1900 had been drained
	s.replace(t, layout.Part("floor"), append(part, make([]byte, reserved)...))
	if slot.Payload != 4000 || slot.Origin != 3200 { // the ring was empty when frame 1600 came
		t.Fatalf("slot %+v", slot)
	}
	for i := range 3800 - slot.Origin { // what the ring held before frame 1900 is spoilt
		area.Ring[i] = 0x55
	}
	s.replace(t, layout.StageFile, mem)
	result, err := finalize.Publish(t.Context(), finalize.Env{FS: s.root, Rewrite: true}, s.dir)
	if err != nil {
		t.Fatal(err)
	}
	s.check(t, result, false)
}

// After a restart of the machine a stage is believed as far as its checksums go, and not to be the last word.
func TestStageFromBeforeTheRestart(t *testing.T) {
	s := spoolSession(t, false)
	s.meta.BootID = "another"
	text, err := json.Marshal(s.meta)
	if err != nil {
		t.Fatal(err)
	}
	s.replace(t, layout.SessionFile, text)
	result, err := finalize.Publish(t.Context(), finalize.Env{FS: s.root, Rewrite: true}, s.dir)
	if err != nil {
		t.Fatal(err)
	}
	m := result.Manifest
	if m.Outcome != finalize.OutcomePartial || m.Recovery.Cause != finalize.CausePowerLoss {
		t.Errorf("outcome %s, recovery %+v", m.Outcome, m.Recovery)
	}
	for i, c := range m.Channels {
		p, err := durable.ReadFile(s.root, filepath.Join(result.Path, c.Audio.File), 1<<20)
		if err != nil || !bytes.Equal(p[4096:], s.want[i]) {
			t.Errorf("channel %s: %d bytes, want all that the stage proves: %v", c.ID, len(p), err)
		}
	}
}

// After a failed sync, whoever tries again writes what was not known to be durable once more, through a descriptor of its
// own: a sync that succeeds says nothing about pages that an earlier one dropped.
func TestRetryRewritesWhatASyncDropped(t *testing.T) {
	s := spoolSession(t, true)
	disk := faultfs.New(s.root)
	if _, err := finalize.Publish(t.Context(), finalize.Env{FS: disk}, s.dir); err != nil {
		t.Fatal(err)
	}
	at := 0
	for i, line := range disk.Log() {
		if strings.Contains(line, "Sync ") && strings.Contains(line, "floor.wav.part") {
			at = i + 1
			break
		}
	}
	s = spoolSession(t, true)
	disk = faultfs.New(s.root)
	disk.FailAt(at, faultfs.Before, syscall.EIO)
	if _, err := finalize.Publish(t.Context(), finalize.Env{FS: disk}, s.dir); err == nil {
		t.Fatal("a failed sync was not noticed")
	}
	before := len(disk.Log())
	result, err := finalize.Publish(t.Context(), finalize.Env{FS: disk, Rewrite: true}, s.dir)
	if err != nil {
		t.Fatal(err)
	}
	// The last sync that was known to have succeeded was at frame 1,600.
	rewritten := strings.Join(disk.Log()[before:], "\n")
	if !strings.Contains(rewritten, "WriteAt .spool/i-1/s-1/floor.wav.part [7296,8096)") {
		t.Errorf("the samples behind the durable mark were not written again:\n%s", rewritten)
	}
	s.check(t, result, true)
}

// remark gives the floor's file other marks beside the durable one, and takes the stage away: what the power left.
func (s spooled) remark(t *testing.T, marks func(newest spool.Mark) []spool.Mark) {
	t.Helper()
	if err := s.root.Remove(filepath.Join(s.dir, layout.StageFile)); err != nil {
		t.Fatal(err)
	}
	part := s.read(t, layout.Part("floor"))
	base, newer := spool.Marks(part)
	if len(newer) != 1 || newer[0].Frames != 1600 {
		t.Fatalf("marks %+v", newer)
	}
	var recent [spool.RecentMarks]spool.Mark
	for _, m := range marks(newer[0]) {
		recent[m.Seq%spool.RecentMarks] = m
	}
	var header [4096]byte
	if err := spool.EncodeHeader(&header, s.meta.Header(s.meta.Channels[0]), base, &recent, spool.Mark{}); err != nil {
		t.Fatal(err)
	}
	// Behind what the mark speaks of lies something.
	s.replace(t, layout.Part("floor"), append(append(header[:], part[4096:4096+3200]...), "noise noise noise noise "...))
}

// proves1600 publishes and asks for the 1600 samples that are certain, as the first of a whole recording.
func (s spooled) proves1600(t *testing.T) {
	t.Helper()
	result, err := finalize.Publish(t.Context(), finalize.Env{FS: s.root, Rewrite: true}, s.dir)
	if err != nil {
		t.Fatal(err)
	}
	report, err := finalize.Verify(t.Context(), s.root, finalize.VerifyOptions{})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("%+v, %v", report.Findings, err)
	}
	p, err := durable.ReadFile(s.root, filepath.Join(result.Path, "floor.wav"), 1<<20)
	c := result.Manifest.Channels[0]
	if err != nil || c.Audio.Samples < 1600 || !bytes.Equal(p[4096:4096+3200], s.want[0][:3200]) || !durable.IsZero(p[4096+3200:]) {
		t.Errorf("%d samples, %v, want the 1600 that are proven, and silence", c.Audio.Samples, err)
	}
}

// A mark whose samples did not reach the disk says nothing about the file's length, nor stands in the way of a second call.
func TestMarkWithoutItsSamplesIsForgotten(t *testing.T) {
	s := spoolSession(t, false)
	s.remark(t, func(newest spool.Mark) []spool.Mark {
		ahead := newest
		ahead.Seq, ahead.Frames, ahead.CRC = ahead.Seq+1, 2000, 1
		return []spool.Mark{newest, ahead}
	})
	// The first call dies when the audio has moved to pub/.
	disk := faultfs.New(s.root)
	disk.Plan(func(c faultfs.Call) *faultfs.Fault {
		if c.Op == "Create" && strings.HasSuffix(c.Subject, "manifest.json.tmp") {
			return &faultfs.Fault{Mode: faultfs.Before, Err: syscall.EIO}
		}
		return nil
	})
	if _, err := finalize.Publish(t.Context(), finalize.Env{FS: disk, Rewrite: true}, s.dir); err == nil {
		t.Fatal("it did not die")
	}
	s.proves1600(t)
}

// A recovery that lost power while it wrote the header can leave its own mark behind one whose samples it had cut off.
func TestMarkBehindOneWithoutItsSamples(t *testing.T) {
	s := spoolSession(t, false)
	s.remark(t, func(newest spool.Mark) []spool.Mark {
		cut := newest
		cut.Seq, cut.Frames, cut.CRC = newest.Seq+1, 2000, 1
		newest.Seq += 2
		return []spool.Mark{cut, newest}
	})
	s.proves1600(t)
}

// Or a mark that speaks of silence where the file has not yet been cut.
func TestMarkOfSilenceThatIsNotThere(t *testing.T) {
	s := spoolSession(t, false)
	s.remark(t, func(newest spool.Mark) []spool.Mark {
		newest.Seq, newest.Frames, newest.Padding, newest.State = newest.Seq+1, 4000, 2400, spool.StateSealedCut
		newest.CRC = checksum.Zeros(newest.CRC, 2*2400)
		meter := level.FromState(newest.Level)
		meter.AddZeros(2400)
		newest.Level = meter.State()
		return []spool.Mark{newest}
	})
	s.proves1600(t)
}

// Sealing writes over no mark whose samples are there: one of them may be the one that was promised, and the write may be torn.
func TestSealLeavesTheMarksAlone(t *testing.T) {
	for _, sealed := range []bool{true, false} {
		s := spoolSession(t, sealed)
		before := s.read(t, layout.Part("floor"))
		result, err := finalize.Publish(t.Context(), finalize.Env{FS: s.root}, s.dir)
		if err != nil {
			t.Fatal(err)
		}
		after, err := durable.ReadFile(s.root, filepath.Join(result.Path, "floor.wav"), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(before[1024:3584], after[1024:3584]) {
			t.Errorf("sealed %v: a mark was written over", sealed)
		}
	}
}

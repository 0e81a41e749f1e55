package finalize_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/crashfs"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/pipeline"
)

// take is one session from Create to Destroy, in virtual time, on a disk that can lose power at any moment of it. What was accepted
// and what was promised stands among the disk's changes, as notes.
type take struct {
	t    *testing.T
	disk *crashfs.Disk
	fsys durable.FS // the disk, or what lies about it
	meta spool.Meta
	mem  []byte // the stage

	// slack is how much later than the recovery point may be: where the disk refuses.
	slack time.Duration
	// For controls: early makes the promises before they are true, lie comes between recovery and its disk.
	early bool
	lie   func(durable.FS) durable.FS

	refused  bool  // Create was, since a directory of that name is there
	hopeless error // what failed again and again

	start  time.Time
	engine *pipeline.Engine
	sess   *pipeline.Session
	ends   [channels]int64 // of what was accepted
	cues   int
	others sync.WaitGroup
}

const (
	channels = 2
	every    = time.Second // the recovery point
	frame    = 160         // sample frames: 20 ms
)

// Notes on the disk.
type (
	// stamp is the time since the start, just before the change that follows.
	stamp time.Duration
	// accepted: a write of the sample frames [from, to) returned nil.
	accepted struct {
		channel  int
		from, to int64
		at       time.Duration
	}
	// promised: Create, Sync or Destroy returned nil, for all before upTo.
	promised struct {
		what string
		upTo [channels]int64
		cues int
		path string // of the recording
	}
	// staged is a copy of the stage at this moment.
	staged struct{ mem []byte }
)

func newTake(t *testing.T) *take {
	d := crashfs.New()
	return &take{t: t, disk: d, fsys: d}
}

// run records: the floor without a pause, a second channel that joins late and has a hole, cues, and two syncs on request.
func (k *take) run() *take {
	synctest.Test(k.t, func(t *testing.T) {
		k.t = t
		k.open()
		k.must(k.create())
		k.note("create")
		k.record(150)
		k.must(k.destroy())
	})
	return k
}

func (k *take) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// open makes what a recorder makes before its first session.
func (k *take) open() {
	k.start = time.Now()
	k.disk.Pause = func(op string) {
		switch op {
		case "Sync", "SyncDir":
			time.Sleep(30 * time.Millisecond)
		default:
			time.Sleep(300 * time.Microsecond)
		}
		k.disk.Note(stamp(time.Since(k.start)))
	}
	k.must(durable.MkdirAll(k.disk, layout.Instance("i-1")))
	k.meta = spool.Meta{
		Schema: spool.Schema, RecordingID: "rec-1", SessionID: "s-1", Instance: "i-1", BootID: spool.BootID(),
		SyncEveryMs: every.Milliseconds(), StartedAt: k.start.UTC(),
	}
	for _, id := range []string{"floor", "ca"} {
		k.meta.Channels = append(k.meta.Channels,
			spool.ChannelMeta{ID: id, Language: "es", Codec: "pcm_s16le", SampleRate: rate, Channels: 1, RingBytes: 32 << 10})
	}
	k.mem = make([]byte, k.meta.StageBytes())
	k.engine = pipeline.Start(pipeline.Config{Every: every, Writers: 1})
}

func (k *take) create() error {
	files, err := spool.Create(k.fsys, k.meta, func(string) error { return nil })
	if err != nil {
		return err
	}
	stage, err := spool.FormatStage(k.mem, k.meta)
	k.must(err)
	k.sess, err = k.engine.Add(k.t.Context(), pipeline.Spec{
		FS: k.fsys, Meta: k.meta, Start: k.start, Files: files, Stage: stage, Release: func() error { return nil },
	})
	k.must(err)
	return nil
}

func (k *take) note(what string) { k.disk.Note(promised{what: what}) }

// record writes so many frames of 20 ms, as they come.
func (k *take) record(frames int64) {
	for i := range frames {
		k.write(0, i*frame)
		if i >= 5 && (i < 40 || i >= 50) {
			k.write(1, i*frame)
		}
		switch i {
		case 20, 60, 100, 140:
			err := k.sess.Append(spool.Cue{ID: fmt.Sprint(i), Channel: "*", StartMs: i * 20, EndMs: i*20 + 500, Text: cueText(k.cues), Final: true})
			k.must(err)
			k.cues++
		case 30, 110, 147:
			p := promised{what: "sync", upTo: k.ends, cues: k.cues} // as it is now: the frames to come are none of its business
			k.others.Go(func() { k.sync(p) })
		case 33, 77, 121:
			synctest.Wait() // nobody writes into it
			k.disk.Note(staged{append([]byte(nil), k.mem...)})
		}
		time.Sleep(20 * time.Millisecond)
	}
	k.others.Wait()
}

func cueText(n int) string { return fmt.Sprintf("Señorías, número %d.", n) }

func (k *take) write(channel int, from int64) {
	err := k.sess.Channel(channel).Write(from, samples(channel, from, frame))
	if errors.Is(err, pipeline.ErrOverflow) {
		return
	}
	k.must(err)
	k.ends[channel] = from + frame
	k.disk.Note(accepted{channel, from, from + frame, time.Since(k.start)})
}

// sync asks for everything accepted so far to be made durable, which is p, and notes it when it is.
func (k *take) sync(p promised) {
	if k.early {
		k.disk.Note(p)
	}
	if err := k.sess.Sync(context.Background()); err == nil {
		k.disk.Note(p)
	}
}

func (k *take) destroy() error {
	end := spool.End{At: time.Now(), LengthNs: int64(time.Since(k.start)), Reason: "done"}
	if err := k.sess.Seal(context.Background(), end); err != nil {
		return err
	}
	p := promised{what: "destroy", upTo: k.ends, cues: k.cues, path: layout.Finished(k.meta.StartedAt, k.meta.SessionID, 1)}
	if k.early {
		k.disk.Note(p)
	}
	_, err := finalize.Publish(context.Background(), finalize.Env{FS: k.fsys}, k.meta.Dir())
	if err == nil {
		k.disk.Note(p)
		err = k.engine.Close()
	}
	return err
}

// recovered does on a disk what recovery does with the instance: the session is published, one that was never born is removed.
func (k *take) recovered(d durable.FS) error {
	entries, err := d.ReadDir(layout.Instance(k.meta.Instance))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := path.Join(layout.Instance(k.meta.Instance), e.Name())
		if strings.HasSuffix(e.Name(), layout.NewSuffix) {
			err = errors.Join(err, durable.RemoveTree(d, name))
			continue
		}
		result, publishing := finalize.Publish(context.Background(), finalize.Env{FS: d, Rewrite: true}, name)
		err = errors.Join(err, publishing, result.Leftover)
	}
	return err
}

// changes are the moments just before each change, and the end.
func changes(d *crashfs.Disk) (at []int) {
	for i := range d.Len() {
		if d.Changes(i) {
			at = append(at, i)
		}
	}
	return append(at, d.Len())
}

// The power goes at every moment of a recording and takes with it whatever part of what was not synced. What comes back is what was
// promised, or more, and nothing else.
func TestPowerLossAtEveryMoment(t *testing.T) {
	k := newTake(t).run()
	worlds := 0
	for _, at := range changes(k.disk) {
		for _, keep := range crashfs.Keeps(uint64(at)<<8, 6) {
			worlds++
			before := k.disk.Cut(at, keep)
			if problems := k.lost(before, at); len(problems) > 0 {
				t.Fatalf("power lost at %d, %s:\n  %s\nafter\n%s", at, keep, strings.Join(problems, "\n  "), k.disk.Describe(at, 20))
			}
		}
	}
	if moments := len(changes(k.disk)); moments < 100 || worlds != 10*moments {
		t.Errorf("only %d moments, %d worlds", moments, worlds)
	}
}

// lost recovers on what a loss of power left and judges.
func (k *take) lost(before *crashfs.Disk, at int) []string {
	j := k.judge(at)
	j.partsOf(before)
	j.visible(before)
	var fsys durable.FS = before
	if k.lie != nil {
		fsys = k.lie(before)
	}
	if err := k.recovered(fsys); err != nil {
		j.problem("recovery: %v", err)
	}
	j.check(before)
	return j.problems
}

// Recovery loses power as well, at every moment of it, and is done again.
func TestPowerLossDuringRecovery(t *testing.T) {
	k := newTake(t).run()
	moments := changes(k.disk)
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 8 {
		at := moments[len(moments)*n/8]
		first := crashfs.Keep{Names: crashfs.All, Bytes: crashfs.Part(n % 3), Seed: uint64(n)}
		before := k.disk.Cut(at, first)
		j := k.judge(at)
		j.partsOf(before)
		if err := k.recovered(before); err != nil {
			t.Fatalf("cut at %d, %s: %v", at, first, err)
		}
		for _, again := range changes(before) {
			for _, keep := range crashfs.Keeps(rng.Uint64(), 2) {
				after := before.Cut(again, keep)
				second := *j
				if again == before.Len() {
					second.published(before) // recovery has returned
				}
				second.visible(after)
				if err := k.recovered(after); err != nil {
					second.problem("second recovery: %v", err)
				}
				second.check(after)
				if len(second.problems) > 0 {
					t.Fatalf("power lost at %d, %s; again at %d of recovery, %s:\n  %s\nafter\n%s", at, first, again, keep,
						strings.Join(second.problems, "\n  "), before.Describe(again, 20))
				}
			}
		}
	}
}

// The power goes again and again, each time somewhere in the recovery from the last time.
func TestPowerLossAgainAndAgain(t *testing.T) {
	k := newTake(t).run()
	moments := changes(k.disk)
	rng := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		at := moments[rng.IntN(len(moments))]
		j := k.judge(at)
		disk, story := k.disk, ""
		for cut := range 5 {
			keep := crashfs.Keep{Names: crashfs.Part(rng.IntN(3)), Bytes: crashfs.Part(rng.IntN(3)), Seed: rng.Uint64()}
			story += fmt.Sprintf("at %d, %s; ", at, keep)
			disk = disk.Cut(at, keep)
			if cut == 0 {
				j.partsOf(disk)
			}
			j.visible(disk)
			if err := k.recovered(disk); err != nil {
				j.problem("recovery: %v", err)
				break
			}
			if moments := changes(disk); cut < 4 {
				at = moments[rng.IntN(len(moments))]
			}
		}
		if j.check(disk); len(j.problems) > 0 {
			t.Fatalf("power lost %s:\n  %s", story, strings.Join(j.problems, "\n  "))
		}
	}
}

// A stage that lived on the disk is there after a loss of power, but old, or a mixture of pages old and new.
func TestPowerLossWithAStaleStage(t *testing.T) {
	k := newTake(t)
	k.run()
	k.meta.BootID = "before the power went"
	rng := rand.New(rand.NewPCG(3, 4))
	for _, at := range changes(k.disk) {
		var stages [][]byte
		for _, n := range k.disk.Notes(at) {
			if s, ok := n.(staged); ok {
				stages = append(stages, s.mem)
			}
		}
		for n := range min(3, len(stages)) {
			before := k.disk.Cut(at, crashfs.Keep{Names: crashfs.All, Bytes: crashfs.Part(n), Seed: uint64(at)})
			mem := make([]byte, len(stages[0]))
			for page := 0; page < len(mem); page += 4096 {
				if s := rng.IntN(len(stages) + 1); s < len(stages) {
					copy(mem[page:], stages[s][page:page+4096])
				}
			}
			k.putStage(before, mem, k.meta.BootID)
			if problems := k.lost(before, at); len(problems) > 0 {
				t.Fatalf("power lost at %d:\n  %s", at, strings.Join(problems, "\n  "))
			}
		}
	}
}

// When only the process dies, nothing that was accepted is lost.
func TestProcessDeathLosesNothing(t *testing.T) {
	k := newTake(t).run()
	deaths := 0
	for at := range k.disk.Len() {
		notes := k.disk.Notes(at)
		if k.disk.Changes(at) || len(notes) == 0 {
			continue
		}
		s, ok := notes[len(notes)-1].(staged)
		if !ok || k.disk.Len() > at+1 && len(k.disk.Notes(at+1)) == len(notes) {
			continue
		}
		deaths++
		before := k.disk.Cut(at, crashfs.Keep{Names: crashfs.All, Bytes: crashfs.All})
		k.putStage(before, s.mem, spool.BootID())
		j := k.judge(at)
		j.nothingIsLost()
		if err := k.recovered(before); err != nil {
			t.Error(err)
		}
		j.check(before)
		if j.outcome != finalize.OutcomeRepaired {
			t.Errorf("outcome %s", j.outcome)
		}
		if len(j.problems) > 0 {
			t.Errorf("killed at %d:\n  %s", at, strings.Join(j.problems, "\n  "))
		}
	}
	if deaths != 3 {
		t.Errorf("%d deaths", deaths)
	}
}

// putStage puts the stage where a session that stages on the volume has it, and the boot in which that was.
func (k *take) putStage(d *crashfs.Disk, mem []byte, boot string) {
	if there, err := durable.Exists(d, k.meta.Dir()); err != nil || !there {
		return
	}
	meta, err := spool.ReadMeta(d, k.meta.Dir())
	if errors.Is(err, fs.ErrNotExist) {
		return // published, and being tidied
	}
	k.must(err)
	meta.BootID = boot
	k.must(durable.WriteFile(d, path.Join(k.meta.Dir(), layout.SessionFile), encoded(k.t, meta)))
	k.must(durable.WriteFile(d, path.Join(k.meta.Dir(), layout.StageFile), mem))
}

package recorder_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// spoil is a deliberate mistake, of the disk or of the model. The zero value is none.
type spoil struct {
	onWrite func(op, name string, p []byte, n int) (drop bool) // of the disk: n counts the writes of that kind

	forgetsStages    bool // what was staged doesn't survive the process
	forgetsRefused   bool // a frame that was refused takes no time
	callsLossDTX     bool
	masksEarly       bool // by one sample
	ignoresRevisions bool
}

func (s spoil) disk() func(op, name string, p []byte) bool {
	if s.onWrite == nil {
		return nil
	}
	var n atomic.Int64
	return func(op, name string, p []byte) bool { return s.onWrite(op, name, p, int(n.Add(1))) }
}

// Whatever a host does, in whatever order, on a disk that fails now and then: what was accepted is in the recordings, to the
// sample; what isn't there is in the gaps, with its cause; each cue is in the transcripts; nothing else is. The contracts C1 to C8, held
// against a model that is too simple to be wrong, in virtual time.
func TestModel(t *testing.T) {
	seen := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		program := programs().Draw(t, "program")
		rapid.SyncTest(t, func(t *rapid.T) {
			what, err := perform(program, spoil{})
			if err != nil {
				t.Fatal(err)
			}
			for k, n := range what {
				seen[k] += n
			}
		})
	})
	t.Log(seen)
	for _, what := range []string{"frames accepted", "frames refused", "frames late", "packets", "cues heard", "synced", "destroyed", "abandoned", "crashed", "powerless"} {
		if seen[what] == 0 && seen["steps"] > 2000 {
			t.Errorf("in %d steps there was nothing of %q", seen["steps"], what)
		}
	}
}

// The model catches what it is for: each of these mistakes shows within some programs.
func TestModelCatches(t *testing.T) {
	for name, s := range map[string]spoil{
		"samples that are not written":      {onWrite: func(op, _ string, _ []byte, _ int) bool { return op == "samples" }},
		"one write of samples that is lost": {onWrite: func(op, _ string, _ []byte, n int) bool { return op == "samples" && n%40 == 0 }},
		"a journal that is not written":     {onWrite: func(op, _ string, _ []byte, _ int) bool { return op == "journal" }},
		"a bit that flips": {onWrite: func(op, _ string, p []byte, n int) bool {
			if op == "samples" {
				p[len(p)/2] ^= byte(n % 2)
			}
			return false
		}},
		"staging that doesn't survive":        {forgetsStages: true},
		"refused frames that take no time":    {forgetsRefused: true},
		"a loss that is called a pause":       {callsLossDTX: true},
		"masks that begin a sample early":     {masksEarly: true},
		"cues of which not the newest counts": {ignoresRevisions: true},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range 200 {
				program := programs().Example(seed)
				caught := false
				synctest.Test(t, func(t *testing.T) {
					_, err := perform(program, s)
					caught = err != nil
					if caught {
						t.Logf("by program %d: %v", seed, err)
					}
				})
				if caught {
					return
				}
			}
			t.Error("nobody noticed")
		})
	}
}

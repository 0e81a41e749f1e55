package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ilenia-live/rec/cmd/rec-sim/child"
	"github.com/ilenia-live/rec/cmd/rec-sim/judge"
)

// A round is one recording process that is killed, and what follows.
type round struct {
	o      *crashOptions
	exe    string
	dir    string // of the recordings; the witness lies beside it
	memory string // for stages, or empty

	// Chosen.
	rng      *rand.Rand
	aim      phase
	speed    string
	duration time.Duration
	inMemory bool
	recovers int // recoveries to kill

	// What came of it.
	hit              map[phase]bool
	recoveriesKilled []map[phase]bool // and what each had come to
	verdict          judge.Verdict
	problems         []string
}

const (
	crashRate  = 48000
	crashFrame = 20 * time.Millisecond
)

// newRound makes the choices. They depend on the seed and the number of the round, not on the rounds before.
func newRound(o *crashOptions, n int) *round {
	r := &round{o: o, rng: rand.New(rand.NewPCG(o.seed, uint64(n)))}
	// In turn: what is short is hit as often as what is long.
	r.aim = phases[n%len(phases)]
	r.speed, r.duration = "1", r.between(300*time.Millisecond, 3*time.Second)
	if r.rng.IntN(2) == 0 {
		r.speed, r.duration = speedMax, r.between(time.Second, 30*time.Second)
	}
	r.duration = r.duration.Truncate(time.Millisecond)
	r.inMemory = r.rng.IntN(2) == 0
	if r.rng.IntN(2) == 0 {
		r.recovers = 1 + r.rng.IntN(3)
	}
	return r
}

func (r *round) between(from, to time.Duration) time.Duration {
	return from + time.Duration(r.rng.Int64N(int64(to-from)))
}

func (r *round) acks() string { return r.dir + ".acks" }

func (r *round) ordinals() int { return r.o.sessions * r.o.channels }

func (r *round) total() uint64 { return uint64(samplesIn(r.duration, crashRate)) }

func (r *round) problem(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (r *round) remove() error {
	if err := os.RemoveAll(r.dir); err != nil {
		return err
	}
	if err := os.Remove(r.acks()); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// names lists phases in their order.
func names(hit map[phase]bool) string {
	var list []string
	for _, p := range append(slices.Clone(phases), phaseFinished) {
		if hit[p] {
			list = append(list, string(p))
		}
	}
	return strings.Join(list, " and ")
}

func (r *round) String() string {
	return fmt.Sprintf("speed %s, %s of audio, killed %s, %d recoveries killed; %d accepted, %d recovered, %d lost; %s",
		r.speed, r.duration, names(r.hit), len(r.recoveriesKilled), r.verdict.Acked, r.verdict.Recovered, r.verdict.Lost,
		plural(len(r.problems), "problem"))
}

// play does all of it. Its error is for what has nothing to do with the recorder; what is wrong with that is in problems.
func (r *round) play(ctx context.Context) error {
	// What an earlier crash left here would be judged with the rest, and may be somebody's evidence.
	for _, name := range []string{r.dir, r.acks()} {
		if _, err := os.Lstat(name); err == nil {
			return fmt.Errorf("%s is left from an earlier crash: name another --dir, or remove it", name)
		}
	}
	// recover, too, may come before the recorder has made its root.
	if err := os.MkdirAll(r.dir, 0o750); err != nil {
		return err
	}
	if err := r.record(ctx); err != nil {
		return err
	}
	for range r.recovers {
		// Most recoveries take tens of milliseconds.
		killed, err := child.Start(ctx, r.exe, "recover", r.dir).KillAfter(r.between(0, 40*time.Millisecond))
		if err != nil {
			return err
		}
		if killed {
			hit, err := left(r.dir, phaseSealing)
			if err != nil {
				return err
			}
			r.recoveriesKilled = append(r.recoveriesKilled, hit)
		}
	}
	if err := r.mustRun(ctx, "recover", r.dir); err != nil {
		return err
	}
	before, err := snapshot(r.dir)
	if err != nil {
		return err
	}
	if err := r.mustRun(ctx, "recover", r.dir); err != nil {
		return err
	}
	after, err := snapshot(r.dir)
	if err != nil {
		return err
	}
	for _, d := range before.differences(after) {
		r.problem("a second recovery changed something: %s", d)
	}
	if err := r.checkStages(); err != nil {
		return err
	}
	return r.judge(ctx)
}

// judge asks both: the stranger who knows nothing but the promises, and our own verify.
func (r *round) judge(ctx context.Context) error {
	counts, err := readAcks(r.acks(), r.ordinals())
	if err != nil {
		return err
	}
	frame, err := frameSamples(crashFrame, crashRate)
	if err != nil {
		return err
	}
	r.verdict, err = judge.Judge(judge.Case{
		Root: r.dir, Acks: counts, PerSession: r.o.channels, Frame: frame,
		Cue: func(ordinal, k int) (string, int64) {
			return madeUpText(ordinal, k), samplesIn(time.Duration(k)*madeUpEvery+madeUpFinal, crashRate)
		},
	})
	if err != nil {
		return err
	}
	r.problems = append(r.problems, r.verdict.Problems...)
	report, err := verifyDir(ctx, r.dir, io.Discard)
	if err != nil {
		return err
	}
	for _, f := range report.Findings {
		r.problem("verify: %s: %s", filepath.Join(f.Recording, f.File), f.Problem)
	}
	return nil
}

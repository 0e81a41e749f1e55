package main

import (
	"context"
	"strconv"
	"time"

	"github.com/ilenia-live/rec/cmd/rec-sim/child"
	"github.com/ilenia-live/rec/internal/staging"
)

// fastFactor is about how many seconds of audio are recorded in a second at full speed. A wrong guess only moves the kill.
const fastFactor = 4000

// hangs is how long a recovery that was left in peace may take before it counts as hanging.
const hangs = 2 * time.Minute

// record runs a recording process and kills it at a moment that was aimed at.
func (r *round) record(ctx context.Context) error {
	args := []string{
		"run", "--quiet", "--source", "pattern", "--cues", "--dir", r.dir, "--acks", r.acks(), "--speed", r.speed,
		"--sessions", strconv.Itoa(r.o.sessions), "--channels", strconv.Itoa(r.o.channels),
		"--rate", strconv.Itoa(crashRate), "--frame", crashFrame.String(), "--duration", r.duration.String(),
	}
	switch {
	case r.o.staging != "":
		args = append(args, "--staging", r.o.staging)
	case r.inMemory && r.memory != "":
		args = append(args, "--staging", r.memory)
	default:
		args = append(args, "--staging", staging.Volume)
	}
	p := child.Start(ctx, r.exe, args...)
	return r.kill(p)
}

// kill kills the recording process in the phase that was aimed at, or a little later.
func (r *round) kill(p *child.Child) error {
	var delay time.Duration
	switch r.aim {
	case phaseStarting:
		delay = r.between(0, 12*time.Millisecond)
	case phaseRecording:
		p.Until(func() bool { return r.progress() != phaseCreating })
		delay = r.between(0, r.duration)
		if r.speed == speedMax {
			delay = delay * time.Duration(r.ordinals()) / fastFactor
		}
	case phaseSyncing:
		p.Until(func() bool { return r.progress() == phaseRecording && inSync(p.PID()) })
	default:
		p.Until(func() bool { return r.reached(r.aim) })
		delay = r.between(0, 500*time.Microsecond)
	}
	if !p.Ended() && delay > 0 {
		p.WaitFor(delay)
	}
	syncing := inSync(p.PID())
	p.Kill()
	if err := p.Wait(); err != nil {
		return err
	}
	if !p.Killed() {
		r.hit = map[phase]bool{phaseFinished: true}
		if p.Failed() {
			r.problem("run ended by itself: %s", p.Complaint())
		}
		return nil
	}
	var err error
	if r.hit, err = left(r.dir, r.progress()); err != nil {
		return err
	}
	r.hit[phaseSyncing] = syncing && r.hit[phaseRecording]
	return nil
}

// reached looks whether a session is in that phase now. What goes while it is looked at is looked at again.
func (r *round) reached(aim phase) bool {
	now, err := left(r.dir, r.progress())
	return err == nil && now[aim]
}

// progress says how far the counts of the witness have got. One that can't be read has none.
func (r *round) progress() phase {
	counts, _ := readAcks(r.acks(), r.ordinals())
	some, all := false, true
	for _, n := range counts {
		some = some || n > 0
		all = all && n >= r.total()
	}
	switch {
	case all:
		return phaseSealing
	case some:
		return phaseRecording
	default:
		return phaseCreating
	}
}

// mustRun runs a command to its end and notes it if that is not a good one.
func (r *round) mustRun(ctx context.Context, args ...string) error {
	p := child.Start(ctx, r.exe, args...)
	if err := p.WaitAtMost(hangs); err != nil {
		return err
	}
	if p.Failed() {
		r.problem("%s: %s", args[0], p.Complaint())
	}
	return nil
}

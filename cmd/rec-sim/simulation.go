package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/internal/usage"
	"github.com/ilenia-live/rec/recorder"
)

// A simulation is one run under way.
type simulation struct {
	o        *runOptions
	plan     *plan
	witness  *witness // nil without --acks
	recorder *recorder.Recorder
	synced   *latency.Shared // recovery points achieved
	series   *series         // nil unless somebody will read it

	live        []*liveSession
	calls       *calls // nil where samples are written
	feeding     load
	interrupted bool
	fed         fedState
	report      report
}

// A fedState is how things were when the last frame had been sent and no session had ended: what ending thousands of them at
// once costs is not the price of recording.
type fedState struct {
	wall, cpu time.Duration
	missed    int64  // syncs that came later than promised
	unsynced  spread // in ms
	rss       int64
}

// simulate opens a recorder, records, and closes it. When s.live is nil nothing was recorded.
func (s *simulation) simulate(ctx context.Context, progressTo io.Writer) (err error) {
	if s.recorder, err = openRecorder(ctx, s.o, s.onSynced); err != nil {
		return err
	}
	err = s.record(ctx, progressTo)
	// Sessions that could not be ended can't be now; verdict tells of them.
	if closing := s.recorder.Close(context.WithoutCancel(ctx)); closing != nil && s.unfinished() == 0 {
		err = errors.Join(err, fmt.Errorf("close recorder: %w", closing))
	}
	return err
}

// onSynced is told by the recorder's goroutines what a sync made durable.
func (s *simulation) onSynced(age time.Duration) {
	s.synced.Record(age)
	s.series.synced(age)
}

// record creates the sessions, feeds them and ends them. Errors are for what can't be measured; frames that were refused
// and sessions that could not be finished are for verdict.
func (s *simulation) record(ctx context.Context, progressTo io.Writer) error {
	var err error
	if s.plan.packets != nil {
		if s.calls, err = dial(ctx, s.o, s.plan); err != nil {
			if ctx.Err() != nil {
				return nil // told to stop before it began
			}
			return err
		}
		defer func() { s.calls.hangUp() }()
	}
	if s.live, err = createSessions(ctx, s.recorder, s.plan, s.o.sessions, s.witness); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop before it began
		}
		return err
	}
	return s.feed(ctx, progressTo)
}

// feed feeds the sessions and ends them.
func (s *simulation) feed(ctx context.Context, progressTo io.Writer) error {
	var fed []*fedSession
	for _, l := range s.live {
		fed = append(fed, l.fed)
	}
	if s.calls != nil {
		s.feeding = s.calls.join(s.live)
	} else {
		s.feeding = newFeeding(s.plan, s.o, fed)
	}

	begun := time.Now()
	cpu := usage.Self().Total()
	stop := s.showProgress(progressTo)
	stopSeries := s.series.watch(s.totals)
	stopAsking := s.askForSyncs(ctx)
	err := s.feeding.run(ctx)
	stopAsking()
	s.interrupted = ctx.Err() != nil
	s.noteFed(time.Since(begun), cpu)
	reason := "simulation ended"
	if s.interrupted {
		reason = "simulation interrupted"
	}
	destroySessions(s.live, reason)
	stop()
	stopSeries()
	s.measure(time.Since(begun), cpu)
	if s.calls != nil {
		s.report.Network = s.calls.check(s.o.dir, s.live)
	}
	return err
}

// noteFed takes note of how things are when all is sent.
func (s *simulation) noteFed(wall, cpuBefore time.Duration) {
	st := s.recorder.Stats()
	s.synced.AtLeast(st.Unsynced)
	s.fed = fedState{
		wall: wall, cpu: usage.Self().Total() - cpuBefore, missed: st.SyncsMissed, unsynced: spreadOf(s.synced.Sum(), time.Millisecond),
		rss: memory().Resident(),
	}
}

// measure fills the report when all sessions have ended.
func (s *simulation) measure(wall, cpuBefore time.Duration) {
	cpu := usage.Self().Total()
	r := &s.report
	r.Sessions, r.Channels = len(s.live), len(s.live)*len(s.plan.channels)
	r.PeakRSSBytes = memory().Peak
	r.FramesAccepted, r.FramesRefused, r.LateFrames, _ = s.feeding.total()
	for _, l := range s.live {
		for _, lane := range l.fed.lanes {
			r.AudioSeconds += float64(lane.accepted) / float64(s.plan.rate)
		}
		for _, c := range l.manifest.Channels {
			r.Gaps += len(c.Gaps)
		}
	}
	r.setCost(wall, cpu-cpuBefore)
	r.setWriteLatency(s.feeding.latency())
	r.UnsyncedMs = spreadOf(s.synced.Sum(), time.Millisecond)
	finalizing := latency.New()
	for _, l := range s.live {
		finalizing.Record(l.took)
	}
	r.FinalizeMs = spreadOf(finalizing, time.Millisecond)
	r.BytesWritten = s.recorder.Stats().BytesWritten
	r.setSeries(s.series, s.feeding.latency(), s.o.sync)
}

// unfinished counts the sessions that have no recording.
func (s *simulation) unfinished() (n int) {
	for _, l := range s.live {
		if l.err != nil {
			n++
		}
	}
	return n
}

// maxReasons bounds what verdict quotes: a full disk fails a thousand sessions in the same way.
const maxReasons = 3

// verdict is an error if anything that was fed is not in the recordings.
func (s *simulation) verdict() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, exit.Wrongf(format, args...)) }
	accepted, refused, _, failed := s.feeding.total()
	if refused > 0 {
		add("%d of %d frames were refused", refused, accepted+refused)
	}
	if failed != nil {
		add("write: %w", failed)
	}
	unfinished, notOK, cues := 0, 0, int64(0)
	for _, l := range s.live {
		if l.err != nil {
			if unfinished++; unfinished <= maxReasons {
				add("destroy session %s: %w", l.session.ID(), l.err)
			}
			continue
		}
		if l.manifest.Outcome != finalize.OutcomeOK {
			notOK++
		}
		if t := l.fed.cues; t.refused > 0 {
			if cues == 0 {
				add("refused: %w", t.first)
			}
			cues += t.refused
		}
	}
	if unfinished > 0 {
		add("%d of %d sessions were not finished; the next run or 'rec-sim recover' will", unfinished, len(s.live))
	}
	if notOK > 0 {
		add("%d of %d recordings are not ok", notOK, len(s.live))
	}
	if cues > 0 {
		add("%d cues were refused", cues)
	}
	if n := s.report.Network; n != nil {
		errs = append(errs, n.verdict())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"time"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/recorder"
)

// This file is where the simulator meets the recorder: everything else knows lanes, sinks and scripts only.

// openRecorder opens a recorder as the flags say. synced is told the age of what each sync made durable.
func openRecorder(ctx context.Context, o *runOptions, synced func(time.Duration)) (*recorder.Recorder, error) {
	r, err := recorder.Open(ctx, recorder.Config{
		Root:    o.dir,
		Sync:    recorder.Sync{Every: o.sync, PerAudio: !o.realTime(), Volume: o.volume},
		Buffer:  o.buffer,
		Staging: o.staging,
		Writers: o.writers,
		Cached:  o.cached,
		Opus:    o.opus,
		// A simulator that is stopped in a debugger for an hour must find its sessions as it left them.
		Idle:     -1,
		OnSynced: synced,
	})
	var field *recorder.FieldError
	if errors.As(err, &field) {
		return nil, exit.Usagef("%w", err)
	}
	if err != nil {
		return nil, exit.Envf("%w", err)
	}
	return r, nil
}

// A liveSession is one session of the recorder and how it is fed.
type liveSession struct {
	fed      *fedSession
	session  *recorder.Session
	created  time.Time // when its timeline began: Create was called
	finished func()    // is called when Destroy has returned nil
	// Set by destroy.
	ended    time.Time // when its timeline ended: Destroy was called
	manifest finalize.Manifest
	path     string // below the root
	took     time.Duration
	err      error
}

// createSession opens session number i of the plan.
func createSession(ctx context.Context, r *recorder.Recorder, p *plan, i int, w *witness) (*liveSession, error) {
	base := i * len(p.channels)
	create := recorder.SessionCreate{Type: "SessionCreate", EventID: "rec-sim"}
	for j, c := range p.channels {
		create.Channels = append(create.Channels, recorder.ChannelSpec{
			ID: c.id, Label: p.labelOf(j, base+j), Language: c.language, Record: true, Codec: p.codec(),
			SampleRate: p.rate, ChannelCount: c.channelCount,
		})
	}
	created := time.Now()
	s, err := r.Create(ctx, create)
	if err != nil {
		return nil, err
	}
	fed := &fedSession{base: base}
	fed.cues = newCueTrack(p, base, sendCue(s, &fed.first))
	for j, c := range p.channels {
		channel, err := s.Channel(c.id)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		fed.lanes = append(fed.lanes, &lane{
			sink: channelSink{channel}, source: p.sourceOf(j, base+j), ack: w.counter(base + j),
			session: fed, last: j == len(p.channels)-1,
		})
	}
	w.promised(i, promiseCreated)
	return &liveSession{fed: fed, session: s, created: created, finished: func() { w.promised(i, promiseDestroyed) }}, nil
}

// sendCue sends cues to a session whose sound begins at first.
func sendCue(s *recorder.Session, first *time.Duration) func(cue) error {
	return func(c cue) error {
		out := recorder.Cue{
			ID: c.ID, Channel: c.Channel, Language: c.Language, Start: *first + c.start(), End: *first + c.end(), Text: c.Text,
			Speaker: c.Speaker, Final: c.Final, Revision: c.Revision,
		}
		err := s.Cue(out)
		if errors.Is(err, recorder.ErrOverflow) {
			// Faster than real time, cues come thicker than any ring is deep. A live recogniser would try again as well.
			if err = s.Sync(context.Background()); err == nil {
				err = s.Cue(out)
			}
		}
		return err
	}
}

// channelSink is a channel of the recorder as a lane sees it.
type channelSink struct{ c *recorder.Channel }

func (s channelSink) writeAt(pos int64, p []byte) error {
	return refusal(s.c.WritePCMAt(pos, p))
}

// refusal is an error of the recorder's as the simulator knows it.
func refusal(err error) error {
	if err != nil && errors.Is(err, recorder.ErrOverflow) {
		return errRefused
	}
	return err
}

func (s channelSink) await(ctx context.Context, n int) error { return s.c.Await(ctx, n) }

// destroy ends the session and keeps what came out of it.
func (s *liveSession) destroy(ctx context.Context, reason string) {
	s.ended = time.Now()
	if s.manifest, s.err = s.session.Destroy(ctx, reason); s.err == nil {
		s.finished()
	}
	s.took = time.Since(s.ended)
	s.path = s.session.Path()
}

package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/staging"
	"github.com/ilenia-live/rec/pipeline"
)

// Create opens a session. It returns when the session's name is on stable storage: from then on whatever is accepted will
// be found, by Destroy or by recovery.
//
// Only channels with record=true are recorded. With none, nothing touches the disk, and the session returned records
// nothing: its channels refuse with ErrNotRecorded, its Destroy returns an empty Manifest.
//
// Errors: *FieldError for a message that is refused, ErrExists, ErrTooMany, ErrClosed, or what the disk said.
func (r *Recorder) Create(ctx context.Context, m SessionCreate) (*Session, error) {
	began := time.Now()
	m, err := m.normalize()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	meta := r.meta(m, began)
	if size := meta.StageBytes(); size > limits.StageBytes {
		return nil, &FieldError{Field: "channels", Value: fmt.Sprintf("%d bytes of staging for %s", size, r.cfg.Buffer), Want: fmt.Sprintf("at most %d", limits.StageBytes)}
	}
	if err := r.reserve(m.SessionID, len(meta.Channels) > 0); err != nil {
		return nil, err
	}
	s := &Session{rec: r, id: m.SessionID, specs: m.Channels, start: began}
	if len(meta.Channels) > 0 {
		if err := s.begin(ctx, meta); err != nil {
			r.mu.Lock()
			r.dropLocked(m.SessionID, true)
			r.mu.Unlock()
			if errors.Is(err, fs.ErrExist) { // closed without Destroy: it waits for recovery
				err = errors.Join(ErrExists, err)
			}
			return nil, fmt.Errorf("create session %s: %w", m.SessionID, err)
		}
	}
	r.mu.Lock()
	closed := r.closed
	if closed {
		r.dropLocked(m.SessionID, s.pipe != nil)
	} else {
		r.sessions[m.SessionID] = s
		r.events.put(Event{Kind: SessionCreated, Session: m.SessionID})
	}
	r.mu.Unlock()
	if closed {
		return nil, errors.Join(ErrClosed, s.abandon())
	}
	return s, nil
}

// reserve keeps the id for a session that is being created.
func (r *Recorder) reserve(id string, records bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	if _, taken := r.sessions[id]; taken {
		return &FieldError{Field: "sessionId", Value: quote(id), Want: "an id that no open session has", Err: ErrExists}
	}
	if records {
		if r.recorded >= r.cfg.Sessions {
			return fmt.Errorf("create session %s: %d are open: %w", id, r.recorded, ErrTooMany)
		}
		r.recorded++
	}
	r.sessions[id] = nil
	return nil
}

// meta is what will be session.json; its channels are those to record.
func (r *Recorder) meta(m SessionCreate, began time.Time) spool.Meta {
	meta := spool.Meta{
		Schema: spool.Schema, SessionID: m.SessionID, EventID: m.EventID, Instance: r.instance.id,
		BootID: spool.BootID(), StartedAt: began.UTC().Round(0), SyncEveryMs: r.cfg.Sync.Every.Milliseconds(), StageDir: r.stageDir,
		Metadata: json.RawMessage(m.Metadata),
	}
	for _, c := range m.Channels {
		if !c.Record {
			continue
		}
		cm := spool.ChannelMeta{
			ID: c.ID, Label: c.Label, Language: c.Language, Codec: c.Codec, SampleRate: c.SampleRate, Channels: c.ChannelCount,
			Native: c.Clock == clockNative,
		}
		buffer := r.cfg.Buffer
		if c.Codec != "pcm_s16le" {
			cm.HoldBytes = spool.HoldBytes
			buffer = max(buffer, packetBuffer)
		}
		if c.Codec == "opus" {
			cm.Opus = r.cfg.Opus
		}
		cm.RingBytes = spool.RingBytes(cm.Frames(buffer) * int64(cm.Format().BlockAlign()))
		meta.Channels = append(meta.Channels, cm)
	}
	return meta
}

// packetBuffer is the least that a channel of packets buffers. Packets that waited for others, or for the first of them to be placed,
// are played at once, half a second and a little; and as much as half a ring may wait for the disk writer at that moment.
const packetBuffer = 1200 * time.Millisecond

// begin makes the session's spool directory and hands it to the pipeline.
func (s *Session) begin(ctx context.Context, meta spool.Meta) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	meta.RecordingID = id.String()
	err = s.beginStaged(ctx, meta)
	var noRoom *stageError
	if errors.As(err, &noRoom) && meta.StageDir != "" {
		// A tmpfs has a size; the volume has its own, and is the one that must have room in any case.
		s.rec.cfg.Log.Warn("staging on the volume instead", zap.String("session", meta.SessionID), zap.Error(err))
		meta.StageDir = ""
		err = s.beginStaged(ctx, meta)
	}
	return err
}

func (s *Session) beginStaged(ctx context.Context, meta spool.Meta) error {
	var mapping *durable.Mapping
	var dropStage func() error
	files, err := spool.Create(s.rec.files, meta, func(dir string) (err error) {
		mapping, dropStage, err = makeStage(s.rec.root, meta, dir)
		if err != nil {
			err = &stageError{err}
		}
		return err
	})
	if err != nil {
		if mapping != nil {
			err = errors.Join(err, mapping.Close(), dropStage())
		}
		return err
	}
	var stage *spool.Stage
	if mapping.Lazy {
		if stage, err = spool.FormatLazyStage(mapping.Bytes, mapping, meta, s.rec.engine.FirstRing); err != nil {
			err = &stageError{err} // most of its memory is asked for only here
		}
	} else {
		stage, err = spool.FormatStage(mapping.Bytes, meta)
	}
	if err == nil {
		s.pipe, err = s.rec.engine.Add(ctx, pipeline.Spec{
			FS: s.rec.files, Meta: meta, Start: s.start, Files: files, Stage: stage, Release: mapping.Close,
		})
	}
	if err != nil {
		return errors.Join(err, files.Close(), mapping.Close(), dropStage(), durable.RemoveTree(s.rec.files, meta.Dir()))
	}
	s.meta = meta
	return nil
}

// stageError says that there is no memory for the stage where it was to be.
type stageError struct{ err error }

func (e *stageError) Error() string { return "stage: " + e.err.Error() }
func (e *stageError) Unwrap() error { return e.err }

// makeStage allocates the session's stage, in dir or in the staging directory. drop removes its file again, where the
// removal of dir doesn't.
func makeStage(root *durable.Root, meta spool.Meta, dir string) (m *durable.Mapping, drop func() error, err error) {
	drop = func() error { return nil }
	if meta.StageDir == "" {
		m, err = root.CreateMapping(path.Join(dir, layout.StageFile), meta.StageBytes())
		return m, drop, err
	}
	stages, err := staging.OpenOwn(meta.StageDir)
	if err != nil {
		return nil, drop, err
	}
	m, err = stages.CreateLazyMapping(meta.StageName(), meta.StageBytes())
	if err == nil {
		drop = func() error {
			again, err := staging.Open(meta.StageDir)
			if err != nil {
				return err
			}
			return errors.Join(again.Remove(meta.StageName()), again.Close())
		}
	}
	return m, drop, errors.Join(err, stages.Close())
}

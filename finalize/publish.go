package finalize

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"syscall"
	"time"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
)

// Env is where publications happen.
type Env struct {
	FS durable.FS // the recordings root
	// OpenStages opens a directory that holds stages outside the root. If nil, such stages count as lost.
	OpenStages func(dir string) (fsys durable.FS, close func() error, err error)
	// Rewrite makes Publish write anew, through descriptors of its own, what it can't know to be on stable storage. It must
	// be set unless the caller has written the files itself, without a failed sync, and calls for the first time: a sync
	// that failed once may succeed the next time without having written anything
	// (https://wiki.postgresql.org/wiki/Fsync_Errors).
	Rewrite bool
}

// Result tells what Publish did.
type Result struct {
	Manifest Manifest
	Path     string // of the finished recording, relative to the root
	// Already is set when the recording had been published before, and only traces of its spool were left. Path is empty when
	// these no longer said which one it was.
	Already bool
	// Kept names what was cut off as uncertain and kept in the quarantine.
	Kept []string
	// Leftover is why something of the spool directory could not be removed. The recording is published all the same.
	Leftover error
}

// Publish finishes the session whose spool directory is dir. The caller owns the directory: its session has been sealed, or
// its process is dead and the caller holds its lock.
//
// Before the recording is published every error is a *StepError, and calling again goes on where it failed.
func Publish(ctx context.Context, env Env, dir string) (Result, error) {
	p := &publication{env: env, fs: env.FS, dir: dir, pub: path.Join(dir, layout.PubDir)}
	var err error
	if p.meta, err = spool.ReadMeta(p.fs, dir); err != nil {
		if gone, err := p.emptied(err); gone || err != nil {
			return Result{Already: true}, err
		}
		if !isIO(err) {
			err = fmt.Errorf("%w: %w", ErrUnexplained, err)
		}
		return Result{}, &StepError{Step: "drain", Path: dir, Err: err}
	}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"publish", p.findPublished},
		{"drain", p.drain},
		{"seal", p.seal},
		{"transcribe", p.transcribe},
		{"collect", p.collect},
		{"describe", p.describe},
		{"publish", p.publish},
	} {
		if p.result.Path != "" {
			break // published
		}
		err := ctx.Err()
		if err == nil {
			err = step.do()
		}
		if err != nil {
			return p.result, &StepError{Step: step.name, Path: dir, Err: err}
		}
	}
	// The recording is published; what follows can't take it back, so it can't fail it either.
	p.result.Leftover = p.tidy()
	return p.result, nil
}

// publication is one Publish on its way.
type publication struct {
	env  Env
	fs   durable.FS
	dir  string // the spool directory
	pub  string // and what will be renamed
	meta spool.Meta

	described bool // the manifest is in pub: everything before is done
	journal   spool.Journal
	end       *spool.End
	channels  []channelState

	result Result
}

// findPublished asks whether an earlier call got as far as the rename, or as far as the manifest.
func (p *publication) findPublished() error {
	for n := 1; ; n++ {
		name := layout.Finished(p.meta.StartedAt, p.meta.SessionID, n)
		there, err := durable.Exists(p.fs, name)
		if err != nil {
			return err
		}
		if !there {
			break
		}
		m, err := ReadManifest(p.fs, name)
		if isIO(err) {
			return err // it may be ours
		}
		// One that is no manifest is somebody else's trouble.
		if err == nil && m.RecordingID == p.meta.RecordingID {
			p.result.Manifest, p.result.Path, p.result.Already = m, name, true
			// The call that renamed it may have died before these.
			return errors.Join(p.fs.SyncDir(path.Dir(name)), p.fs.SyncDir(p.dir))
		}
	}
	m, err := ReadManifest(p.fs, p.pub)
	if isIO(err) {
		return err
	}
	if err == nil && m.RecordingID == p.meta.RecordingID {
		p.described, p.result.Manifest = true, m
	}
	return nil
}

// collect moves the audio to pub/ under its final name. The transcripts were written there.
func (p *publication) collect() error {
	if p.described {
		return nil
	}
	for _, c := range p.meta.Channels {
		from, to := path.Join(p.dir, layout.Part(c.ID)), path.Join(p.pub, layout.WAV(c.ID))
		done, err := durable.Exists(p.fs, to)
		if err != nil {
			return err
		}
		if done {
			continue
		}
		if err := p.fs.Chmod(from, durable.FinishedMode); err != nil {
			return err
		}
		if err := p.fs.Rename(from, to); err != nil {
			return err
		}
	}
	return nil
}

// describe writes the manifest. When it is on stable storage, all that it names is as well.
func (p *publication) describe() error {
	if p.described {
		// It was seen, which says nothing of its being durable.
		if err := p.fs.Chmod(path.Join(p.pub, layout.ManifestFile), durable.FinishedMode); err != nil {
			return err
		}
		return p.fs.SyncDir(p.pub)
	}
	m := p.manifest(time.Now())
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	name := path.Join(p.pub, layout.ManifestFile)
	// The names of the files go first: a manifest must not outlive them.
	if err := p.fs.SyncDir(p.pub); err != nil {
		return err
	}
	if err := durable.WriteFile(p.fs, name, append(text, '\n')); err != nil {
		return err
	}
	if err := p.fs.Chmod(name, durable.FinishedMode); err != nil {
		return err
	}
	p.result.Manifest = m
	return nil
}

// publish is the moment at which the recording appears.
func (p *publication) publish() error {
	if err := durable.MkdirAll(p.fs, layout.DateDir(p.meta.StartedAt)); err != nil {
		return err
	}
	for n := 1; ; n++ {
		name := layout.Finished(p.meta.StartedAt, p.meta.SessionID, n)
		taken, err := durable.Exists(p.fs, name)
		if err != nil {
			return err
		}
		if taken {
			continue // by another recording of the same session id: findPublished looked
		}
		err = p.fs.Rename(p.pub, name)
		if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrExist) {
			continue // another process was faster
		}
		if err != nil {
			return err
		}
		// Both ends of the rename: else a crash could show the recording twice, or on a file system less kind than most
		// not at all.
		if err := p.fs.SyncDir(path.Dir(name)); err != nil {
			return err
		}
		if err := p.fs.SyncDir(p.dir); err != nil {
			return err
		}
		p.result.Path = name
		return nil
	}
}

// emptied asks whether a directory without session.json is one that tidy was about to remove, and removes it.
func (p *publication) emptied(missing error) (bool, error) {
	if !errors.Is(missing, fs.ErrNotExist) {
		return false, nil
	}
	entries, err := p.fs.ReadDir(p.dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) > 0 {
		return false, nil
	}
	if err == nil {
		err = p.fs.Remove(p.dir)
	}
	if err != nil {
		return false, &StepError{Step: "tidy", Path: p.dir, Err: err}
	}
	return true, nil
}

// tidy removes the files of the spool directory that the recording replaces, and nothing that it can't name.
func (p *publication) tidy() error {
	var errs []error
	if p.meta.StageDir != "" {
		errs = append(errs, p.withStages(func(fsys durable.FS) error { return remove(fsys, p.meta.StageName()) }))
	}
	for _, name := range []string{
		layout.StageFile, layout.JournalFile, layout.JournalFile + ".tmp", layout.SessionFile + ".tmp",
		// Last: as long as it is there, the next attempt knows what this directory was.
		layout.SessionFile,
	} {
		errs = append(errs, remove(p.fs, path.Join(p.dir, name)))
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	if err := remove(p.fs, p.dir); err != nil {
		return fmt.Errorf("remove spool directory: %w", err)
	}
	return nil
}

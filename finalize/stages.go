package finalize

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
)

func remove(fsys durable.FS, name string) error {
	if err := fsys.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// withStages runs do on the directory that holds the session's stage, when that is not its spool directory. A directory
// that is gone, as a tmpfs is after a restart of the machine, is no error: do is not called.
func (p *publication) withStages(do func(durable.FS) error) error {
	if p.env.OpenStages == nil {
		return nil
	}
	fsys, done, err := p.env.OpenStages(p.meta.StageDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(do(fsys), done())
}

// readStage returns the session's stage, or nil when it is lost. It may be stale after a loss of power; whoever uses it
// compares checksums.
func (p *publication) readStage() (*spool.Stage, error) {
	var mem []byte
	read := func(fsys durable.FS, name string) error {
		var err error
		mem, err = durable.ReadFile(fsys, name, limits.StageBytes)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	var err error
	if p.meta.StageDir == "" {
		err = read(p.fs, path.Join(p.dir, layout.StageFile))
	} else {
		err = p.withStages(func(fsys durable.FS) error { return read(fsys, p.meta.StageName()) })
	}
	if err != nil || mem == nil {
		return nil, err
	}
	stage, err := spool.OpenStage(mem, p.meta)
	if errors.Is(err, spool.ErrStage) {
		return nil, nil // torn or foreign: as good as lost
	}
	if err != nil {
		return nil, fmt.Errorf("stage: %w", err)
	}
	return stage, nil
}

package cleanup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"syscall"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/staging"
)

// one recovers what lies under one name in a dead instance's directory.
func (rv *recovery) one(ctx context.Context, instance, name string) Verdict {
	dir := path.Join(layout.Instance(instance), name)
	v := Verdict{Session: strings.TrimSuffix(name, layout.NewSuffix), Instance: instance}
	if meta, err := spool.ReadMeta(rv.root, dir); err == nil {
		v.Session = meta.SessionID
	}
	if rv.opts.DryRun {
		v.Verdict, v.Path = Orphan, dir
		return v
	}
	if err := ctx.Err(); err != nil {
		return failed(v, err)
	}
	if strings.HasSuffix(name, layout.NewSuffix) {
		return rv.unborn(v, dir)
	}
	result, err := finalize.Publish(ctx, rv.env, dir)
	switch {
	case errors.Is(err, finalize.ErrUnexplained):
		return rv.quarantine(v, dir, err.Error())
	case err != nil:
		return failed(v, err)
	}
	v.Verdict, v.Path, v.Outcome, v.Kept = Published, result.Path, string(result.Manifest.Outcome), result.Kept
	if result.Already {
		v.Verdict = AlreadyPublished
	}
	if r := result.Manifest.Recovery; r != nil {
		v.LostAtMostMs = r.LostAtMostMs
	}
	if result.Leftover != nil && !errors.Is(result.Leftover, syscall.ENOTEMPTY) {
		// The disk refused to remove what is known. The next recovery finishes that.
		v.Error = result.Leftover.Error()
	} else if result.Leftover != nil {
		// The recording is out; what would not go from its spool is kept apart, so that it is looked at once, not at
		// every boot.
		left := rv.quarantine(v, dir, "left over after publication to "+result.Path+": "+result.Leftover.Error())
		v.Error = left.Error
		if left.Verdict == Quarantined {
			v.Kept = append(v.Kept, left.Path)
		}
	}
	return v
}

func failed(v Verdict, err error) Verdict {
	v.Verdict, v.Error = Failed, err.Error()
	return v
}

// unborn removes the directory of a Create that never returned. Nothing in it was accepted.
func (rv *recovery) unborn(v Verdict, dir string) Verdict {
	if meta, err := spool.ReadMeta(rv.root, dir); err == nil && meta.StageDir != "" {
		if err := removeStage(meta); err != nil {
			return failed(v, err)
		}
	}
	if err := durable.RemoveTree(rv.root, dir); err != nil {
		return failed(v, err)
	}
	v.Verdict = Empty
	return v
}

func removeStage(meta spool.Meta) error {
	stages, err := staging.Open(meta.StageDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = stages.Remove(meta.StageName())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, stages.Close())
}

// quarantine moves a directory to where it is looked at by people, with the reason in it. Its name there is the session's,
// with a number if that is taken.
func (rv *recovery) quarantine(v Verdict, dir, reason string) Verdict {
	if err := durable.MkdirAll(rv.root, layout.QuarantineDir); err != nil {
		return failed(v, err)
	}
	if err := rv.keepStage(dir); err != nil {
		return failed(v, err)
	}
	text := fmt.Sprintf("session %s of instance %s: %s\n", v.Session, v.Instance, reason)
	info, err := rv.root.Stat(dir)
	if err == nil && info.IsDir() {
		err = durable.WriteFile(rv.root, path.Join(dir, layout.ReasonFile), []byte(text))
	}
	if err != nil {
		return failed(v, err)
	}
	to, err := rv.freeName(path.Join(layout.QuarantineDir, layout.FileName(v.Session)))
	if err != nil {
		return failed(v, err)
	}
	if err := rv.root.Rename(dir, to); err != nil {
		return failed(v, err)
	}
	if err := errors.Join(rv.root.SyncDir(layout.QuarantineDir), rv.root.SyncDir(path.Dir(dir))); err != nil {
		return failed(v, err)
	}
	v.Verdict, v.Path, v.Reason = Quarantined, to, reason
	return v
}

// keepStage moves a stage that lies outside the root into the directory that is about to be quarantined: it is evidence.
func (rv *recovery) keepStage(dir string) error {
	meta, err := spool.ReadMeta(rv.root, dir)
	if err != nil || meta.StageDir == "" {
		return nil // where it is can't be known, or it is here
	}
	stages, err := staging.Open(meta.StageDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	err = func() error {
		p, err := durable.ReadFile(stages, meta.StageName(), limits.StageBytes)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := durable.WriteFile(rv.root, path.Join(dir, layout.StageFile), p); err != nil {
			return err
		}
		return stages.Remove(meta.StageName())
	}()
	return errors.Join(err, stages.Close())
}

func (rv *recovery) freeName(name string) (string, error) {
	for n := 1; ; n++ {
		candidate := name
		if n > 1 {
			candidate += "~" + strconv.Itoa(n)
		}
		taken, err := durable.Exists(rv.root, candidate)
		if err != nil || !taken {
			return candidate, err
		}
	}
}

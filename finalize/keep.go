package finalize

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
)

// keepTail copies the bytes [from, to) of a file that is about to be cut there into the quarantine (contract C4): they
// could not be proven to be what was recorded, which doesn't prove that they are not. Zeros at the end are not kept.
func (p *publication) keepTail(c spool.ChannelMeta, f durable.File, from, to int64) error {
	end, err := dataEnd(f, from, to)
	if err != nil || end == from {
		return err
	}
	align := int64(c.Format().BlockAlign())
	to = min(to, from+(end-from+align-1)/align*align)
	dir := path.Join(layout.QuarantineDir, layout.FileName(p.meta.RecordingID))
	if err := durable.MkdirAll(p.fs, dir); err != nil {
		return err
	}
	name := path.Join(dir, layout.FileName(c.ID)+".tail.pcm")
	if err := remove(p.fs, name); err != nil { // half a copy by an earlier call; the original is still here
		return err
	}
	out, err := p.fs.Create(name)
	if err != nil {
		return err
	}
	if err := copyRange(out, f, from, to); err != nil {
		return errors.Join(err, out.Close())
	}
	if err := out.Sync(); err != nil {
		return errors.Join(err, out.Close())
	}
	if err := out.Close(); err != nil {
		return err
	}
	reason := fmt.Sprintf("%s: bytes %d to %d of channel %q of session %s\n"+
		"were written after the last point that is known to have reached the disk. They are headerless PCM,\n"+
		"16-bit little-endian, %d Hz, %d channel(s), and may be damaged. The recording ends before them.\n",
		path.Base(name), from, to, c.ID, p.meta.SessionID, c.SampleRate, c.Channels)
	if err := p.addReason(dir, reason); err != nil {
		return err
	}
	p.result.Kept = append(p.result.Kept, name)
	return p.fs.SyncDir(dir)
}

// addReason appends text to the directory's reason file, unless it is there.
func (p *publication) addReason(dir, text string) error {
	name := path.Join(dir, layout.ReasonFile)
	old, err := durable.ReadFile(p.fs, name, 1<<20)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if bytes.Contains(old, []byte(text)) {
		return nil
	}
	return durable.WriteFile(p.fs, name, append(old, text...))
}

// dataEnd returns where, between from and to, the last byte ends that isn't zero; from if there is none.
func dataEnd(f durable.File, from, to int64) (end int64, err error) {
	end = from
	buf := make([]byte, min(walkBytes, to-from))
	for from < to {
		next, err := f.NextData(from) // room may be reserved for seconds
		if err != nil {
			return 0, err
		}
		if from = next; from < 0 || from >= to {
			break
		}
		p := buf[:min(int64(len(buf)), to-from)]
		n, err := f.ReadAt(p, from)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if used := len(bytes.TrimRight(p[:n], "\x00")); used > 0 {
			end = from + int64(used)
		}
		from += int64(len(p))
	}
	return end, nil
}

func copyRange(dst, src durable.File, from, to int64) error {
	buf := make([]byte, min(walkBytes, to-from))
	for at := from; at < to; {
		p := buf[:min(int64(len(buf)), to-at)]
		if _, err := src.ReadAt(p, at); err != nil {
			return err
		}
		if _, err := dst.WriteAt(p, at-from); err != nil {
			return err
		}
		at += int64(len(p))
	}
	return nil
}

package finalize_test

import (
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/crashfs"
	"github.com/ilenia-live/rec/internal/durable/faultfs"
)

// skips returns a disk that never makes those calls, and says that it did.
func skips(inner durable.FS, op string, suffixes ...string) durable.FS {
	disk := faultfs.New(inner)
	disk.Plan(func(c faultfs.Call) *faultfs.Fault {
		for _, suffix := range suffixes {
			if c.Op == op && strings.HasSuffix(c.Subject, suffix) {
				return &faultfs.Fault{Mode: faultfs.Skip}
			}
		}
		return nil
	})
	return disk
}

// wrapped puts something between a disk's files and whoever opens them.
type wrapped struct {
	durable.FS
	wrap func(name string, f durable.File) durable.File
}

func (w wrapped) Create(name string) (durable.File, error) {
	f, err := w.FS.Create(name)
	if err != nil {
		return nil, err
	}
	return w.wrap(name, f), nil
}

func (w wrapped) Open(name string) (durable.File, error) {
	f, err := w.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return w.wrap(name, f), nil
}

// lateFile writes a header before the samples that it speaks of: these come when the next sync is over.
type lateFile struct {
	durable.File
	mu   sync.Mutex
	held []func() error
}

func (f *lateFile) WriteAt(p []byte, off int64) (int, error) {
	if off < headerBytes {
		return f.File.WriteAt(p, off)
	}
	p = append([]byte(nil), p...)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held = append(f.held, func() error { _, err := f.File.WriteAt(p, off); return err })
	return len(p), nil
}

func (f *lateFile) WriteDirect(p []byte, off int64) (int, error) { return f.WriteAt(p, off) }

func (f *lateFile) Sync() error {
	err := f.File.Sync()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, write := range f.held {
		if err == nil {
			err = write()
		}
	}
	f.held = nil
	return err
}

// stubbornFile asks once more when a sync failed, on the same descriptor.
type stubbornFile struct{ durable.File }

func (f stubbornFile) Sync() error {
	if f.File.Sync() == nil {
		return nil
	}
	return f.File.Sync()
}

// shiftedFile writes samples one sample late.
type shiftedFile struct{ durable.File }

func (f shiftedFile) WriteAt(p []byte, off int64) (int, error) {
	if off >= headerBytes {
		off += 2
	}
	return f.File.WriteAt(p, off)
}

func (f shiftedFile) WriteDirect(p []byte, off int64) (int, error) { return f.WriteAt(p, off) }

// partsAs wraps the files of channels.
func partsAs(wrap func(durable.File) durable.File) func(string, durable.File) durable.File {
	return func(name string, f durable.File) durable.File {
		if strings.HasSuffix(name, ".wav.part") {
			return wrap(f)
		}
		return f
	}
}

// Each row makes one mistake that recorders make. A rig that doesn't see it proves nothing.
func TestPowerLossSeesEveryMistake(t *testing.T) {
	skip := func(op string, suffixes ...string) func(*take) {
		return func(k *take) { k.fsys = skips(k.disk, op, suffixes...) }
	}
	for _, row := range []struct {
		name    string
		mistake func(k *take)
	}{
		{"samples are not synced", skip("Sync", ".wav.part")},
		{"cues and gaps are not synced", skip("Sync", "/journal")},
		{"session.json is renamed without a sync", skip("Sync", "session.json.tmp")},
		{"a session's files have names that are not durable", skip("SyncDir", "~new")},
		{"a session has a name that is not durable", skip("SyncDir", "/i-1")},
		{"transcripts are not synced", skip("Sync", ".srt")},
		{"the manifest is renamed without a sync", skip("Sync", "manifest.json.tmp")},
		{"pub's names are not durable", skip("SyncDir", "/pub")},
		{"a recording's name is not durable", skip("SyncDir", "/01/01", "/s-1")},
		{"the day is not durable", skip("SyncDir", "2000/01")},
		{"the month is not durable", skip("SyncDir", "2000")},
		{"the year is not durable", skip("SyncDir", ".")},
		{"the header is written before the samples", func(k *take) {
			k.fsys = wrapped{k.disk, partsAs(func(f durable.File) durable.File { return &lateFile{File: f} })}
		}},
		{"samples are shifted", func(k *take) {
			k.fsys = wrapped{k.disk, partsAs(func(f durable.File) durable.File { return shiftedFile{f} })}
		}},
		{"a failed sync is asked again", func(k *take) {
			faults := faultfs.New(k.disk)
			faults.FailSite("Sync", ".spool/i-1/s-1/floor.wav.part", 2, faultfs.Before, syscall.EIO)
			k.fsys = wrapped{faults, partsAs(func(f durable.File) durable.File { return stubbornFile{f} })}
		}},
		{"promises are made too early", func(k *take) { k.early = true }},
		{"recovery throws away what it cuts off", func(k *take) {
			k.lie = func(d durable.FS) durable.FS { return skips(d, "WriteAt", ".tail.pcm") }
		}},
		{"recovery believes the header", func(k *take) {
			k.lie = func(d durable.FS) durable.FS { return skips(d, "Truncate", ".wav.part") }
		}},
		{"recovery removes what it finds", func(k *take) {
			k.lie = func(d durable.FS) durable.FS { return skips(d, "Rename", "2000/01/01/s-1") }
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			k := newTake(t)
			row.mistake(k)
			k.run()
			moments := changes(k.disk)
			for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(moments)) {
				at := moments[i]
				for _, keep := range crashfs.Keeps(uint64(at)<<8, 4) {
					if len(k.lost(k.disk.Cut(at, keep), at)) > 0 {
						return
					}
				}
			}
			t.Error("nothing was noticed")
		})
	}
}

// The same for recovery: it must be as careful as a recording.
func TestPowerLossDuringRecoverySeesEveryMistake(t *testing.T) {
	for _, row := range []struct{ name, op, suffix string }{
		{"samples are not synced", "Sync", ".wav.part"},
		{"the journal is not synced", "Sync", "/journal.tmp"},
		{"what was cut off is not synced", "Sync", ".tail.pcm"},
		{"what was cut off has a name that is not durable", "SyncDir", ".quarantine/rec-1"},
		{"the quarantine is not durable", "SyncDir", "."},
		{"the manifest is renamed without a sync", "Sync", "manifest.json.tmp"},
		{"pub's names are not durable", "SyncDir", "/pub"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			k := newTake(t).run()
			moments := changes(k.disk)
			for n := range 12 {
				at := moments[len(moments)*n/12]
				before := k.disk.Cut(at, crashfs.Keep{Names: crashfs.All, Bytes: crashfs.All})
				j := k.judge(at)
				j.partsOf(before)
				if err := k.recovered(skips(before, row.op, row.suffix)); err != nil {
					t.Fatal(err)
				}
				for _, again := range changes(before) {
					for _, keep := range crashfs.Keeps(uint64(again), 2) {
						after, second := before.Cut(again, keep), *j
						if again == before.Len() {
							second.published(before)
						}
						second.visible(after)
						if err := k.recovered(after); err != nil {
							return
						}
						if second.check(after); len(second.problems) > 0 {
							return
						}
					}
				}
			}
			t.Error("nothing was noticed")
		})
	}
}

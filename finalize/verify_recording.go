package finalize

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
)

// maxFindings bounds what one recording may contribute: a report is read by people, and a manifest that is random bytes
// could fill it.
const maxFindings = 50

// A verifier looks at one recording.
type verifier struct {
	ctx    context.Context
	fsys   durable.FS
	dir    string
	buf    []byte
	report VerifyReport
	left   int // findings left out
}

func (v *verifier) wrong(file, format string, args ...any) {
	if len(v.report.Findings) >= maxFindings {
		v.left++
		return
	}
	v.report.Findings = append(v.report.Findings, Finding{Recording: v.dir, File: file, Problem: fmt.Sprintf(format, args...)})
}

// recording checks everything about it that can still be checked after each thing that is wrong. Its error is ctx's.
func (v *verifier) recording() error {
	v.report.Recordings = 1
	v.report.Outcomes = map[Outcome]int{}
	m, err := ReadManifest(v.fsys, v.dir)
	if err != nil {
		// One recording that can't be explained must not hide the others.
		v.wrong(layout.ManifestFile, "%v", err)
		return nil
	}
	v.report.Files++
	v.report.Outcomes[m.Outcome]++
	v.manifest(&m)
	v.names(&m)
	for i := range m.Channels {
		if err := v.channel(&m.Channels[i]); err != nil {
			return err
		}
	}
	if v.left > 0 {
		v.report.Findings = append(v.report.Findings, Finding{Recording: v.dir, Problem: fmt.Sprintf("%d more findings", v.left)})
	}
	return nil
}

func (v *verifier) channel(c *Channel) error {
	if !v.plainName(c.Audio.File) {
		return nil
	}
	gapsMakeSense := v.gaps(c)
	if err := v.audio(c, gapsMakeSense); err != nil {
		return err
	}
	for i := range c.Transcripts {
		v.transcript(c, &c.Transcripts[i])
	}
	return nil
}

// names compares the files that lie in the directory with those that the manifest names. Each name may occur once: two
// channels that share a file would be one channel lost.
func (v *verifier) names(m *Manifest) {
	want := map[string]bool{layout.ManifestFile: true}
	claim := func(name string) {
		switch {
		case !v.plainName(name):
			v.wrong(layout.ManifestFile, "names the file %q, which is no file name", name)
		case want[name]:
			v.wrong(name, "is named twice")
		default:
			want[name] = true
		}
	}
	for _, c := range m.Channels {
		claim(c.Audio.File)
		for _, t := range c.Transcripts {
			claim(t.SRT)
			claim(t.VTT)
		}
	}
	entries, err := v.fsys.ReadDir(v.dir)
	if err != nil {
		v.wrong("", "%v", err)
		return
	}
	for _, e := range entries {
		switch {
		case !want[e.Name()]:
			v.wrong(e.Name(), "lies here and the manifest does not name it")
		case !e.Type().IsRegular():
			v.wrong(e.Name(), "is a %s, want a regular file", e.Type())
		}
		delete(want, e.Name())
	}
	missing := make([]string, 0, len(want))
	for name := range want {
		missing = append(missing, name)
	}
	slices.Sort(missing)
	for _, name := range missing {
		v.wrong(name, "is missing")
	}
}

// plainName reports whether a name from the manifest is one in the recording's own directory.
func (v *verifier) plainName(name string) bool {
	return name != "" && name != "." && name != ".." && path.Base(name) == name
}

// open opens a file of the recording. A missing one has been reported by names.
func (v *verifier) open(name string) (durable.File, int64, bool) {
	if there, err := durable.Exists(v.fsys, path.Join(v.dir, name)); err == nil && !there {
		return nil, 0, false
	}
	f, err := v.fsys.OpenRead(path.Join(v.dir, name))
	if err != nil {
		v.wrong(name, "%v", err)
		return nil, 0, false
	}
	size, err := f.Size()
	if err != nil {
		v.wrong(name, "%v", errors.Join(err, f.Close()))
		return nil, 0, false
	}
	return f, size, true
}

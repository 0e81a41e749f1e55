package recorder_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
)

// keep remembers a finished recording, byte by byte: contract C4.
func (h *host) keep(path string) {
	h.must(h.finished[path] == "", "%s was there before", path)
	h.finished[path] = h.digest(path)
}

func (h *host) digest(path string) string {
	sum := sha256.New()
	for _, name := range h.names(filepath.Join(h.root, path)) {
		p, err := os.ReadFile(filepath.Join(h.root, path, name))
		h.must(err == nil, "%v", err)
		fmt.Fprintf(sum, "%s %d\n", name, len(p))
		sum.Write(p)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// stop ends a process: as it should, or by a crash.
func (h *host) stop(i int, crash bool) {
	p := h.procs[i%len(h.procs)]
	if p == nil {
		return
	}
	h.heal(p)
	var open []*modelSession
	for _, s := range h.sessions {
		switch {
		case s.proc != p:
		case s.state == recording && crash:
			h.must(s.rec.Close() == nil, "%s: close", s.id)
			s.state = orphan
		case s.state == recording:
			s.reason, s.ended = "recorder closed", time.Now()
			open = append(open, s)
		case s.state == closed:
			s.state = orphan
		}
	}
	err := p.rec.Close(context.Background())
	h.must(err == nil, "close: %v", err)
	h.procs[i%len(h.procs)] = nil
	for _, s := range open {
		h.published(s, destroyed)
	}
}

// heal makes the disk work, and finishes what it had kept from being finished.
func (h *host) heal(p *process) {
	if p.works() {
		return
	}
	p.refuses, p.stalls, p.worked = false, false, time.Now()
	p.disk.set(false, false)
	for _, s := range h.sessions {
		if s.proc == p && s.state == stuck {
			synctest.Wait()
			m, err := s.rec.Destroy(context.Background(), "again")
			h.must(err == nil && m.EndReason == s.reason, "%s: destroy again: %q, %v", s.id, m.EndReason, err)
			how := destroyed
			if s.abandoned {
				how = abandoned
			}
			h.published(s, how)
		}
	}
	h.pass(200 * time.Millisecond) // when the disk is asked again
}

// recover is what the next process does at boot, while others record.
func (h *host) recover() {
	live := 0
	want := map[string]*modelSession{}
	for _, s := range h.sessions {
		switch s.state {
		case orphan:
			want[s.proc.instance+"/"+s.id] = s
		case recording, closed, stuck:
			live++
		}
	}
	report, err := cleanup.Recover(context.Background(), h.root, cleanup.Options{})
	h.must(err == nil && report.OK(), "recover: %s: %v", report, err)
	h.must(report.Published == len(want) && report.Orphans == len(want), "recover: %s, want %d", report, len(want))
	h.must(report.Live <= live, "recover: %s, want %d live", report, live)
	for _, v := range report.Sessions {
		s := want[v.Instance+"/"+v.Session]
		h.must(s != nil, "recover: %+v", v)
		s.state = done
		h.judge(h.root, v.Path, s, crashed)
		h.keep(v.Path)
	}
}

// picture recovers a copy of what a process has on its disk and in its memory at this moment: what would be if it were killed
// now, or if the power went and with it all that was staged.
func (h *host) picture(p *process, power bool) {
	for _, s := range h.sessions {
		if s.proc == p && s.state == stuck {
			return // it may be finished in the next moment
		}
	}
	from := filepath.Join(h.root, ".spool", p.instance)
	h.must(os.MkdirAll(filepath.Join(h.work, ".spool"), 0o750) == nil, "make %s", h.work)
	to := filepath.Join(h.work, ".spool", p.instance)
	h.must(os.CopyFS(to, os.DirFS(from)) == nil && os.Remove(filepath.Join(to, "LOCK")) == nil, "copy %s", from)
	want := map[string]*modelSession{}
	for _, s := range h.sessions {
		if s.proc != p || s.state != recording && s.state != closed {
			continue
		}
		want[s.id] = s
		if power || h.spoil.forgetsStages {
			h.must(os.Remove(filepath.Join(to, fileName(s.id), "stage")) == nil, "no stage")
		}
		for _, c := range s.channels {
			if s.state == recording && p.sound() && time.Since(p.worked) > 2*modelEvery {
				c.synced = max(c.synced, c.safe(time.Now().Add(-modelEvery)))
			}
		}
	}
	report, err := cleanup.Recover(context.Background(), h.work, cleanup.Options{})
	h.must(err == nil && report.OK() && report.Published == len(want), "recover a picture: %s, want %d: %v", report, len(want), err)
	how := crashed
	if power {
		how = powerless
	}
	for _, v := range report.Sessions {
		h.judge(h.work, v.Path, want[v.Session], how)
	}
	h.verify(h.work, len(want))
	h.must(os.RemoveAll(h.work) == nil, "remove %s", h.work)
}

func (h *host) verify(dir string, recordings int) {
	root, err := durable.OpenRoot(dir)
	h.must(err == nil, "%v", err)
	report, err := finalize.Verify(context.Background(), root, finalize.VerifyOptions{Parallel: 1})
	h.must(err == nil && root.Close() == nil, "verify: %v", err)
	h.must(len(report.Findings) == 0, "verify: %+v", report.Findings)
	h.must(report.Recordings == recordings, "%d recordings, want %d", report.Recordings, recordings)
}

// finish ends both processes, recovers what is left, and looks at everything once more.
func (h *host) finish() {
	for i := range h.procs {
		h.stop(i, i == 0)
	}
	h.recover()
	h.must(len(h.instances()) == 0, "in the spool: %q", h.instances())
	h.verify(h.root, len(h.finished))
	for path, want := range h.finished {
		h.must(h.digest(path) == want, "%s has changed", path)
	}
	for _, s := range h.sessions {
		h.must(s.state == done, "%s: nothing became of it", s.id)
	}
}

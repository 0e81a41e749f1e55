package recorder_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/recorder"
)

const (
	modelEvery    = time.Second
	modelBuffer   = 250 * time.Millisecond
	modelIdle     = time.Minute
	modelSessions = 3
)

// host is a program that embeds two recorders on one root, as two processes would, and knows what must become of what it sends.
type host struct {
	root     string
	work     string // for pictures of it
	spoil    spoil
	procs    [2]*process
	sessions []*modelSession   // all that record anything
	finished map[string]string // by path: what is there
	seen     map[string]int    // what happened how often
	steps    int
	number   uint32 // makes all samples and texts different
}

// process is one of the two, until it ends.
type process struct {
	rec      *recorder.Recorder
	disk     *modelDisk
	instance string
	refuses  bool
	stalls   bool
	worked   time.Time // since when the disk has worked, if it does
}

func (p *process) works() bool { return !p.refuses && !p.stalls }

// sound reports whether the disk has worked for long enough that nothing shows of a failure.
func (p *process) sound() bool { return p.works() && time.Since(p.worked) > time.Second }

// modelSession is a session from create to the verdict.
type modelSession struct {
	id, event, reason string
	metadata          json.RawMessage
	proc              *process
	rec               *recorder.Session
	specs             []recorder.ChannelSpec
	channels          []*modelChannel // those that are recorded
	handles           []*recorder.Channel
	cues              []modelCue

	start, touched, ended time.Time
	state                 state
	abandoned             bool
	trouble               bool // the disk failed in its time
}

type state int

const (
	recording state = iota
	stuck           // the host destroyed it, and the disk doesn't let it finish
	closed          // the host left it; its process lives
	orphan          // its process is dead
	done
)

// failed is how a host says what is wrong.
type failed string

func (h *host) must(ok bool, format string, args ...any) {
	if !ok {
		panic(failed(fmt.Sprintf("step %d: ", h.steps) + fmt.Sprintf(format, args...)))
	}
}

// perform runs a program and returns what is wrong with the recorder, or with the model.
func perform(program []step, spoil spoil) (seen map[string]int, err error) {
	dir, err := os.MkdirTemp("/dev/shm", "rec-model-")
	if err != nil {
		return nil, err
	}
	h := &host{root: filepath.Join(dir, "root"), work: filepath.Join(dir, "work"), spoil: spoil, finished: map[string]string{}, seen: map[string]int{}}
	defer func() {
		switch wrong := recover().(type) {
		case nil:
		case failed:
			err = errors.New(string(wrong))
		default:
			panic(wrong)
		}
		seen = h.seen
		for _, p := range h.procs {
			if p != nil { // something was wrong
				p.disk.set(false, false)
				_ = p.rec.Close(context.Background())
			}
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	h.process(0)
	for _, st := range program {
		h.steps++
		h.do(st)
		h.settle()
	}
	h.finish()
	h.seen["steps"] = h.steps
	return h.seen, nil
}

// process returns the one of a session or a number, which it starts if need be.
func (h *host) process(i int) *process {
	i %= len(h.procs)
	if h.procs[i] != nil {
		return h.procs[i]
	}
	p := &process{}
	cfg := recorder.Config{
		Root: h.root, Staging: "volume", Buffer: modelBuffer, Idle: modelIdle, Sessions: modelSessions, Writers: 2, Sync: recorder.Sync{Every: modelEvery},
	}
	before := h.instances()
	var err error
	p.rec, err = recorder.Open(context.Background(), cfg.OnDisk(func(fsys durable.FS) durable.FS {
		p.disk = &modelDisk{FS: fsys, spoil: h.spoil.disk()}
		return p.disk
	}))
	h.must(err == nil, "open: %v", err)
	for _, name := range h.instances() {
		if !slices.Contains(before, name) {
			p.instance = name
		}
	}
	h.procs[i] = p
	return p
}

func (h *host) instances() []string { return h.names(filepath.Join(h.root, ".spool")) }

func (h *host) names(dir string) (names []string) {
	entries, err := os.ReadDir(dir)
	h.must(err == nil || errors.Is(err, fs.ErrNotExist), "%v", err)
	for _, e := range entries {
		if e.Name() != "LOCK" {
			names = append(names, e.Name())
		}
	}
	return names
}

// samples are n frames that no other call returns.
func (h *host) samples(n, align int64) []byte {
	p := make([]byte, n*align)
	for i := 0; i+1 < len(p); i += 2 {
		h.number++
		binary.LittleEndian.PutUint16(p[i:], uint16((h.number*2654435761)>>16)|1)
	}
	return p
}

// settle lets the disk writers come to rest, and looks around.
func (h *host) settle() {
	synctest.Wait()
	var want, got []string
	for _, s := range h.sessions {
		if s.state == recording || s.state == closed {
			want = append(want, filepath.Join(s.proc.instance, fileName(s.id)))
		}
		for _, c := range s.channels {
			if s.state == recording && s.proc.sound() {
				c.idle(false)
			}
		}
	}
	// Contract C1: what isn't recorded is nowhere.
	for _, p := range h.procs {
		if p == nil {
			continue
		}
		h.healthy(p)
		for _, name := range h.names(filepath.Join(h.root, ".spool", p.instance)) {
			if !slices.ContainsFunc(h.sessions, func(s *modelSession) bool { return s.state == stuck && s.proc == p && fileName(s.id) == name }) {
				got = append(got, filepath.Join(p.instance, name))
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	h.must(slices.Equal(got, want), "in the spool are %q, want %q", got, want)
	h.must(len(h.names(filepath.Join(h.root, ".quarantine"))) == 0, "something is in the quarantine")
}

// healthy asks a process how it is, which waits for nothing, and must be well when its disk has been for a while.
func (h *host) healthy(p *process) {
	began := time.Now()
	health := p.rec.Health()
	h.must(time.Since(began) == 0, "asked how it is, it waited for %s", time.Since(began))
	for _, r := range health.Reasons {
		h.must(r.Kind == recorder.ReasonSpace || !p.works() || time.Since(p.worked) < 2*time.Second, "it is unwell: %s", r)
	}
}

// pass lets time go by.
func (h *host) pass(d time.Duration) {
	for _, s := range h.sessions {
		if s.state == recording && time.Since(s.touched)+d >= modelIdle-5*time.Second {
			d = max(d, 3*modelIdle) // in between nobody knows whether it is abandoned
		}
	}
	time.Sleep(d)
	synctest.Wait()
	for _, s := range h.sessions {
		if s.state == recording {
			for _, c := range s.channels {
				if s.proc.sound() && d >= time.Second {
					c.idle(true)
				}
			}
			if time.Since(s.touched) >= 2*modelIdle {
				s.abandoned, s.reason = true, "abandoned"
				if s.state = stuck; s.proc.works() {
					h.abandonedNow(s)
				}
			}
		}
	}
}

// abandonedNow judges a session that must have been finished by itself.
func (h *host) abandonedNow(s *modelSession) {
	_, err := s.proc.rec.Session(s.id)
	h.must(errors.Is(err, recorder.ErrNotFound), "%s: still there: %v", s.id, err)
	h.published(s, abandoned)
}

// published judges a session that its recorder has finished.
func (h *host) published(s *modelSession, how ending) {
	s.state = done
	h.judge(h.root, s.rec.Path(), s, how)
	h.keep(s.rec.Path())
}

// fileName is the rule of docs/FORMAT.md.
func fileName(id string) string {
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' && i > 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	if b.String() == "LOCK" {
		return "%4COCK"
	}
	return b.String()
}

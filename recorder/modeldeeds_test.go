package recorder_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

// do carries out one step of a program.
func (h *host) do(st step) {
	switch st.deed {
	case doCreate:
		h.create(st)
		return
	case doRecover:
		h.recover()
		return
	case doStop:
		h.stop(st.a, st.b%2 == 0)
		return
	case doDisk:
		h.disk(h.process(st.a), st.b%4)
		return
	case doKill:
		h.picture(h.process(st.a), st.b%2 == 0)
		return
	case doSleep:
		d := time.Duration(1+st.a) * 20 * time.Millisecond
		if st.b%20 == 0 {
			d = 3 * modelIdle
		}
		h.pass(d)
		return
	}
	var open []*modelSession
	for _, s := range h.sessions {
		if s.state == recording {
			open = append(open, s)
		}
	}
	if len(open) == 0 {
		h.create(st)
		return
	}
	s := open[st.session%len(open)]
	i := st.channel % len(s.channels)
	for range s.channels { // packets go where packets may go, samples rather elsewhere
		if (s.channels[i].spec.Codec == "l16") == (st.deed == doSend) {
			break
		}
		i = (i + 1) % len(s.channels)
	}
	switch c := s.channels[i]; st.deed {
	case doWrite:
		h.write(st, s, c, s.handles[i])
	case doArrive:
		h.arrive(st, s, c, s.handles[i])
	case doBad:
		h.bad(st, s, c, s.handles[i])
	case doSend:
		h.send(st, s, c, s.handles[i])
	case doMask:
		h.mask(st, s, c, s.handles[i])
	case doCue:
		h.cue(st, s)
	case doSync:
		h.sync(s)
	case doDestroy:
		h.destroy(st, s)
	case doClose:
		h.must(s.proc.stalls || s.rec.Close() == nil, "%s: close", s.id)
		if !s.proc.stalls {
			s.state = closed
		}
	}
}

// ids are such as hosts use, and such as they shouldn't.
var ids = []string{"plenary", "a b", "LOCK", "ñ", "x~2", "%41", "..", "a/b", "\x00", "pub"}

func (h *host) create(st step) {
	p := h.process(st.session)
	if p.stalls {
		return // it would wait for the disk, as it may
	}
	id := fmt.Sprintf("s%d", len(h.sessions))
	if st.a%3 == 0 {
		id = ids[st.a/3%len(ids)]
	}
	s := &modelSession{id: id, event: fmt.Sprintf("event %d", st.b), proc: p, start: time.Now(), touched: time.Now()}
	s.metadata, _ = json.Marshal(map[string]int{"b": st.b})
	formats := []struct{ rate, channels int }{{8000, 1}, {16000, 1}, {8000, 2}, {8000, 3}}
	for i := range 1 + st.b%3 {
		f := formats[(st.b+i)%len(formats)]
		spec := recorder.ChannelSpec{
			ID: fmt.Sprintf("c%d", i), Label: "l", Language: []string{"es", "", "ca"}[i], Record: (st.c+i*3)%5 != 0, SampleRate: f.rate, ChannelCount: f.channels,
		}
		if (st.c+i)%2 == 0 && f.channels == 1 {
			spec.Codec = "l16"
		}
		s.specs = append(s.specs, spec)
		if spec.Record {
			s.channels = append(s.channels, newModelChannel(spec))
		}
	}
	taken, open := false, 0
	for _, other := range h.sessions {
		if other.proc == p && (other.state == recording || other.state == stuck) {
			open++
		}
		taken = taken || other.proc == p && other.id == id && other.state != done && other.state != orphan
	}
	rec, err := p.rec.Create(context.Background(), recorder.SessionCreate{SessionID: id, EventID: s.event, Metadata: s.metadata, Channels: s.specs})
	var field *recorder.FieldError
	switch {
	case id == ".." || id == "a/b" || id == "\x00":
		h.must(errors.As(err, &field), "create %q: %v", id, err)
	case taken && (len(s.channels) > 0 || !h.closed(p, id)):
		h.must(err != nil && (errors.Is(err, recorder.ErrExists) || errors.Is(err, recorder.ErrTooMany) || p.refuses), "create %q again: %v", id, err)
	case len(s.channels) == 0:
		h.must(err == nil && !rec.Recording(), "create %q without channels: %v", id, err)
		_, err = rec.Channel("c0")
		h.must(errors.Is(err, recorder.ErrNotRecorded), "%s: channel: %v", id, err)
		m, err := rec.Destroy(context.Background(), "")
		h.must(err == nil && m.SessionID == id && len(m.Channels) == 0, "%s: %+v, %v", id, m, err)
	case open >= modelSessions:
		h.must(errors.Is(err, recorder.ErrTooMany), "create %q beside %d: %v", id, open, err)
	case p.refuses:
		h.must(err != nil, "created %q on a disk that refuses", id)
	default:
		h.must(err == nil, "create %q: %v", id, err)
		s.rec, s.trouble = rec, !p.sound()
		for _, c := range s.channels {
			handle, err := rec.Channel(c.spec.ID)
			h.must(err == nil, "%s/%s: %v", id, c.spec.ID, err)
			s.handles = append(s.handles, handle)
		}
		h.sessions = append(h.sessions, s)
	}
}

// closed reports whether the host left such a session, so that its name is free but for what is on the disk.
func (h *host) closed(p *process, id string) bool {
	return slices.ContainsFunc(h.sessions, func(s *modelSession) bool { return s.proc == p && s.id == id && s.state == closed })
}

// mask mutes, masks or unmutes, now or at a moment to come.
func (h *host) mask(st step, s *modelSession, c *modelChannel, to *recorder.Channel) {
	if c.packets != nil || c.spec.Codec == "l16" {
		return // withheld packet by packet, not to the sample
	}
	at := c.time(c.end).Truncate(time.Millisecond) + time.Duration(st.b%50)*3*time.Millisecond
	frame := c.frames(at)
	if st.c%3 == 0 {
		frame = c.frames(time.Since(s.start))
	}
	if h.spoil.masksEarly {
		frame--
	}
	switch kind := st.a % 4; {
	case kind == 0 && st.c%3 == 0:
		to.Mute()
	case kind == 0:
		to.MuteAt(at)
	case kind == 1 && st.c%3 == 0:
		to.Mask()
	case kind == 1:
		to.MaskAt(at)
	case st.c%3 == 0:
		to.Unmute()
	default:
		to.UnmuteAt(at)
	}
	switch st.a % 4 {
	case 0:
		c.mask(frame, "mute")
	case 1:
		c.mask(frame, "mask")
	default:
		c.unmask(frame, 1<<62)
	}
}

// cue sends a piece of transcript, or another revision of one.
func (h *host) cue(st step, s *modelSession) {
	h.number++
	cue := recorder.Cue{
		Channel: "*", Start: time.Duration(st.b) * 50 * time.Millisecond, Text: fmt.Sprintf("text %d", h.number), Final: st.b%2 == 0, Revision: st.c % 3,
		Language: []string{"", "es", "ES", "en"}[st.a%4],
	}
	cue.End = cue.Start + time.Second
	if st.c%4 != 0 {
		cue.ID = fmt.Sprintf("c%d", st.b%3)
	}
	if st.session%2 == 0 {
		cue.Channel = s.channels[st.channel%len(s.channels)].spec.ID
	}
	err := h.now(func() error { return s.rec.Cue(cue) })
	h.must(err == nil || errors.Is(err, recorder.ErrOverflow) && !s.proc.sound(), "%s: cue: %v", s.id, err)
	s.touched = time.Now()
	if err == nil {
		if h.spoil.ignoresRevisions {
			cue.Revision = 0
		}
		s.cues = append(s.cues, modelCue{Cue: cue})
	}
}

// soon is a context that ends before a disk that stalls does.
func soon() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 2*time.Second)
}

func (h *host) sync(s *modelSession) {
	ctx, cancel := soon()
	defer cancel()
	if time.Since(s.touched) > modelIdle/2 {
		return // it would be abandoned while we wait
	}
	type reach struct{ end int64 }
	before := make([]reach, len(s.channels))
	cues := len(s.cues)
	for i, c := range s.channels {
		before[i].end = c.safe(time.Now())
	}
	err := s.rec.Sync(ctx)
	h.must(err == nil || !s.proc.sound(), "%s: sync: %v", s.id, err)
	if err != nil {
		return
	}
	h.seen["synced"]++
	for i, c := range s.channels {
		c.synced = max(c.synced, before[i].end)
	}
	for i := range cues {
		s.cues[i].synced = true
	}
}

func (h *host) destroy(st step, s *modelSession) {
	ctx, cancel := soon()
	defer cancel()
	s.reason, s.ended = fmt.Sprintf("reason %d", st.a), time.Now()
	m, err := s.rec.Destroy(ctx, s.reason)
	var step *recorder.StepError
	switch {
	case err == nil:
		h.must(m.SessionID == s.id, "%s: manifest of %q", s.id, m.SessionID)
		h.published(s, destroyed)
	case s.proc.stalls:
		h.seen["stuck"]++
		h.must(errors.Is(err, context.DeadlineExceeded), "%s: destroy on a disk that stalls: %v", s.id, err)
		s.state = stuck
	default:
		h.must(!s.proc.works() && errors.As(err, &step), "%s: destroy: %v", s.id, err)
		s.state = stuck
	}
	for _, c := range s.handles {
		err := c.WritePCMAt(0, make([]byte, 48))
		h.must(errors.Is(err, recorder.ErrEnded), "%s: write after the end: %v", s.id, err)
	}
}

// disk makes the disk of a process refuse, stall, or work.
func (h *host) disk(p *process, kind int) {
	if kind > 1 || !p.works() {
		h.heal(p)
		return
	}
	p.refuses, p.stalls = kind == 0, kind == 1
	p.disk.set(p.refuses, p.stalls)
	for _, s := range h.sessions {
		if s.proc != p || s.state != recording {
			continue
		}
		s.trouble = true
		for _, c := range s.channels {
			c.unsure(time.Now().Add(-modelEvery))
		}
	}
}

package recorder_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/srt"
	"github.com/ilenia-live/rec/recorder"
)

// ending is how a session came to its end.
type ending int

const (
	destroyed ending = iota
	abandoned        // by its host, which said nothing for too long
	crashed
	powerless // crashed, and what was staged in memory is gone
)

const (
	endSlack   = 20 * time.Millisecond
	crashSlack = 250 * time.Millisecond
)

func (e ending) String() string {
	return [...]string{"destroyed", "abandoned", "crashed", "powerless"}[e]
}

// judge holds a finished recording against what the model expects of it.
func (h *host) judge(dir, name string, s *modelSession, how ending) {
	h.seen[how.String()]++
	root, err := durable.OpenRoot(dir)
	h.must(err == nil, "open %s: %v", dir, err)
	defer func() { h.must(root.Close() == nil, "close %s", dir) }()
	m, err := finalize.ReadManifest(root, name)
	h.must(err == nil, "%s: %v", s.id, err)
	h.must(m.SessionID == s.id && m.EventID == s.event && m.EndReason == s.reason, "%s: manifest of %q, %q, %q", s.id, m.SessionID, m.EventID, m.EndReason)
	h.must(m.StartedAt.Equal(s.start), "%s: started at %s, want %s", s.id, m.StartedAt, s.start)
	h.must(sameJSON(m.Metadata, s.metadata), "%s: metadata %s, want %s", s.id, m.Metadata, s.metadata)
	h.must(len(m.Channels) == len(s.channels), "%s: %d channels, want %d", s.id, len(m.Channels), len(s.channels))

	h.seen["outcome "+string(m.Outcome)]++

	outcome := map[ending]finalize.Outcome{destroyed: "ok", abandoned: "ok", crashed: "repaired", powerless: "partial"}[how]
	for i, c := range s.channels {
		got := m.Channels[i]
		want := outcome
		if slices.ContainsFunc(got.Gaps, func(g finalize.Gap) bool { return strings.Contains(refused, g.Cause) }) && how != powerless {
			want = "degraded"
		}
		h.must(got.Outcome == want, "%s/%s: outcome %s, want %s", s.id, got.ID, got.Outcome, want)
		h.must(got.ID == c.spec.ID && got.Label == c.spec.Label && got.Audio.SampleRate == c.spec.SampleRate && got.Audio.Channels == c.spec.ChannelCount,
			"%s: channel %+v, want %+v", s.id, got, c.spec)
		for _, g := range got.Gaps {
			h.seen["gaps of "+g.Cause]++
		}
		pcm, err := os.ReadFile(filepath.Join(dir, name, got.Audio.File))
		h.must(err == nil && int64(len(pcm)) == 4096+got.Audio.Samples*c.align, "%s/%s: %d bytes for %d samples: %v", s.id, got.ID, len(pcm), got.Audio.Samples, err)
		sound := recorded{h: h, s: s, c: c, pcm: pcm[4096:], gaps: got.Gaps, frames: got.Audio.Samples}
		if how == powerless {
			sound.judgePrefix()
		} else {
			sound.judge(how == destroyed || how == abandoned)
		}
		if how == destroyed && c.packets != nil && !s.trouble {
			h.must(got.Source.Stream != nil, "%s/%s: nothing is known of its packets", s.id, got.ID)
			src := *got.Source.Stream
			h.must(src.Packets == c.sender.sent && src.Lost == c.lost() && src.Duplicate == c.twice && src.Late == 0 && src.Adjusted == 0,
				"%s/%s: %+v, want %d packets, %d lost, %d twice", s.id, got.ID, src, c.sender.sent, c.lost(), c.twice)
		}
		h.judgeCues(filepath.Join(dir, name), s, c, got, how)
	}
	h.judgeLengths(m, s, how)
	switch r := m.Recovery; how {
	case destroyed:
		h.must(r == nil, "%s: recovery %+v", s.id, r)
	case abandoned:
		h.must(r != nil && r.Cause == finalize.CauseAbandoned && r.LostAtMostMs == 0, "%s: recovery %+v", s.id, r)
	case crashed:
		h.must(r != nil && r.Cause == finalize.CauseProcessDeath && r.LostAtMostMs == 0, "%s: recovery %+v", s.id, r)
	case powerless:
		h.must(r != nil && r.Cause == finalize.CausePowerLoss && r.LostAtMostMs == modelEvery.Milliseconds(), "%s: recovery %+v", s.id, r)
	}
}

func sameJSON(a, b json.RawMessage) bool {
	var x, y bytes.Buffer
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && x.String() == y.String()
}

// judgeLengths asks that no channel ends before its session, contract C5.
func (h *host) judgeLengths(m recorder.Manifest, s *modelSession, how ending) {
	var longest time.Duration // that the model knows
	live := false
	for _, c := range s.channels {
		end := c.end
		if c.packets != nil {
			line, _ := c.expect()
			end = total(line)
		}
		longest = max(longest, c.time(end))
		live = live || c.live
	}
	length, slack := longest, endSlack
	switch how {
	case destroyed, abandoned:
		elapsed := m.EndedAt.Sub(m.StartedAt)
		if how == destroyed {
			h.must(elapsed == s.ended.Sub(s.start), "%s: lasted %s, want %s", s.id, elapsed, s.ended.Sub(s.start))
		} else {
			idle := m.EndedAt.Sub(s.touched)
			h.must(idle >= modelIdle && idle <= 2*modelIdle, "%s: abandoned after %s", s.id, idle)
		}
		if live || longest == 0 {
			length = max(length, elapsed)
		}
	default:
		// What was refused at the very end may be missing.
		length, slack = 0, crashSlack
		for i, c := range s.channels {
			length = max(length, c.time(m.Channels[i].Audio.Samples))
		}
		// Silence that makes a channel as long as another ends with the nearest of its own samples.
		h.must(length <= longest+time.Second/8000 || how == powerless, "%s: recovered %s, more than the %s there were", s.id, length, longest)
	}
	for i, c := range s.channels {
		short := c.frames(length) - m.Channels[i].Audio.Samples
		h.must(short <= c.frames(slack) && short >= -1, "%s/%s: %d samples, %d less than its session", s.id, c.spec.ID, m.Channels[i].Audio.Samples, short)
	}
}

// recorded is what was recorded of a channel.
type recorded struct {
	h      *host
	s      *modelSession
	c      *modelChannel
	pcm    []byte
	gaps   []finalize.Gap
	frames int64
}

// judge compares all of it.
func (r recorded) judge(ended bool) {
	line, rest := r.c.expect()
	if ended {
		line = append(slices.Clone(line), rest...)
	}
	end := total(line)
	r.h.must(r.frames >= end, "%s/%s: %d frames, want %d", r.s.id, r.c.spec.ID, r.frames, end)
	at := int64(0)
	for _, want := range line {
		r.stretch(at, want)
		at += want.frames
	}
	if ended {
		// What follows is silence, and withheld where a mask goes on.
		r.c.end = at
		r.c.each(r.frames-at, func(n int64, mask string) {
			r.stretch(r.c.end, stretch{frames: n, causes: cmp.Or(mask, "disconnect|late_join")})
			r.c.end += n
		})
		return
	}
	r.stretch(at, stretch{frames: r.frames - at, causes: "disconnect|late_join|mask|mute|loss|" + refused})
}

// judgePrefix asks that it is the beginning of what the model knows, and reaches as far as was promised.
func (r recorded) judgePrefix() {
	end := r.frames
	for _, g := range slices.Backward(r.gaps) {
		if g.Start+g.Length == end {
			end = g.Start
		}
	}
	line, _ := r.c.expect()
	at, safe := int64(0), int64(0)
	for _, want := range line {
		if at+want.frames <= r.c.synced && want.pcm != nil && want.causes == "" {
			safe = at + want.frames
		}
		if n := min(want.frames, end-at); n > 0 {
			if want.frames = n; want.pcm != nil {
				want.pcm = want.pcm[:n*r.c.align]
			}
			r.stretch(at, want)
		}
		at += want.frames
	}
	r.h.must(end <= at, "%s/%s: %d frames, more than the %d there were", r.s.id, r.c.spec.ID, end, at)
	r.h.must(end >= safe, "%s/%s: %d frames, but %d were safe", r.s.id, r.c.spec.ID, end, safe)
}

// stretch compares a part: samples that no gap touches, or silence that gaps of the right causes cover.
func (r recorded) stretch(at int64, want stretch) {
	silent, causes := r.silence(at, at+want.frames)
	where := func() string {
		return strings.Join([]string{r.s.id, r.c.spec.ID, time.Duration(r.c.time(at)).String()}, "/")
	}
	if want.pcm != nil && (silent == 0 || want.causes == "") {
		r.h.must(silent == 0, "%s: %d of %d frames at %d are a gap of %v", where(), silent, want.frames, at, causes)
		got := r.pcm[at*r.c.align : (at+want.frames)*r.c.align]
		r.h.must(bytes.Equal(got, want.pcm), "%s: %d samples at %d differ", where(), want.frames, at)
		return
	}
	r.h.must(silent == want.frames, "%s: %d of %d frames at %d are in gaps", where(), silent, want.frames, at)
	for _, cause := range causes {
		r.h.must(slices.Contains(strings.Split(want.causes, "|"), cause), "%s: %d frames at %d are a gap of %s, want %s", where(), want.frames, at, cause, want.causes)
	}
}

// silence says how many of the frames are in gaps, and of which causes.
func (r recorded) silence(from, to int64) (frames int64, causes []string) {
	for _, g := range r.gaps {
		if n := min(g.Start+g.Length, to) - max(g.Start, from); n > 0 {
			frames += n
			causes = append(causes, g.Cause)
		}
	}
	return frames, causes
}

// modelCue is a cue that was accepted.
type modelCue struct {
	recorder.Cue
	synced bool
}

// judgeCues asks for each cue in its last revision, in its channel's transcript of its language.
func (h *host) judgeCues(dir string, s *modelSession, c *modelChannel, got finalize.Channel, how ending) {
	type key struct{ language, id string }
	last := map[key]modelCue{}
	want := map[string]map[string]bool{} // by language: the texts, and whether one must be there
	for i, cue := range s.cues {
		if cue.Channel != "*" && cue.Channel != c.spec.ID {
			continue
		}
		k := key{strings.ToLower(cmp.Or(cue.Language, c.spec.Language, "und")), cue.ID}
		if k.id == "" {
			k.id = "own " + string(rune(i))
		}
		old, known := last[k]
		if !known || cue.Revision > old.Revision || cue.Revision == old.Revision && (cue.Final || !old.Final) {
			if known && how != powerless {
				delete(want[k.language], old.Text)
			}
			last[k] = cue
			if want[k.language] == nil {
				want[k.language] = map[string]bool{}
			}
			for text := range want[k.language] {
				if known && text == old.Text {
					want[k.language][text] = false // one of the two
				}
			}
			want[k.language][cue.Text] = how != powerless || cue.synced
		}
	}
	heard := map[string]bool{}
	for _, t := range got.Transcripts {
		language := strings.ToLower(t.Language)
		f, err := os.Open(filepath.Join(dir, t.SRT))
		h.must(err == nil, "%s: %v", s.id, err)
		cues, err := srt.ParseSRT(f)
		h.must(err == nil && f.Close() == nil && len(cues) == t.Cues, "%s: %s: %d cues, want %d: %v", s.id, t.SRT, len(cues), t.Cues, err)
		for _, cue := range cues {
			_, known := want[language][cue.Text]
			h.must(known && !heard[language+cue.Text], "%s/%s: cue %q in %s, heard %v", s.id, c.spec.ID, cue.Text, language, heard[language+cue.Text])
			heard[language+cue.Text] = true
			h.seen["cues heard"]++
		}
	}
	for language, texts := range want {
		for text, must := range texts {
			h.must(!must || heard[language+text], "%s/%s: no cue %q in %s", s.id, c.spec.ID, text, language)
		}
	}
}

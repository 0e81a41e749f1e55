package finalize

import (
	"path"
	"strings"
	"time"

	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// manifest checks what can be checked without opening another file.
func (v *verifier) manifest(m *Manifest) {
	wrong := func(format string, args ...any) { v.wrong(layout.ManifestFile, format, args...) }
	if err := layout.CheckID(m.SessionID); err != nil {
		wrong("sessionId %q: %v", m.SessionID, err)
	}
	if m.StartedAt.IsZero() || m.EndedAt.Before(m.StartedAt) {
		wrong("startedAt %s, endedAt %s: want an end that is not before the start", rfc3339(m.StartedAt), rfc3339(m.EndedAt))
	}
	if !v.atHome(m) {
		wrong("belongs to session %q of %s, which is not at home in this directory", m.SessionID, layout.DateDir(m.StartedAt))
	}
	if len(m.Channels) == 0 || len(m.Channels) > limits.Channels {
		wrong("%d channels, want 1 to %d", len(m.Channels), limits.Channels)
	}
	ids := map[string]bool{}
	worst := OutcomeOK
	for i := range m.Channels {
		c := &m.Channels[i]
		if ids[c.ID] {
			wrong("channel %q is there twice", c.ID)
		}
		ids[c.ID] = true
		worst = worse(worst, c.Outcome)
		v.channelFacts(c)
	}
	v.sessionOutcome(m, worst)
	v.sameLength(m)
}

// atHome reports whether the directory is the one that the manifest's session is published to. Recordings that were
// copied out of the date folders may be called anything.
func (v *verifier) atHome(m *Manifest) bool {
	dir := path.Dir(v.dir)
	if dir == "." || strings.Count(dir, "/") < 2 || !layout.IsDatePath(lastElements(dir, dayDepth)) {
		return true
	}
	name, _, _ := strings.Cut(path.Base(v.dir), "~")
	return name == layout.FileName(m.SessionID) && lastElements(dir, dayDepth) == layout.DateDir(m.StartedAt)
}

// lastElements returns the last n elements of a path that has that many.
func lastElements(dir string, n int) string {
	parts := strings.Split(dir, "/")
	return strings.Join(parts[len(parts)-n:], "/")
}

func (v *verifier) channelFacts(c *Channel) {
	wrong := func(format string, args ...any) { v.wrong(c.Audio.File, format, args...) }
	if err := layout.CheckID(c.ID); err != nil {
		v.wrong(layout.ManifestFile, "channel id %q: %v", c.ID, err)
	} else if c.Audio.File != layout.WAV(c.ID) {
		wrong("is named as the file of channel %q, want %s", c.ID, layout.WAV(c.ID))
	}
	if c.Audio.Codec != "pcm_s16le" {
		wrong("manifest says codec %q, want pcm_s16le", c.Audio.Codec)
	}
	if err := (wavfile.Format{SampleRate: c.Audio.SampleRate, Channels: c.Audio.Channels}).Validate(); err != nil {
		wrong("manifest says %v", err)
	}
	if l := c.Levels; !(l.PeakDBFS >= -120 && l.PeakDBFS <= 0 && l.RMSDBFS >= -120 && l.RMSDBFS <= l.PeakDBFS) {
		wrong("manifest says peak %g dBFS, rms %g dBFS: want -120 to 0, and no rms above the peak", l.PeakDBFS, l.RMSDBFS)
	}
	v.channelOutcome(c)
}

// channelOutcome holds the outcome against the gaps: the recorder's own failures must not be called ok, and what is
// called degraded must show where.
func (v *verifier) channelOutcome(c *Channel) {
	ours := 0
	for _, g := range c.Gaps {
		if cause, err := spool.ParseCause(g.Cause); err == nil && cause.Ours() {
			ours++
		}
	}
	switch c.Outcome {
	case OutcomeOK, OutcomeRepaired:
		if ours > 0 {
			v.wrong(c.Audio.File, "outcome %q in spite of %d gaps that the recorder made", c.Outcome, ours)
		}
	case OutcomeDegraded:
		if ours == 0 {
			v.wrong(c.Audio.File, "outcome %q without a gap that the recorder made", c.Outcome)
		}
	case OutcomePartial:
	default:
		v.wrong(c.Audio.File, "outcome %q is unknown", c.Outcome)
	}
}

func (v *verifier) sessionOutcome(m *Manifest, worst Outcome) {
	wrong := func(format string, args ...any) { v.wrong(layout.ManifestFile, format, args...) }
	if m.Outcome != worst && len(m.Channels) > 0 {
		wrong("outcome %q, but the worst of the channels is %q", m.Outcome, worst)
	}
	r := m.Recovery
	if r == nil {
		if m.Outcome == OutcomeRepaired || m.Outcome == OutcomePartial {
			wrong("outcome %q without a recovery", m.Outcome)
		}
		return
	}
	switch r.Cause {
	case CauseProcessDeath, CausePowerLoss:
		if m.Outcome == OutcomeOK {
			wrong("outcome %q in spite of a recovery after %s", m.Outcome, r.Cause)
		}
	case CauseAbandoned:
	default:
		wrong("recovery cause %q is unknown", r.Cause)
	}
	if r.RecoveredAt.IsZero() || r.LostAtMostMs < 0 {
		wrong("recovery at %s with at most %d ms lost: want a time, and 0 or more", rfc3339(r.RecoveredAt), r.LostAtMostMs)
	}
	if r.LostAtMostMs > 0 && m.Outcome.rank() < OutcomeDegraded.rank() {
		wrong("outcome %q, yet up to %d ms may be lost", m.Outcome, r.LostAtMostMs)
	}
}

// sameLength holds the channels against each other: all of them tell the same stretch of time (contract C5). None may end
// earlier than the longest by more than what Publish leaves alone.
func (v *verifier) sameLength(m *Manifest) {
	slack := endSlack
	if m.Recovery != nil && m.Recovery.Cause != CauseAbandoned {
		slack = crashSlack
	}
	var longest time.Duration
	var which string
	for _, c := range m.Channels {
		if d := c.Audio.duration(); d > longest {
			longest, which = d, c.Audio.File
		}
	}
	for _, c := range m.Channels {
		if d := c.Audio.duration(); longest-d > slack+time.Millisecond { // rates round differently
			v.wrong(c.Audio.File, "lasts %s, but %s lasts %s", d, which, longest)
		}
	}
}

// duration is 0 for a rate that makes no sense.
func (a Audio) duration() time.Duration {
	if a.SampleRate <= 0 {
		return 0
	}
	return spool.ChannelMeta{SampleRate: a.SampleRate, Channels: a.Channels}.Time(a.Samples)
}

func rfc3339(t time.Time) string { return t.Format(time.RFC3339Nano) }

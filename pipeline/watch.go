package pipeline

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ilenia-live/rec/internal/level"
)

// Alarm is a trouble of a channel's source, which the recorder can only tell of.
type Alarm uint8

const (
	AlarmNone Alarm = iota
	// AlarmSilent: samples come, and there is nothing in them.
	AlarmSilent
	// AlarmClipping: the loudest of them are at the end of what 16 bits can say, over and over.
	AlarmClipping
	// AlarmStalled: nothing comes.
	AlarmStalled

	alarms
)

var alarmNames = [alarms]string{"none", "silent", "clipping", "stalled"}

func (a Alarm) String() string {
	if a < alarms {
		return alarmNames[a]
	}
	return fmt.Sprintf("Alarm(%d)", uint8(a))
}

// Alarms say how long a trouble must last until it is told of. A negative time is never.
type Alarms struct {
	Silent, Clipping, Stalled time.Duration
	SilentBelow               float64 // dBFS, the mean level of what is silence
}

// clipped is the magnitude of a sample that could not be larger: the positive end of 16 bits, since few sources reach the negative one.
const clipped = 32767

// watch is what the shard knows of a channel's source. It is looked at once a period, from counts that are kept anyway, so that no frame
// costs more for it.
type watch struct {
	activity uint64    // of the channel, at the last look
	lively   time.Time // when that was last seen to grow
	payload  uint64    // bytes in the file at the last look, and their sum of squares
	squares  float64

	rms, peak float64 // dBFS, of what had come at the last look but one at which something had
	troubles  [alarms]trouble
}

type trouble struct {
	since  time.Time // zero while there is none
	raised bool
}

// note takes the answer to whether there is a trouble now, and reports whether that is to be told: it is raised, or over.
func (t *trouble) note(is bool, since, now time.Time, after time.Duration) (tell bool) {
	if !is {
		tell = t.raised
		*t = trouble{}
		return tell
	}
	if t.since.IsZero() {
		t.since = since
	}
	tell = !t.raised && after >= 0 && now.Sub(t.since) >= after
	t.raised = t.raised || tell
	return tell
}

// look asks how the channel's source is, at a time; before is when it was asked last.
func (c *Channel) look(before, now time.Time, cfg Alarms) (tell [alarms]bool) {
	w, o := &c.out.watch, &c.out
	activity := c.activity()
	stalled := activity == w.activity
	switch {
	case !stalled:
		w.lively = now
	case w.lively.IsZero():
		w.lively = before // since its session began
	}
	samples, squares := (o.drained.Payload-w.payload)/2, o.meter.State().SumSquares
	sum := squares - w.squares
	w.activity, w.payload, w.squares = activity, o.drained.Payload, squares
	peak := o.meter.TakePeak()

	if c.withheld() {
		// On purpose. What comes, or doesn't, is nobody's business.
		for a := range tell {
			tell[a] = w.troubles[a].note(false, now, now, 0)
		}
		w.rms, w.peak, w.lively = level.Floor, level.Floor, now
		return tell
	}
	tell[AlarmStalled] = w.troubles[AlarmStalled].note(stalled, w.lively, now, cfg.Stalled)
	if samples == 0 {
		return tell // nothing is in the file that could be loud or not
	}
	w.rms, w.peak = level.RMSDBFS(sum, samples), level.PeakDBFS(peak)
	tell[AlarmSilent] = w.troubles[AlarmSilent].note(w.rms < cfg.SilentBelow, before, now, cfg.Silent)
	tell[AlarmClipping] = w.troubles[AlarmClipping].note(peak >= clipped, before, now, cfg.Clipping)
	return tell
}

// withheld reports whether the channel is masked at its end.
func (c *Channel) withheld() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	cause, _ := c.masks.at(c.endLocked())
	return cause != 0
}

// activity grows with everything that the channel is sent, accepted or not.
func (c *Channel) activity() uint64 {
	return uint64(c.accepted.Load()+c.refused.Load()+c.late.Load()) + c.packets.count.Load()
}

// watched is what a session's shard tells those who ask how it is, while it may hang in a call of the disk.
type watched struct {
	mu        sync.Mutex
	looked    time.Time
	prev      time.Time // when the last round began that made everything durable
	durable   []int64   // how far it came, in frames of each channel
	disk      error     // why the disk refuses, if it does
	diskSince time.Time
	channels  []ChannelHealth
}

// beginWatch is called before the shard has the session.
func (s *Session) beginWatch() {
	w := &s.watched
	w.looked, w.prev, w.durable = s.start, s.start, make([]int64, len(s.chans))
	for _, c := range s.chans {
		c.out.watch.rms, c.out.watch.peak = level.Floor, level.Floor
		w.channels = append(w.channels, ChannelHealth{ID: c.meta.ID, LastFrame: s.start, PeakDBFS: level.Floor, RMSDBFS: level.Floor})
	}
}

// reached takes note of a round that began then and made everything durable that had been accepted.
func (s *Session) reached(began time.Time) {
	s.disk.prev = began
	w := &s.watched
	w.mu.Lock()
	defer w.mu.Unlock()
	w.prev = began
	for i, c := range s.chans {
		w.durable[i] = c.out.durable.Frames
	}
}

// noteDisk takes note that the disk refuses, or takes everything again.
func (w *watched) noteDisk(now time.Time, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.disk == nil {
		w.diskSince = now
	}
	w.disk = err
}

// watch looks at the session's sources, and tells of alarms.
func (s *Session) watch(now time.Time) {
	w, cfg := &s.watched, &s.shard.engine.cfg
	before := w.looked
	w.looked = now // nobody else's
	for i, c := range s.chans {
		tell := c.look(before, now, cfg.Alarms)
		w.mu.Lock()
		w.channels[i].note(c)
		w.mu.Unlock()
		for a, changed := range tell {
			if changed {
				cfg.OnAlarm(s.meta.SessionID, c.meta.ID, Alarm(a), c.out.watch.troubles[a].raised)
			}
		}
	}
}

// ChannelHealth is how a channel and its source are, at the last look.
type ChannelHealth struct {
	ID        string
	LastFrame time.Time // when something was last seen to come, to within a look; the session's start if nothing has
	// PeakDBFS and RMSDBFS are of what came between the last two looks at which something had come.
	PeakDBFS, RMSDBFS float64
	Refused           int64 // frames, since the session began
	Alarms            []RaisedAlarm
}

// RaisedAlarm is a trouble that lasts.
type RaisedAlarm struct {
	Alarm Alarm
	Since time.Time // of the trouble
}

func (h *ChannelHealth) note(c *Channel) {
	w := &c.out.watch
	h.LastFrame, h.PeakDBFS, h.RMSDBFS, h.Refused = w.lively, w.peak, w.rms, c.refused.Load()
	h.Alarms = h.Alarms[:0]
	for a, t := range w.troubles {
		if t.raised {
			h.Alarms = append(h.Alarms, RaisedAlarm{Alarm: Alarm(a), Since: t.since})
		}
	}
}

// SessionHealth is how a session is.
type SessionHealth struct {
	Disk      error // why its files refuse writes or syncs; nil if they don't
	DiskSince time.Time
	Unsynced  time.Duration // age of the oldest accepted audio that is not yet on stable storage
	Channels  []ChannelHealth
}

// Health never waits for the disk.
func (s *Session) Health() SessionHealth {
	frames := make([]int64, len(s.chans))
	for i, c := range s.chans {
		frames[i] = c.published()
	}
	w := &s.watched
	w.mu.Lock()
	defer w.mu.Unlock()
	h := SessionHealth{Disk: w.disk, DiskSince: w.diskSince, Channels: slices.Clone(w.channels)}
	for i := range h.Channels {
		h.Channels[i].Alarms = slices.Clone(h.Channels[i].Alarms)
		if frames[i] > w.durable[i] {
			h.Unsynced = time.Since(w.prev)
		}
	}
	return h
}

// published is how far the channel's newest slot reaches, in frames. The slot is the writer's: the one in the stage may be gone by now.
func (c *Channel) published() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slot.Frames
}

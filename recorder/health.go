package recorder

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ilenia-live/rec/pipeline"
)

// Health says how the recorder is: what it is promising and can't keep, or soon won't. The troubles of sources are with their sessions,
// see Session.Health, and in Alarms.
type Health struct {
	State HealthState
	// Reasons are why it is degraded, the oldest first; Since is the oldest's.
	Reasons []Reason
	Since   time.Time

	Sessions, Channels int
	Alarms             int           // raised, of all channels
	Unsynced           time.Duration // age of the oldest accepted audio that is not yet on stable storage
	SyncsMissed        int64         // since Open

	// DiskFree is the room on the recordings volume for this user, in bytes; -1 where the volume doesn't say.
	DiskFree int64
	// BytesPerSecond is what the open channels write when all of them are fed.
	BytesPerSecond int64
	// Full is how long DiskFree lasts at that rate; the longest time there is when nothing is recorded.
	Full time.Duration
}

// HealthState is one word for all of it.
type HealthState string

const (
	HealthOK       HealthState = "ok"
	HealthDegraded HealthState = "degraded"
)

// Reason is one thing that is wrong.
type Reason struct {
	Kind    ReasonKind
	Since   time.Time
	Session string // where it is about one
	Err     error
}

// ReasonKind says what is wrong.
type ReasonKind string

const (
	// ReasonDisk: a session's files refuse writes or syncs.
	ReasonDisk ReasonKind = "disk"
	// ReasonUnsynced: there is audio that should be on stable storage by now, and isn't.
	ReasonUnsynced ReasonKind = "unsynced"
	// ReasonUnfinished: a session's recording could not be finished; that is tried again.
	ReasonUnfinished ReasonKind = "unfinished"
	// ReasonSpace: the volume will be full soon, see Alarms.Full, or doesn't say how full it is.
	ReasonSpace ReasonKind = "space"
)

func (r Reason) String() string {
	s := string(r.Kind)
	if r.Session != "" {
		s += " of session " + quote(r.Session)
	}
	return fmt.Sprintf("%s since %s: %v", s, r.Since.UTC().Format(time.RFC3339), r.Err)
}

// Health asks the volume how much room there is, and nothing else of it. It may be called as often as one likes.
func (r *Recorder) Health() Health {
	now := time.Now()
	h := Health{State: HealthOK, SyncsMissed: r.engine.Stats().Missed, DiskFree: -1, Full: math.MaxInt64}
	for _, s := range r.open() {
		h.Sessions++
		h.Channels += len(s.meta.Channels)
		for _, c := range s.meta.Channels {
			h.BytesPerSecond += int64(c.SampleRate * c.Format().BlockAlign())
		}
		sh := s.Health()
		h.Unsynced = max(h.Unsynced, sh.Unsynced)
		for _, c := range sh.Channels {
			h.Alarms += len(c.Alarms)
		}
		h.Reasons = append(h.Reasons, sh.Reasons...)
	}
	h.Reasons = append(h.Reasons, r.space(&h, now)...)
	sortReasons(h.Reasons)
	if len(h.Reasons) > 0 {
		h.State, h.Since = HealthDegraded, h.Reasons[0].Since
	}
	return h
}

// Err is nil when all is well, and else says what isn't, in a few lines at most.
func (h Health) Err() error {
	var errs []error
	for i, r := range h.Reasons {
		if i == maxReasons {
			errs = append(errs, fmt.Errorf("and %d more", len(h.Reasons)-i))
			break
		}
		errs = append(errs, errors.New(r.String()))
	}
	return errors.Join(errs...)
}

// maxReasons is how many reasons an error tells: when a disk refuses, it refuses thousands of sessions.
const maxReasons = 5

// space finds out how long the volume lasts.
func (r *Recorder) space(h *Health, now time.Time) []Reason {
	free, err := r.root.FreeBytes()
	if err == nil {
		h.DiskFree = free
		if h.BytesPerSecond > 0 {
			if seconds := float64(free) / float64(h.BytesPerSecond); seconds < math.MaxInt64/float64(time.Second) {
				h.Full = time.Duration(seconds * float64(time.Second))
			}
		}
		if h.Full < r.cfg.Alarms.Full {
			err = fmt.Errorf("%d bytes last %s, want %s", free, h.Full.Truncate(time.Second), r.cfg.Alarms.Full)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.low = time.Time{}
		return nil
	}
	if r.low.IsZero() {
		r.low = now
	}
	return []Reason{{Kind: ReasonSpace, Since: r.low, Err: err}}
}

// SessionHealth says how a session is.
type SessionHealth struct {
	Reasons  []Reason      // why it is degraded
	Unsynced time.Duration // age of its oldest accepted audio that is not yet on stable storage
	Channels []ChannelHealth
}

// ChannelHealth is how a channel and its source are, as seen last: once in two thirds of Config.Sync.Every.
type ChannelHealth = pipeline.ChannelHealth

// Health says how the session is. It never waits for the disk.
func (s *Session) Health() (h SessionHealth) {
	if s.pipe == nil {
		return h
	}
	p := s.pipe.Health()
	h.Unsynced, h.Channels = p.Unsynced, p.Channels
	if late := h.Unsynced - s.rec.cfg.Sync.Every; late > 0 {
		err := fmt.Errorf("%s old, want at most %s", h.Unsynced.Round(time.Millisecond), s.rec.cfg.Sync.Every)
		h.Reasons = append(h.Reasons, Reason{Kind: ReasonUnsynced, Since: time.Now().Add(-late), Session: s.id, Err: err})
	}
	if p.Disk != nil {
		h.Reasons = append(h.Reasons, Reason{Kind: ReasonDisk, Since: p.DiskSince, Session: s.id, Err: p.Disk})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.finish != nil { // nothing is to come any longer
		for i := range h.Channels {
			h.Channels[i].Alarms = nil
		}
	}
	if s.unfinished != nil {
		h.Reasons = append(h.Reasons, Reason{Kind: ReasonUnfinished, Since: s.unfinishedSince, Session: s.id, Err: s.unfinished})
	}
	sortReasons(h.Reasons)
	return h
}

// sortReasons brings the oldest to the front.
func sortReasons(all []Reason) {
	slices.SortStableFunc(all, func(a, b Reason) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Session, b.Session)) })
}

// healthEvery is how often the host's events are asked for whether the recorder is well.
const healthEvery = time.Second

// tellHealth tells the host when the recorder's state changes, until the recorder is closed.
func (r *Recorder) tellHealth() {
	ticker := time.NewTicker(healthEvery)
	defer ticker.Stop()
	for last := HealthOK; ; {
		select {
		case <-r.stop:
			return
		case <-ticker.C:
		}
		h := r.Health()
		if h.State == last {
			continue
		}
		if last = h.State; last == HealthOK {
			r.events.put(Event{Kind: RecorderRecovered})
		} else {
			r.events.put(Event{Kind: RecorderDegraded, Err: h.Err()})
		}
	}
}

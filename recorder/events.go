package recorder

import (
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/pipeline"
)

// Event tells a host what happened, see Config.OnEvent.
type Event struct {
	Time    time.Time
	Kind    EventKind
	Session string
	Channel string // of an alarm
	Alarm   Alarm  // likewise; AlarmNone of other events
	// Err is why a session, or the recorder, is degraded, and why a session is unfinished.
	Err error
	// Path and Outcome are those of the recording that a session has become; Path is relative to Config.Root.
	Path    string
	Outcome finalize.Outcome
	// Missed counts the events just before this one that the host was too slow for.
	Missed int
}

// EventKind says what an Event is about.
type EventKind string

const (
	SessionCreated EventKind = "session_created"
	// SessionDegraded: the disk refuses the session's audio or doesn't make it durable. What the buffers can't take becomes a gap.
	SessionDegraded EventKind = "session_degraded"
	// SessionRecovered: the disk takes it again.
	SessionRecovered EventKind = "session_recovered"
	// SessionUnfinished: its recording could not be finished; that is tried again.
	SessionUnfinished EventKind = "session_unfinished"
	// SessionFinalized: it is a finished recording. Its alarms are over.
	SessionFinalized EventKind = "session_finalized"
	// RecorderDegraded: Recorder.Health is no longer ok; Err says why. RecorderRecovered: it is again. They come within a second or two.
	RecorderDegraded  EventKind = "recorder_degraded"
	RecorderRecovered EventKind = "recorder_recovered"
	// AlarmRaised and AlarmCleared: a channel's source is in trouble, and no longer.
	AlarmRaised  EventKind = "alarm_raised"
	AlarmCleared EventKind = "alarm_cleared"
)

// Alarm is a trouble of a channel's source: AlarmSilent, AlarmClipping or AlarmStalled.
type Alarm = pipeline.Alarm

// The alarms, see Config.Alarms.
const (
	AlarmNone     = pipeline.AlarmNone
	AlarmSilent   = pipeline.AlarmSilent
	AlarmClipping = pipeline.AlarmClipping
	AlarmStalled  = pipeline.AlarmStalled
)

// eventBuffer is how many events wait for a slow host: two for each of some thousand channels.
const eventBuffer = 4096

// events hands what happened to the host, one by one, in a goroutine of its own.
type events struct {
	tell  func(Event)
	queue chan Event
	done  chan struct{}

	mu     sync.Mutex
	missed int // events that found no room, since one did
	closed bool
}

func newEvents(tell func(Event)) *events {
	if tell == nil {
		return nil
	}
	e := &events{tell: tell, queue: make(chan Event, eventBuffer), done: make(chan struct{})}
	go e.run()
	return e
}

func (e *events) run() {
	defer close(e.done)
	for ev := range e.queue {
		e.tell(ev)
	}
}

// put never blocks.
func (e *events) put(ev Event) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	ev.Time, ev.Missed = time.Now(), e.missed
	select {
	case e.queue <- ev:
		e.missed = 0
	default:
		e.missed++
	}
}

// close returns when the host was told of everything.
func (e *events) close() {
	if e == nil {
		return
	}
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	close(e.queue)
	<-e.done
}

// onDisk takes note of a session whose files begin to refuse writes, and when they take them again.
func (r *Recorder) onDisk(session string, err error) {
	if err != nil {
		r.cfg.Log.Error("disk refuses", zap.String("session", session), zap.Error(err))
		r.events.put(Event{Kind: SessionDegraded, Session: session, Err: err})
	} else {
		r.cfg.Log.Info("disk takes writes again", zap.String("session", session))
		r.events.put(Event{Kind: SessionRecovered, Session: session})
	}
}

// onAlarm takes note of a channel's alarm.
func (r *Recorder) onAlarm(session, channel string, alarm Alarm, raised bool) {
	kind, log := AlarmCleared, r.cfg.Log.Info
	if raised {
		kind, log = AlarmRaised, r.cfg.Log.Warn
	}
	log("channel "+alarm.String(), zap.String("session", session), zap.String("channel", channel), zap.Bool("raised", raised))
	r.events.put(Event{Kind: kind, Session: session, Channel: channel, Alarm: alarm})
}

package live

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/ilenia-live/rec/internal/diskprobe"
	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/internal/parallel"
	"github.com/ilenia-live/rec/recorder"
)

// A measurement is a task under way.
type measurement struct {
	task    Task
	feeders []*feeder
	watch   *watch
	meter   memoryMeter
	begun   time.Time // of the first frame

	rec      *recorder.Recorder // nil without one
	sessions []*recorder.Session
	destroys *latency.Shared // of sessions when all is over
	ended    *latency.Shared // of sessions while others go on
	result   Result
}

// Run measures a task in this process, which should do nothing else. An error is for what says nothing: frames that were refused or late
// are in the result.
func Run(ctx context.Context, t Task) (r Result, err error) {
	m := &measurement{
		task: t, feeders: newFeeders(t), watch: &watch{ages: latency.NewShared()}, destroys: latency.NewShared(), ended: latency.NewShared(),
		result: Result{Task: t, Clock: clockCost()},
	}
	runtime.GC() // the making of all this is nobody's garbage
	if m.meter, err = newMemoryMeter(t); err != nil {
		return r, err
	}
	if !t.Nothing {
		if m.rec, err = openRecorder(ctx, t, m.watch.synced); err != nil {
			return r, err
		}
	}
	for range t.repeats() {
		if err = m.once(ctx); err != nil {
			break
		}
	}
	if m.rec != nil {
		err = errors.Join(err, m.rec.Close(context.WithoutCancel(ctx)))
	}
	if err = errors.Join(err, m.watch.failed); err != nil {
		return r, fmt.Errorf("%s: %w", t, err)
	}
	m.conclude()
	return m.result, nil
}

func openRecorder(ctx context.Context, t Task, synced func(time.Duration)) (*recorder.Recorder, error) {
	return recorder.Open(ctx, recorder.Config{
		Root: t.Dir, Staging: t.Staging, Buffer: t.Buffer, Idle: -1, OnSynced: synced,
		Sync: recorder.Sync{Every: Every, PerAudio: !t.RealTime, Volume: t.Volume},
	})
}

// once is one repeat: sessions from create to destroy.
func (m *measurement) once(ctx context.Context) error {
	begun := Begin()
	sinks, err := m.open(ctx)
	if err != nil {
		return err
	}
	m.result.Open.add(begun.Spent())
	divide(m.feeders, m.task, sinks)
	if !m.task.RealTime { // in which nobody needs that much memory at once
		if _, err := diskprobe.Warm(m.task.Bytes()); err != nil {
			return err
		}
	}
	begun = Begin()
	m.begun = time.Now()
	stop := func() {}
	if !m.task.Untimed {
		stop = m.watch.begin(m)
	}
	waitForEnded := m.endSome(ctx)
	err = errors.Join(feed(ctx, m.feeders, m.task), waitForEnded())
	if err == nil {
		err = m.each(func(s *recorder.Session) error { return s.Sync(ctx) })
	}
	m.result.Feed.add(begun.Spent())
	stop()
	if err == nil {
		err = m.noteMemory()
	}
	if err != nil {
		return err
	}

	if m.rec != nil {
		m.result.Missed = m.rec.Stats().SyncsMissed
	}
	begun = Begin()
	err = m.destroy(ctx)
	m.result.Close.add(begun.Spent())
	return err
}

// atOnce is how many sessions are made, synced and ended at the same time: in a service they come from as many connections.
const atOnce = 64

// open makes the sessions and returns where the channels' frames go.
func (m *measurement) open(ctx context.Context) (sinks []sink, err error) {
	t := m.task
	if t.Nothing {
		one := &nothing{}
		for range t.Channels {
			sinks = append(sinks, one)
		}
		return sinks, nil
	}
	m.sessions = make([]*recorder.Session, t.Sessions())
	err = parallel.Do(len(m.sessions), atOnce, func(i int) (err error) {
		create := recorder.SessionCreate{}
		for channel := i * t.SessionChannels; channel < min((i+1)*t.SessionChannels, t.Channels); channel++ {
			create.Channels = append(create.Channels, recorder.ChannelSpec{ID: channelID(channel), Record: true, SampleRate: t.Rate, ChannelCount: 1})
		}
		m.sessions[i], err = m.rec.Create(ctx, create)
		return err
	})
	if err != nil {
		return nil, err
	}
	for channel := range t.Channels {
		c, err := m.sessions[channel/t.SessionChannels].Channel(channelID(channel))
		if err != nil {
			return nil, err
		}
		sinks = append(sinks, c)
	}
	return sinks, nil
}

func channelID(channel int) string { return fmt.Sprintf("ch%05d", channel) }

// noteMemory reads it once more, when all channels have had all they get, and counts the stages with it.
func (m *measurement) noteMemory() error {
	now, err := m.meter.read()
	if err != nil {
		return err
	}
	if m.meter.tmpfs {
		files, err := allocated(m.task.Staging)
		if err != nil {
			return err
		}
		now.Staging = max(now.Staging, files)
	}
	m.result.Memory.worst(now)
	m.result.Memory.worst(m.watch.memory)
	return nil
}

// destroy ends the sessions, many at once, and holds what was recorded against what was accepted.
func (m *measurement) destroy(ctx context.Context) error {
	refused := int64(0)
	for _, f := range m.feeders {
		refused += f.refused.Load()
	}
	return m.each(func(s *recorder.Session) error {
		begun := time.Now()
		manifest, err := s.Destroy(ctx, "measured")
		if err != nil {
			return err
		}
		m.destroys.Record(time.Since(begun))
		if refused > 0 {
			return nil // nobody knows of which
		}
		if manifest.Outcome != "ok" {
			return fmt.Errorf("session %s: outcome %s", s.ID(), manifest.Outcome)
		}
		for _, c := range manifest.Channels {
			if want := m.task.frames() * m.task.frame(); c.Audio.Samples != want || len(c.Gaps) > 0 {
				return fmt.Errorf("session %s, channel %s: %d samples and %d gaps, want %d and none", s.ID(), c.ID, c.Audio.Samples, len(c.Gaps), want)
			}
		}
		return nil
	})
}

func (m *measurement) each(do func(*recorder.Session) error) error {
	return parallel.Do(len(m.sessions), atOnce, func(i int) error { return do(m.sessions[i]) })
}

// conclude fills in what is known at the end.
func (m *measurement) conclude() {
	r := &m.result
	write, lag := latency.New(), latency.New()
	for _, f := range m.feeders {
		write.Merge(f.write)
		lag.Merge(f.lag)
		r.Accepted += f.accepted.Load()
		r.Refused += f.refused.Load()
		r.Late += f.late.Load()
	}
	r.Bytes = r.Accepted * m.task.frame() * sampleBytes
	r.Write, r.Lag = distribution(write, time.Microsecond), distribution(lag, time.Microsecond)
	r.Write.Points = write.Percentiles()
	ages := m.watch.ages.Sum()
	r.Recovery = distribution(ages, time.Millisecond)
	r.Destroy, r.Ended = distribution(m.destroys.Sum(), time.Millisecond), distribution(m.ended.Sum(), time.Millisecond)
	r.Series = m.watch.series
}

package peer

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/ilenia-live/rec/internal/parallel"
	"github.com/ilenia-live/rec/recorder"
)

// recording is the recorder as a host uses it, except that it waits for room where a live source has pauses.
type recording struct {
	task     Task
	volume   bool // synced at once
	rec      *recorder.Recorder
	sessions []*recorder.Session
	channels []*recorder.Channel
	paths    []string // of the finished sessions
}

func newRecorder(t Task, c Contestant) Peer { return &recording{task: t, volume: c.Volume} }

// sessionsAtOnce is how many sessions are made, synced and ended at the same time: in a service they come from as many
// connections.
const sessionsAtOnce = 64

func (r *recording) Open() (err error) {
	r.rec, err = recorder.Open(context.Background(), recorder.Config{
		Root: r.task.Dir, Staging: r.task.Staging, Sync: recorder.Sync{Every: time.Second, PerAudio: true, Volume: r.volume},
	})
	if err != nil {
		return err
	}
	per := r.task.SessionChannels
	r.sessions = make([]*recorder.Session, (r.task.Channels+per-1)/per)
	err = parallel.Do(len(r.sessions), sessionsAtOnce, func(i int) (err error) {
		m := recorder.SessionCreate{}
		for channel := i * per; channel < min((i+1)*per, r.task.Channels); channel++ {
			m.Channels = append(m.Channels, recorder.ChannelSpec{ID: channelID(channel), Record: true, SampleRate: SampleRate, ChannelCount: 1})
		}
		r.sessions[i], err = r.rec.Create(context.Background(), m)
		return err
	})
	if err != nil {
		return err
	}
	for channel := range r.task.Channels {
		c, err := r.sessions[channel/per].Channel(channelID(channel))
		if err != nil {
			return err
		}
		r.channels = append(r.channels, c)
	}
	return nil
}

func channelID(channel int) string { return fmt.Sprintf("ch%05d", channel) }

func (r *recording) Write(channel, frame int) error {
	c := r.channels[channel]
	if err := c.Await(context.Background(), FrameBytes); err != nil {
		return err
	}
	return c.WritePCMAt(int64(frame)*FrameSamples, r.task.Audio.Frame(channel, frame))
}

// Second does nothing: with Sync.PerAudio the recorder syncs each second of audio by itself.
func (r *recording) Second() error { return nil }

func (r *recording) Flush() error {
	return parallel.Do(len(r.sessions), sessionsAtOnce, func(i int) error { return r.sessions[i].Sync(context.Background()) })
}

func (r *recording) Close() error {
	if r.rec == nil {
		return nil
	}
	r.paths = make([]string, len(r.sessions))
	err := parallel.Do(len(r.sessions), sessionsAtOnce, func(i int) error {
		s := r.sessions[i]
		if s == nil {
			return nil
		}
		m, err := s.Destroy(context.Background(), "")
		if err == nil && m.Outcome != "ok" {
			err = fmt.Errorf("session %s: outcome %s", s.ID(), m.Outcome)
		}
		r.paths[i] = s.Path()
		return err
	})
	err = errors.Join(err, r.rec.Close(context.Background()))
	r.rec = nil
	return err
}

func (r *recording) Check() error {
	return checkAll(r.task, func(channel int) string {
		return filepath.Join(r.task.Dir, r.paths[channel/r.task.SessionChannels], channelID(channel)+".wav")
	}, wavSamples)
}

package recorder

import (
	"cmp"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/level"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/pipeline"
)

// Config says where and how to record. Only Root is required.
type Config struct {
	// Root is the recordings directory, RECORDINGS_DIR of the service. It is made if it doesn't exist. Several processes
	// may use one root at once.
	Root string

	// Sync is how soon accepted audio is on stable storage.
	Sync Sync

	// Buffer is how much audio of each channel is staged in memory, and so how long the disk may stall before a write is
	// refused. If zero, 2 s, which is 192 KiB for 48 kHz mono. At least 250 ms, at most 1 minute. A channel that takes packets has
	// 1.2 s at least. On a tmpfs it takes that memory when the disk stalls, and until then what comes in 0.8 of Sync.Every.
	Buffer time.Duration

	// Staging is where that memory lives: "volume" for the recordings volume, which also survives the end of a container;
	// the path of a directory on a tmpfs, which no disk can slow down. If empty, /dev/shm if it has room, but the volume
	// where this process is the main one of a container, whose /dev/shm would end with it.
	Staging string

	// Opus is the decoder for Opus packets: "libopus" for the system's shared library, which conceals losses and recovers packets
	// from those after them; "pion" for pion/opus, which is part of the program and does neither. If empty or "auto", libopus
	// if it is installed.
	Opus string
	// Idle is how long a session may receive nothing before it is taken for forgotten and finished as abandoned. If zero,
	// 15 minutes. If negative, never.
	Idle time.Duration

	// Sessions is the number of recorded sessions that may be open at once. If zero, 20,000, which is also the most: a process may
	// have 65,530 mappings.
	Sessions int

	// Writers is the number of goroutines that write files, each several at once. If zero, 4.
	Writers int

	// Cached writes through the kernel's page cache also on ext4 and xfs, where the recorder does without it: for recordings that are
	// read again at once.
	Cached bool

	// Log gets what an operator should know, at most a few lines a session. If nil, nothing is logged.
	Log *zap.Logger

	// OnSynced, if not nil, is called after each sync of a session with the age of the oldest sample that it made durable:
	// the recovery point achieved. It is called by several goroutines and must not block.
	OnSynced func(age time.Duration)

	// OnEvent, if not nil, is told what happens to sessions and channels, in order, by one goroutine. It may take its time and call
	// the recorder, but for Close: what happens meanwhile waits, and of more than some thousand events only the number is kept, see
	// Event.Missed.
	OnEvent func(Event)

	// Alarms say when a host is told that something is wrong with a source, or soon will be with the volume.
	Alarms Alarms

	// disk, if not nil, comes between the sessions and their files: a disk that a test breaks.
	disk func(durable.FS) durable.FS
}

// Sync says how soon accepted audio is on stable storage.
type Sync struct {
	// Every is the recovery point: audio accepted longer ago than this survives a loss of power. If zero, 1 s. At least
	// 20 ms, at most 1 minute.
	Every time.Duration
	// PerAudio counts Every in audio time as well, for sources faster than real time: each channel is synced after every
	// stretch of that length.
	PerAudio bool
	// Volume syncs the whole volume at once (syncfs) and not each file by itself, which takes less than half of the processor time
	// with hundreds of channels. It is for a volume of the recorder's own: what others write there is synced along, and waited for.
	Volume bool
}

// Alarms are how long a channel must have a trouble, while it records, before that is an alarm. It is over as soon as the trouble is. A
// channel that is muted or masked has none. A negative time is never.
type Alarms struct {
	// Silent: samples come, and their mean level is below SilentBelow. If zero, 30 s.
	Silent time.Duration
	// SilentBelow is in dBFS. If zero, -60: below what a microphone in a quiet room gives.
	SilentBelow float64
	// Clipping: there are samples at full scale over and over, at least one in each two thirds of Sync.Every. If zero, 5 s.
	Clipping time.Duration
	// Stalled: nothing comes, neither samples nor packets. If zero, 10 s.
	Stalled time.Duration
	// Full is how long the volume must last for the open channels, or Health says that it will be full. If zero, 1 h.
	Full time.Duration
}

func (a Alarms) withDefaults() (Alarms, error) {
	if !(a.SilentBelow >= level.Floor && a.SilentBelow <= 0) { // which NaN isn't either
		return a, &FieldError{Field: "Alarms.SilentBelow", Value: fmt.Sprint(a.SilentBelow), Want: fmt.Sprintf("%g to 0 dBFS", level.Floor)}
	}
	a.Silent = cmp.Or(a.Silent, 30*time.Second)
	a.SilentBelow = cmp.Or(a.SilentBelow, -60)
	a.Clipping = cmp.Or(a.Clipping, 5*time.Second)
	a.Stalled = cmp.Or(a.Stalled, 10*time.Second)
	a.Full = cmp.Or(a.Full, time.Hour)
	return a, nil
}

// sources is what the pipeline looks after.
func (a Alarms) sources() pipeline.Alarms {
	return pipeline.Alarms{Silent: a.Silent, SilentBelow: a.SilentBelow, Clipping: a.Clipping, Stalled: a.Stalled}
}

const (
	defaultEvery  = time.Second
	defaultBuffer = 2 * time.Second
	defaultIdle   = 15 * time.Minute
)

// withDefaults fills in what is zero and refuses what makes no sense.
func (c Config) withDefaults() (Config, error) {
	if c.Root == "" {
		return c, &FieldError{Field: "Root", Value: "", Want: "the path of the recordings directory"}
	}
	if c.Sync.Every == 0 {
		c.Sync.Every = defaultEvery
	}
	if c.Sync.Every < limits.SyncMin || c.Sync.Every > limits.SyncMax {
		return c, &FieldError{Field: "Sync.Every", Value: c.Sync.Every.String(), Want: fmt.Sprintf("%s to %s", limits.SyncMin, limits.SyncMax)}
	}
	if c.Buffer == 0 {
		c.Buffer = defaultBuffer
	}
	if c.Buffer < limits.BufferMin || c.Buffer > limits.BufferMax {
		return c, &FieldError{Field: "Buffer", Value: c.Buffer.String(), Want: fmt.Sprintf("%s to %s", limits.BufferMin, limits.BufferMax)}
	}
	if c.Idle == 0 {
		c.Idle = defaultIdle
	}
	if c.Sessions == 0 {
		c.Sessions = limits.Sessions
	}
	if c.Sessions < 0 || c.Sessions > limits.Sessions {
		return c, &FieldError{Field: "Sessions", Value: fmt.Sprint(c.Sessions), Want: fmt.Sprintf("1 to %d", limits.Sessions)}
	}
	if c.Writers < 0 || c.Writers > 256 {
		return c, &FieldError{Field: "Writers", Value: fmt.Sprint(c.Writers), Want: "1 to 256"}
	}
	switch c.Opus {
	case "", "auto", "pion", "libopus":
	default:
		return c, &FieldError{Field: "Opus", Value: quote(c.Opus), Want: "auto, pion or libopus"}
	}
	if c.Log == nil {
		c.Log = zap.NewNop()
	}
	var err error
	c.Alarms, err = c.Alarms.withDefaults()
	return c, err
}

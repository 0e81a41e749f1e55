package main

import (
	"slices"
	"time"

	"github.com/ilenia-live/rec/cmd/rec-sim/network"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/spf13/pflag"
)

// runOptions are the flags of run.
type runOptions struct {
	dir       string
	sessions  int
	channels  int
	duration  time.Duration
	rate      int
	frame     time.Duration
	speed     string
	source    string
	cues      string
	sync      time.Duration
	volume    bool
	transport string
	acks      string
	promises  string
	askSync   time.Duration
	json      string
	staging   string
	buffer    time.Duration
	writers   int
	cached    bool
	quiet     bool
	opus      string
	network   network.Model
	driftPPM  float64

	ramp    bool
	rampMax int // channels

	rateGiven, channelsGiven, sessionsGiven bool
}

const (
	sourceSpeech  = "speech"
	sourcePattern = "pattern"
	speedMax      = "max"
	// cuesMadeUp is the value of --cues without a file. No file is called that.
	cuesMadeUp = "\x00made up"
)

func (o *runOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.dir, "dir", "./recordings", "recordings root")
	f.IntVar(&o.sessions, "sessions", 1, "number of sessions at once")
	f.IntVar(&o.channels, "channels", 1, "channels in each session (default 3 for speech, else 1)")
	f.DurationVar(&o.duration, "duration", 10*time.Second, "how much audio each channel gets")
	f.IntVar(&o.rate, "rate", 48000, "sample rate: 8000, 16000, 24000, 32000, 44100 or 48000 (default for FILE.wav: its own)")
	f.DurationVar(&o.frame, "frame", 20*time.Millisecond, "audio in one write")
	f.StringVar(&o.speed, "speed", "1", "1 for real time, max for as fast as the recorder takes it")
	f.StringVar(&o.source, "source", sourceSpeech, "speech, pattern or FILE.wav")
	f.StringVar(&o.cues, "cues", "", "transcripts: alone, made-up ones (speech: its own); or those of FILE.jsonl")
	f.Lookup("cues").NoOptDefVal = cuesMadeUp
	f.DurationVar(&o.sync, "sync", time.Second, "recovery point: how often accepted audio is made durable")
	f.BoolVar(&o.volume, "sync-volume", false, "sync the whole volume at once (syncfs), not each file: for a volume of the recorder's own")
	f.StringVar(&o.transport, "transport", transportDirect, "how sound reaches the recorder: direct as samples; rtp or webrtc as Opus over the loopback")
	f.Var((*share)(&o.network.Loss), "loss", "rtp, webrtc: share of packets that are lost, such as 5% or 0.05")
	f.DurationVar(&o.network.Jitter, "jitter", 0, "rtp, webrtc: packets are delayed by up to this")
	f.Var((*share)(&o.network.Reorder), "reorder", "rtp, webrtc: share of packets that later ones overtake")
	f.Var((*share)(&o.network.Dup), "dup", "rtp, webrtc: share of packets that come twice (webrtc: SRTP drops the second)")
	f.Float64Var(&o.driftPPM, "drift-ppm", 0, "rtp, webrtc: senders' clocks run fast by this, every second one slow by as much")
	f.Uint64Var(&o.network.Seed, "seed", 1, "rtp, webrtc: the same seed does the same to the same packets")
	f.StringVar(&o.opus, "opus", "auto", "rtp, webrtc: decoder for Opus: auto, libopus or pion")
	f.BoolVar(&o.ramp, "ramp", false, "find the largest number of channels that are recorded in real time without a fault")
	f.IntVar(&o.rampMax, "ramp-max", 0, "with --ramp: the largest number of channels to try (default: as many as the recorder takes)")
	f.StringVar(&o.acks, "acks", "", "count accepted samples in this shared memory map, eight bytes a channel")
	f.StringVar(&o.promises, "promises", "", "with --acks: note in another map what was promised, see below")
	f.DurationVar(&o.askSync, "ask-sync", 0, "with --acks: call Sync of each session this often (default: never)")
	f.StringVar(&o.json, "json", "", "write the measurements to this file, - for standard output")
	f.StringVar(&o.staging, "staging", "", "where staging memory lies: volume, or a directory on a tmpfs (default: the recorder's choice, mostly in /dev/shm)")
	f.DurationVar(&o.buffer, "buffer", 0, "staging of each channel, as time (default: the recorder's)")
	f.BoolVar(&o.cached, "cached", false, "write through the kernel's page cache also where the recorder does without it")
	f.IntVar(&o.writers, "writers", 0, "goroutines that write to files (default: the recorder's)")
	f.BoolVar(&o.quiet, "quiet", false, "print nothing but errors")
}

// complete takes what the flag set knows beyond the values, and the one argument that is left when --cues FILE was
// written with a blank: pflag takes the optional value of a flag only after an equals sign.
func (o *runOptions) complete(f *pflag.FlagSet, args []string) error {
	o.rateGiven, o.channelsGiven, o.sessionsGiven = f.Changed("rate"), f.Changed("channels"), f.Changed("sessions")
	for _, name := range []string{"loss", "jitter", "reorder", "dup", "drift-ppm", "seed", "opus"} {
		if f.Changed(name) && !o.packets() {
			return exit.Usagef("--%s: only with --transport rtp or webrtc", name)
		}
	}
	if len(args) == 1 && o.cues == cuesMadeUp {
		o.cues, args = args[0], nil
	}
	if len(args) > 0 {
		return exit.Usagef("argument %q: run takes none, only flags", args[0])
	}
	if !o.channelsGiven && o.source == sourceSpeech {
		o.channels = 3
	}
	if err := o.check(); err != nil {
		return err
	}
	return o.checkRamp(f.Changed("ramp-max"))
}

// checkRamp refuses what a ramp can't do, and limits it to what the recorder takes.
func (o *runOptions) checkRamp(maxGiven bool) error {
	most := limits.Sessions * o.channels
	switch {
	case !o.ramp && maxGiven:
		return exit.Usagef("--ramp-max: only with --ramp")
	case !o.ramp:
		return nil
	case o.packets():
		return exit.Usagef("--ramp: only with --transport %s", transportDirect)
	case !o.realTime():
		return exit.Usagef("--ramp: only with --speed 1: it is about real time")
	case o.acks != "":
		return exit.Usagef("--ramp: not with --acks: its recordings are removed")
	case maxGiven && (o.rampMax < o.channels || o.rampMax > most):
		return exit.Usagef("--ramp-max %d: want %d, which is one session, to %d", o.rampMax, o.channels, most)
	case !maxGiven:
		o.rampMax = most
	}
	return nil
}

// check refuses what can't be simulated. Rates are checked by the plan, which may find one in a file.
func (o *runOptions) check() error {
	switch {
	case !slices.Contains(transports, o.transport):
		return exit.Usagef("--transport %q: want one of %v", o.transport, transports)
	case o.speed != "1" && o.speed != speedMax:
		return exit.Usagef("--speed %q: want 1 or max", o.speed)
	case o.sessions < 1 || o.sessions > limits.Sessions:
		return exit.Usagef("--sessions %d: want 1 to %d", o.sessions, limits.Sessions)
	case o.channels < 1 || o.channels > limits.Channels:
		return exit.Usagef("--channels %d: want 1 to %d", o.channels, limits.Channels)
	case o.duration <= 0 || o.duration > limits.Timeline:
		return exit.Usagef("--duration %s: want more than 0, at most %s", o.duration, limits.Timeline)
	case o.frame < time.Millisecond || o.frame > limits.FrameTime:
		return exit.Usagef("--frame %s: want 1ms to %s", o.frame, limits.FrameTime)
	case o.sync < limits.SyncMin || o.sync > limits.SyncMax:
		return exit.Usagef("--sync %s: want %s to %s", o.sync, limits.SyncMin, limits.SyncMax)
	case o.buffer != 0 && (o.buffer < limits.BufferMin || o.buffer > limits.BufferMax):
		return exit.Usagef("--buffer %s: want %s to %s", o.buffer, limits.BufferMin, limits.BufferMax)
	case o.writers < 0:
		return exit.Usagef("--writers %d: want 0 or more", o.writers)
	case o.askSync < 0:
		return exit.Usagef("--ask-sync %s: want 0 or more", o.askSync)
	case o.acks == "" && (o.promises != "" || o.askSync > 0):
		return exit.Usagef("--promises, --ask-sync: only with --acks")
	case o.source == "":
		return exit.Usagef("--source: want speech, pattern or FILE.wav")
	}
	return o.checkPackets()
}

// realTime reports whether frames have moments at which they are due.
func (o *runOptions) realTime() bool { return o.speed != speedMax }

// frameSamples is the length of a frame in sample frames.
func frameSamples(frame time.Duration, rate int) (int64, error) {
	n := int64(frame) * int64(rate)
	if n%int64(time.Second) != 0 {
		return 0, exit.Usagef("--frame %s: is not a whole number of samples at %d Hz", frame, rate)
	}
	return n / int64(time.Second), nil
}

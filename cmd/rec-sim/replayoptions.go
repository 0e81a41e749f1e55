package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ilenia-live/rec/cmd/rec-sim/dump"
	"github.com/ilenia-live/rec/internal/codec"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/spf13/pflag"
)

// replayOptions are the flags of replay.
type replayOptions struct {
	file        string
	dir         string
	codec       string
	rate        int
	channels    int
	ssrcs       []string
	payloadType int
	format      string
	maxGap      time.Duration
	opus        string
	dryRun      bool
	json        string
	quiet       bool

	wanted map[uint32]bool // --ssrc; nil for all
	clock  codec.Decoder   // tells how long payloads are; nil when a dry run doesn't know the codec
}

// maxGapMost is the longest pause that timestamps can tell from a jump back: half of their 32 bits, 12 h at 48 kHz.
const maxGapMost = 12 * time.Hour

func (o *replayOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.codec, "codec", "", "codec of the packets: opus, pcmu, pcma or l16")
	f.IntVar(&o.rate, "rate", 0, "sample rate of the recording, and of the timestamps but for Opus (default 48000 for opus, 8000 for pcmu and pcma, 44100 for l16)")
	f.IntVar(&o.channels, "channels", 1, "channels of the recording, and of the packets but for Opus")
	f.StringVar(&o.dir, "dir", "./recordings", "recordings root")
	f.StringSliceVar(&o.ssrcs, "ssrc", nil, "record only streams with this SSRC, such as 0x1a2b3c4d; may be given several times")
	f.IntVar(&o.payloadType, "payload-type", -1, "record only streams with this payload type (default: that of most packets)")
	f.StringVar(&o.format, "format", string(dump.Auto), "format of FILE: auto, rfc4571, pcap or pcapng")
	f.DurationVar(&o.maxGap, "max-gap", time.Hour, "the longest pause that is believed; what jumps further goes on where it was")
	f.StringVar(&o.opus, "opus", "auto", "decoder for Opus: auto, libopus or pion")
	f.BoolVar(&o.dryRun, "dry-run", false, "only list the streams of FILE")
	f.StringVar(&o.json, "json", "", "write the report to this file, - for standard output")
	f.BoolVar(&o.quiet, "quiet", false, "print nothing but errors")
}

// complete fills in the defaults and refuses what can't be replayed.
func (o *replayOptions) complete(f *pflag.FlagSet) error {
	formats := []dump.Format{dump.Auto, dump.RFC4571, dump.PCAP, dump.PCAPNG}
	switch {
	case !slices.Contains(formats, dump.Format(o.format)):
		return exit.Usagef("--format %q: want one of %v", o.format, formats)
	case o.maxGap <= 0 || o.maxGap > maxGapMost:
		return exit.Usagef("--max-gap %s: want more than 0, at most %s", o.maxGap, maxGapMost)
	case f.Changed("payload-type") && (o.payloadType < 0 || o.payloadType > 127):
		return exit.Usagef("--payload-type %d: want 0 to 127", o.payloadType)
	}
	for _, s := range o.ssrcs {
		n, err := strconv.ParseUint(s, 0, 32)
		if err != nil {
			return exit.Usagef("--ssrc %q: want a number of 32 bits, such as 0x1a2b3c4d", s)
		}
		if o.wanted == nil {
			o.wanted = map[uint32]bool{}
		}
		o.wanted[uint32(n)] = true
	}
	if o.codec == "" && o.dryRun {
		return nil
	}
	return o.completeCodec(f.Changed("rate"))
}

func (o *replayOptions) completeCodec(rateGiven bool) error {
	defaults := map[string]int{"opus": 48000, "pcmu": 8000, "pcma": 8000, "l16": 44100}
	rate, known := defaults[o.codec]
	if !known {
		return exit.Usagef("--codec %q: want opus, pcmu, pcma or l16", o.codec)
	}
	if !rateGiven {
		o.rate = rate
	}
	if !slices.Contains(recordable, o.rate) {
		return exit.Usagef("--rate %d: want one of %v", o.rate, recordable)
	}
	var err error
	o.clock, err = codec.New(codec.Config{Name: o.codec, SampleRate: o.rate, Channels: o.channels, Opus: o.opus})
	var bad *codec.ConfigError
	if errors.As(err, &bad) {
		flag := map[string]string{"sampleRate": "rate", "channelCount": "channels", "Opus": "opus"}[bad.Field]
		return exit.Usagef("--%s %s: want %s", flag, strings.Trim(bad.Value, `"`), bad.Want)
	}
	if err == nil && o.channels > 8 {
		return exit.Usagef("--channels %d: want 1 to 8", o.channels)
	}
	return err
}

// span is how much of the timestamps a payload takes; 0 if that can't be told.
func (o *replayOptions) span(payload []byte) int64 {
	if o.clock == nil || len(payload) == 0 {
		return 0
	}
	n, err := o.clock.Duration(payload)
	if err != nil {
		return 0
	}
	return int64(n) * int64(o.clock.ClockRate()) / int64(o.rate)
}

// clockRate is the rate of the timestamps. A dry run that doesn't know the codec takes what most have.
func (o *replayOptions) clockRate() int {
	if o.clock == nil {
		return 48000
	}
	return o.clock.ClockRate()
}

// rateOf is the rate of a stream's timestamps as far as its payload type tells it (RFC 3551, table 4).
func (o *replayOptions) rateOf(payloadType uint8) int {
	switch {
	case o.clock != nil:
	case payloadType == 10 || payloadType == 11:
		return 44100
	case payloadType < 20:
		return 8000
	}
	return o.clockRate()
}

func (o *replayOptions) newTiming() *timing {
	return &timing{maxGap: o.maxGap, rate: int64(o.clockRate()), span: o.span, senders: map[dump.Key]*senderClock{}}
}

const (
	// replayBuffer is the staging of each channel. A burst of packets, as after a stall, is decoded all at once when the first
	// of them is placed: the recorder holds some ten seconds of 20 ms back until then.
	replayBuffer = 20 * time.Second
	// replayMemory bounds the staging of all channels together.
	replayMemory = 256 << 20
)

// buffer is how much audio of each of n channels is staged.
func (o *replayOptions) buffer(n int) time.Duration {
	perSecond := int64(2*o.rate*o.channels) * int64(n)
	return max(2*time.Second, min(replayBuffer, time.Duration(replayMemory/perSecond)*time.Second))
}

// room is what must be free in a channel's staging before a packet is written: as much as Await looks at, a second.
func (o *replayOptions) room() int {
	return int(limits.FrameTime/time.Second) * 2 * o.rate * o.channels
}

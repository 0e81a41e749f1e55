package main

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ilenia-live/rec/internal/exit"
)

const (
	transportDirect = "direct"
	transportRTP    = "rtp"
	transportWebRTC = "webrtc"
)

var transports = []string{transportDirect, transportRTP, transportWebRTC}

// packetTime is what the fixtures' packets hold.
const packetTime = 20 * time.Millisecond

// driftMost is the largest error of a sender's clock: ten times that of a bad one.
const driftMost = 1000

// packets reports whether packets are sent, not samples written.
func (o *runOptions) packets() bool { return o.transport != transportDirect }

// checkPackets refuses what can't be sent as packets.
func (o *runOptions) checkPackets() error {
	if !o.packets() {
		return nil
	}
	if err := o.network.Check(); err != nil {
		return exit.Usagef("--%w", err)
	}
	switch {
	case o.source != sourceSpeech:
		return exit.Usagef("--source %q: want speech with --transport %s: it is encoded beforehand", o.source, o.transport)
	case o.frame != packetTime:
		return exit.Usagef("--frame %s: want %s with --transport %s", o.frame, packetTime, o.transport)
	case !o.realTime():
		return exit.Usagef("--speed %s: want 1 with --transport %s", o.speed, o.transport)
	case o.acks != "":
		return exit.Usagef("--acks: counts samples, and goes with --transport %s only", transportDirect)
	case math.IsNaN(o.driftPPM) || math.Abs(o.driftPPM) > driftMost:
		return exit.Usagef("--drift-ppm %g: want -%d to %d", o.driftPPM, driftMost, driftMost)
	}
	return nil
}

// share is a flag for a part of a whole: 5% or 0.05.
type share float64

func (s *share) String() string { return strconv.FormatFloat(float64(*s)*100, 'g', -1, 64) + "%" }
func (s *share) Type() string   { return "share" }

func (s *share) Set(text string) error {
	digits, percent := strings.CutSuffix(text, "%")
	f, err := strconv.ParseFloat(digits, 64)
	if percent {
		f /= 100
	}
	if err != nil || !(f >= 0 && f <= 1) {
		return exit.Usagef("want 0%% to 100%%, or 0 to 1")
	}
	*s = share(f)
	return nil
}

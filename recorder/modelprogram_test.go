package recorder_test

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"pgregory.net/rapid"
)

// deed is what one step of a program does.
type deed int

const (
	doWrite   deed = iota // samples at a position
	doArrive              // samples, now
	doSend                // RTP packets, for a while
	doCue                 //
	doSleep               //
	doMask                // mute, mask or unmute
	doCreate              // a session
	doBad                 // a frame that makes no sense
	doSync                //
	doDestroy             //
	doKill                // picture what is on the disk and in memory, and recover that
	doDisk                // the disk refuses, stalls or works again
	doRecover             // while others record
	doClose               // the host leaves a session without Destroy
	doStop                // a process ends, or crashes
)

var deedNames = [...]string{
	"write", "arrive", "send", "cue", "sleep", "mask", "create", "bad", "sync", "destroy", "kill", "disk", "recover", "close", "stop",
}

// step is one deed and the numbers that it needs. They count modulo what there is, so any program makes sense, and still does when
// any part of it is left out.
type step struct {
	deed             deed
	session, channel int
	a, b, c          int
}

func (s step) String() string {
	return fmt.Sprintf("%s(%d,%d;%d,%d,%d)", deedNames[s.deed], s.session, s.channel, s.a, s.b, s.c)
}

// rng gives what the numbers are too few for.
func (s step) rng() *rand.Rand {
	return rand.New(rand.NewPCG(uint64(s.a)<<32|uint64(s.b), uint64(s.c)))
}

// programs are some forty steps long.
func programs() *rapid.Generator[[]step] {
	var deeds []deed
	for _, w := range []struct {
		deed  deed
		times int
	}{
		{doWrite, 10}, {doArrive, 5}, {doSend, 7}, {doCue, 4}, {doSleep, 5}, {doMask, 4}, {doCreate, 4}, {doBad, 2}, {doSync, 3},
		{doDestroy, 3}, {doKill, 4}, {doDisk, 3}, {doRecover, 2}, {doClose, 1}, {doStop, 1},
	} {
		deeds = append(deeds, slices.Repeat([]deed{w.deed}, w.times)...)
	}
	number := rapid.IntRange(0, 99)
	one := rapid.Custom(func(t *rapid.T) step {
		return step{
			deed: rapid.SampledFrom(deeds).Draw(t, "deed"), session: rapid.IntRange(0, 5).Draw(t, "session"),
			channel: rapid.IntRange(0, 2).Draw(t, "channel"), a: number.Draw(t, "a"), b: number.Draw(t, "b"), c: number.Draw(t, "c"),
		}
	})
	// In scenes: a slice alone would be six steps long as a rule.
	scenes := rapid.SliceOfN(rapid.SliceOfN(one, 1, 20), 1, 20)
	return rapid.Map(scenes, func(s [][]step) []step { return slices.Concat(s...) })
}

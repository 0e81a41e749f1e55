package main

import (
	"fmt"
	"maps"
	"slices"
	"unsafe"

	"github.com/ebitengine/purego"
)

const rate = 48000

// Of libopus' opus_defines.h and, for the mode, opus_private.h.
const (
	applicationVoIP     = 2048
	applicationAudio    = 2049
	applicationLowDelay = 2051
	setBitrate          = 4002
	setBandwidth        = 4008
	setInbandFEC        = 4012
	setPacketLoss       = 4014
	setDTX              = 4016
	setForceChannels    = 4022
	setForceMode        = 11002
	bandwidthWide       = 1103
	modeSILK            = 1000
)

// library is libopus, called without cgo.
type library struct {
	create  func(rate, channels, application int32, code *int32) uintptr
	encode  func(state uintptr, pcm *int16, frames int32, out *byte, room int32) int32
	version func() string
	ctl     uintptr
}

func openLibrary() (*library, error) {
	handle, err := purego.Dlopen("libopus.so.0", purego.RTLD_NOW)
	if err != nil {
		return nil, err
	}
	l := &library{}
	purego.RegisterLibFunc(&l.create, handle, "opus_encoder_create")
	purego.RegisterLibFunc(&l.encode, handle, "opus_encode")
	purego.RegisterLibFunc(&l.version, handle, "opus_get_version_string")
	// It takes a variable number of arguments, which RegisterLibFunc doesn't.
	l.ctl, err = purego.Dlsym(handle, "opus_encoder_ctl")
	return l, err
}

// encoder is one of libopus' encoders, at 48 kHz. It lives as long as the program.
type encoder struct {
	lib      *library
	state    uintptr
	channels int
}

func (l *library) encoder(channels, application int, settings map[int]int) (*encoder, error) {
	var code int32
	e := &encoder{lib: l, channels: channels, state: l.create(rate, int32(channels), int32(application), &code)}
	if code != 0 {
		return nil, fmt.Errorf("opus_encoder_create: %d", code)
	}
	return e, e.set(settings)
}

func (e *encoder) set(settings map[int]int) error {
	for _, what := range slices.Sorted(maps.Keys(settings)) {
		if r, _, _ := purego.SyscallN(e.lib.ctl, e.state, uintptr(what), uintptr(settings[what])); int32(r) != 0 {
			return fmt.Errorf("opus_encoder_ctl %d, %d: %d", what, settings[what], int32(r))
		}
	}
	return nil
}

// packet encodes interleaved samples into one packet.
func (e *encoder) packet(pcm []int16) ([]byte, error) {
	out := make([]byte, 1500)
	n := e.lib.encode(e.state, unsafe.SliceData(pcm), int32(len(pcm)/e.channels), &out[0], int32(len(out)))
	if n < 0 {
		return nil, fmt.Errorf("opus_encode: %d", n)
	}
	return out[:n], nil
}

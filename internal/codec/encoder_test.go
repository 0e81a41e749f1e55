package codec

import (
	"encoding/binary"
	"math"
	"testing"
	"unsafe"

	"github.com/ebitengine/purego"

	"github.com/ilenia-live/rec/testdata"
)

// Settings of libopus' encoder (opus_defines.h).
const (
	applicationVoIP    = 2048
	applicationAudio   = 2049
	setBitrate         = 4002
	setBandwidth       = 4008
	setInbandFEC       = 4012
	setPacketLossPerc  = 4014
	setDTX             = 4016
	setForceMode       = 11002 // opus_private.h
	modeSILK           = 1000
	modeHybrid         = 1001
	modeCELT           = 1002
	bandwidthNarrow    = 1101
	bandwidthWide      = 1103
	bandwidthSuperwide = 1104
	bandwidthFull      = 1105
)

// encoder is libopus' own. The tests that need it are skipped where libopus is not installed.
type encoder struct {
	t              testing.TB
	state          uintptr
	encode, ctl    uintptr
	rate, channels int
}

func newEncoder(t testing.TB, rate, channels, application int) *encoder {
	t.Helper()
	if _, err := libopus(); err != nil {
		t.Skipf("needs libopus: %v", err)
	}
	handle, err := purego.Dlopen("libopus.so.0", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		t.Fatal(err)
	}
	sym := func(name string) uintptr {
		at, err := purego.Dlsym(handle, name)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	e := &encoder{t: t, encode: sym("opus_encode"), ctl: sym("opus_encoder_ctl"), rate: rate, channels: channels}
	var code int32
	e.state, _, _ = purego.SyscallN(sym("opus_encoder_create"), uintptr(rate), uintptr(channels), uintptr(application), uintptr(unsafe.Pointer(&code)))
	if code != 0 {
		t.Fatalf("opus_encoder_create: %d", code)
	}
	destroy := sym("opus_encoder_destroy")
	t.Cleanup(func() { purego.SyscallN(destroy, e.state) })
	return e
}

func (e *encoder) set(what, value int) {
	e.t.Helper()
	if r, _, _ := purego.SyscallN(e.ctl, e.state, uintptr(what), uintptr(value)); int32(r) != 0 {
		e.t.Fatalf("opus_encoder_ctl %d %d: %d", what, value, int32(r))
	}
}

// packet encodes one packet of interleaved samples.
func (e *encoder) packet(pcm []int16) []byte {
	e.t.Helper()
	out := make([]byte, 4000)
	n, _, _ := purego.SyscallN(e.encode, e.state, uintptr(unsafe.Pointer(&pcm[0])), uintptr(len(pcm)/e.channels), uintptr(unsafe.Pointer(&out[0])), uintptr(len(out)))
	if int32(n) < 0 {
		e.t.Fatalf("opus_encode: %d", int32(n))
	}
	return out[:int32(n)]
}

// stream encodes speech in packets of that many samples.
func (e *encoder) stream(frames int, seconds float64) (packets [][]byte) {
	pcm := speech(e.rate, e.channels, seconds)
	for n := frames * e.channels; len(pcm) >= n; pcm = pcm[n:] {
		packets = append(packets, e.packet(pcm[:n]))
	}
	return packets
}

// speech returns the floor's voice; in stereo, the Catalan interpreter on the other side, so that the two differ.
func speech(rate, channels int, seconds float64) []int16 {
	voices := testdata.Speeches()
	n := int(seconds * float64(rate))
	out := make([]int16, n*channels)
	step := 48000 / rate
	for ch := range channels {
		wav := voices[ch].WAV[44:]
		for i := range n {
			sum := 0
			for k := range step { // a crude low-pass: what matters here is that it is speech
				at := (i*step + k) * 2 % (len(wav) - 1) &^ 1
				sum += int(int16(binary.LittleEndian.Uint16(wav[at:])))
			}
			out[i*channels+ch] = int16(sum / step)
		}
	}
	return out
}

// reference decodes with libopus as its manual says, beside this package's own decoder.
func reference(t testing.TB, packets [][]byte, rate, channels int) []int16 {
	t.Helper()
	handle, err := purego.Dlopen("libopus.so.0", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		t.Skipf("needs libopus: %v", err)
	}
	var create func(int32, int32, *int32) uintptr
	var decode func(uintptr, *byte, int32, *int16, int32, int32) int32
	var destroy func(uintptr)
	purego.RegisterLibFunc(&create, handle, "opus_decoder_create")
	purego.RegisterLibFunc(&decode, handle, "opus_decode")
	purego.RegisterLibFunc(&destroy, handle, "opus_decoder_destroy")
	var code int32
	state := create(int32(rate), int32(channels), &code)
	defer destroy(state)
	var out []int16
	buf := make([]int16, 5760*channels)
	for i, p := range packets {
		n := decode(state, &p[0], int32(len(p)), &buf[0], int32(len(buf)/channels), 0)
		if n < 0 {
			t.Fatalf("packet %d: opus_decode: %d", i, n)
		}
		out = append(out, buf[:int(n)*channels]...)
	}
	return out
}

// ours decodes with this package.
func ours(t testing.TB, packets [][]byte, c Config) []int16 {
	t.Helper()
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var out []int16
	buf := make([]byte, 5760*2*c.Channels)
	for i, p := range packets {
		want, err := d.Duration(p)
		if err != nil {
			t.Fatalf("packet %d: %v", i, err)
		}
		n, err := d.Decode(buf, p)
		if err != nil || n != want {
			t.Fatalf("packet %d: %d frames, want %d: %v", i, n, want, err)
		}
		for k := range n * c.Channels {
			out = append(out, int16(binary.LittleEndian.Uint16(buf[2*k:])))
		}
	}
	return out
}

// snr is the ratio of signal to difference in dB; +Inf if there is none.
func snr(want, got []int16) float64 {
	var signal, noise float64
	for i := range min(len(want), len(got)) {
		w, d := float64(want[i]), float64(want[i])-float64(got[i])
		signal += w * w
		noise += d * d
	}
	return 10 * math.Log10(signal/noise)
}

// shift is the lag in sample frames, up to 240 either way, at which got is most like want.
func shift(want, got []int16, channels int) int {
	best, at := -1.0, 0
	for lag := -240; lag <= 240; lag++ {
		sum := 0.0
		for i := 240 * channels; i < min(len(want), len(got), 48000*channels)-240*channels; i++ {
			sum += float64(want[i]) * float64(got[i+lag*channels])
		}
		if sum > best {
			best, at = sum, lag
		}
	}
	return at
}

package codec

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library is the system's libopus, which conceals losses and recovers packets from those after them.
type library struct {
	name                              string
	create, destroy, decode, strerror uintptr
}

// libopus opens the shared library, once a process. It is called without cgo, so that a static program finds it too.
var libopus = sync.OnceValues(func() (*library, error) {
	handle, err := purego.Dlopen("libopus.so.0", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return nil, fmt.Errorf("open libopus: %w", err)
	}
	lib := &library{}
	var version uintptr
	for name, at := range map[string]*uintptr{
		"opus_decoder_create": &lib.create, "opus_decoder_destroy": &lib.destroy, "opus_decode": &lib.decode,
		"opus_strerror": &lib.strerror, "opus_get_version_string": &version,
	} {
		if *at, err = purego.Dlsym(handle, name); err != nil {
			return nil, fmt.Errorf("open libopus: %w", err)
		}
	}
	var text func() string
	purego.RegisterFunc(&text, version)
	lib.name = text() // "libopus 1.3.1"
	return lib, nil
})

// Libopus returns the name and version of the system's libopus, or why there is none.
func Libopus() (string, error) {
	lib, err := libopus()
	if err != nil {
		return "", err
	}
	return lib.name, nil
}

func (l *library) newDecoder(c Config) (Decoder, error) {
	var code int32
	state, _, _ := purego.SyscallN(l.create, uintptr(c.SampleRate), uintptr(c.Channels), uintptr(unsafe.Pointer(&code)))
	if state == 0 || code != 0 {
		return nil, &ConfigError{"Opus", l.name, fmt.Sprintf("a decoder that starts: %s", l.errorText(code))}
	}
	d := &nativeOpus{opusFormat: opusFormat{c.SampleRate, c.Channels}, lib: l, state: state}
	d.cleanup = runtime.AddCleanup(d, func(state uintptr) { purego.SyscallN(l.destroy, state) }, state)
	return d, nil
}

func (l *library) errorText(code int32) string {
	var text func(int32) string
	purego.RegisterFunc(&text, l.strerror)
	return strings.TrimSpace(text(code))
}

// nativeOpus decodes with libopus.
type nativeOpus struct {
	opusFormat
	lib     *library
	state   uintptr // libopus' own memory; 0 when closed
	args    [6]uintptr
	cleanup runtime.Cleanup
}

func (d *nativeOpus) String() string { return d.lib.name }

func (d *nativeOpus) Close() {
	if d.state != 0 {
		d.cleanup.Stop()
		purego.SyscallN(d.lib.destroy, d.state)
		d.state = 0
	}
}

func (d *nativeOpus) Decode(dst, p []byte) (int, error) {
	want, err := d.Duration(p)
	if err != nil {
		return 0, err
	}
	return d.call(dst, p, want, false)
}

func (d *nativeOpus) Carries(p []byte) bool { return opusHasFEC(p) }

func (d *nativeOpus) Recover(dst, p []byte, frames int) (int, error) {
	if !opusHasFEC(p) || !d.whole(frames) {
		return 0, nil
	}
	return d.call(dst, p, frames, true)
}

func (d *nativeOpus) Conceal(dst []byte, frames int) (int, error) {
	if !d.whole(frames) {
		return 0, nil
	}
	return d.call(dst, nil, frames, false)
}

// whole reports whether libopus makes up that many frames: whole units of 2.5 ms, up to 120 ms.
func (d *nativeOpus) whole(frames int) bool {
	unit := d.rate / opusUnit
	return frames > 0 && frames%unit == 0 && frames <= opusMost*unit
}

// call is opus_decode(state, data, len, pcm, frame_size, decode_fec). Without data it conceals.
//
// Its samples are in the machine's byte order, which is that of a WAV on every machine that this package is built for.
func (d *nativeOpus) call(dst, p []byte, frames int, fec bool) (int, error) {
	if err := fits("opus", dst, frames, d.channels); err != nil {
		return 0, err
	}
	if d.state == 0 {
		return 0, &PayloadError{"opus", len(p), "the decoder is closed"}
	}
	flag := uintptr(0)
	if fec {
		flag = 1
	}
	// The C side keeps neither pointer. Both are of the heap, which stays in place: what is handed to a method of an interface
	// isn't on a stack. The arguments are in an array because a list of them would be allocated anew for each call.
	d.args = [...]uintptr{
		d.state, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), uintptr(unsafe.Pointer(unsafe.SliceData(dst))),
		uintptr(frames), flag,
	}
	got, _, _ := purego.SyscallN(d.lib.decode, d.args[:]...)
	runtime.KeepAlive(p)
	runtime.KeepAlive(dst)
	runtime.KeepAlive(d)
	n := int32(got)
	if n < 0 {
		return 0, &PayloadError{"opus", len(p), d.lib.errorText(n)}
	}
	return int(n), nil
}

// Command mkopus encodes speech with the system's libopus into RTP packets, framed as RFC 4571 has it: two bytes of length
// before each packet. make.sh calls it for the Opus fixtures of package testdata.
//
//	mkopus [-dtx] [-ssrc N] IN.wav OUT.rtp
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"os"
	"unsafe"

	"github.com/ebitengine/purego"
)

const (
	rate        = 48000
	frame       = rate / 50
	wavHeader   = 44
	payloadType = 111

	// Of opus_defines.h.
	applicationVoIP = 2048
	setBitrate      = 4002
	setInbandFEC    = 4012
	setPacketLoss   = 4014
	setDTX          = 4016
	getLookahead    = 4027
)

func main() {
	log.SetFlags(0)
	dtx := flag.Bool("dtx", false, "send nothing while nobody speaks")
	ssrc := flag.Uint("ssrc", 1, "SSRC of the stream")
	version := flag.Bool("version", false, "print libopus' version and end")
	flag.Parse()
	if *version {
		fmt.Println(libraryVersion())
		return
	}
	if flag.NArg() != 2 {
		log.Fatal("usage: mkopus [-dtx] [-ssrc N] IN.wav OUT.rtp")
	}
	wav, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	out, err := encode(wav[wavHeader:], *dtx, uint32(*ssrc))
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(flag.Arg(1), out, 0o644); err != nil {
		log.Fatal(err)
	}
}

func libraryVersion() string {
	lib, err := purego.Dlopen("libopus.so.0", purego.RTLD_NOW)
	if err != nil {
		log.Fatal(err)
	}
	var version func() string
	purego.RegisterLibFunc(&version, lib, "opus_get_version_string")
	return version()
}

func encode(pcm []byte, dtx bool, ssrc uint32) ([]byte, error) {
	lib, err := purego.Dlopen("libopus.so.0", purego.RTLD_NOW)
	if err != nil {
		return nil, err
	}
	var create func(int32, int32, int32, *int32) uintptr
	var opusEncode func(uintptr, *byte, int32, *byte, int32) int32
	purego.RegisterLibFunc(&create, lib, "opus_encoder_create")
	purego.RegisterLibFunc(&opusEncode, lib, "opus_encode")
	ctl, err := purego.Dlsym(lib, "opus_encoder_ctl")
	if err != nil {
		return nil, err
	}
	var code int32
	e := create(rate, 1, applicationVoIP, &code)
	if code != 0 {
		return nil, fmt.Errorf("opus_encoder_create: %d", code)
	}
	settings := [][2]uintptr{{setBitrate, 32000}, {setInbandFEC, 1}, {setPacketLoss, 10}}
	if dtx {
		settings = append(settings, [2]uintptr{setDTX, 1})
	}
	for _, s := range settings {
		if r, _, _ := purego.SyscallN(ctl, e, s[0], s[1]); int32(r) != 0 {
			return nil, fmt.Errorf("opus_encoder_ctl %d: %d", s[0], int32(r))
		}
	}
	var lookahead int32
	purego.SyscallN(ctl, e, getLookahead, uintptr(unsafe.Pointer(&lookahead)))
	log.Printf("encoder delay: %d samples", lookahead)

	var out []byte
	seq := uint16(0)
	buf := make([]byte, 1500)
	for at := 0; at < len(pcm); at += 2 * frame {
		samples := make([]byte, 2*frame) // the last one is filled up with silence
		copy(samples, pcm[at:])
		n := opusEncode(e, &samples[0], frame, &buf[0], int32(len(buf)))
		if n < 0 {
			return nil, fmt.Errorf("opus_encode: %d", n)
		}
		if n <= 2 {
			continue // DTX: nothing is sent (opus_encode's manual)
		}
		be := binary.BigEndian
		out = be.AppendUint16(out, uint16(12+n))
		out = append(out, 0x80, payloadType)
		out = be.AppendUint16(out, seq)
		out = be.AppendUint32(out, uint32(at/2))
		out = be.AppendUint32(out, ssrc)
		out = append(out, buf[:n]...)
		seq++
	}
	return out, nil
}

// Command mkrtp makes the RTP fixtures of package testdata out of its voices: Opus by the system's libopus, G.711 and L16 as
// sox encoded them, each packet behind two bytes of its length (RFC 4571). make.sh calls it.
//
//	mkrtp voice SSRC VOICE.wav OUT.rtp
//	mkrtp streams VOICE.wav OTHER.wav VOICE.ul VOICE.l16 DIR
//	mkrtp version
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("mkrtp: ")
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	lib, err := openLibrary()
	if err != nil {
		return err
	}
	switch {
	case len(args) == 4 && args[0] == "voice":
		return voice(lib, args[1], args[2], args[3])
	case len(args) == 6 && args[0] == "streams":
		return streams(lib, args[1:5], args[5])
	case len(args) == 1 && args[0] == "version":
		fmt.Println(lib.version())
		return nil
	}
	return fmt.Errorf("arguments %q: want voice SSRC VOICE.wav OUT.rtp, streams VOICE.wav OTHER.wav VOICE.ul VOICE.l16 DIR, or version", args)
}

// voice encodes a whole WAV as a live sender would.
func voice(lib *library, ssrc, in, out string) error {
	n, err := strconv.ParseUint(ssrc, 0, 32)
	if err != nil {
		return err
	}
	pcm, err := readWAV(in)
	if err != nil {
		return err
	}
	e, err := lib.encoder(1, applicationVoIP, map[int]int{setBitrate: 32000, setInbandFEC: 1, setPacketLoss: 10})
	if err != nil {
		return err
	}
	s := &sender{payloadType: opusType, ssrc: uint32(n)}
	if err := s.encode(e, pcm, 960); err != nil {
		return err
	}
	return os.WriteFile(out, s.framed, 0o644)
}

// streams makes the streams that are hard on a receiver.
func streams(lib *library, in []string, dir string) error {
	var src source
	var err error
	for i, into := range []*[]int16{&src.voice, &src.other} {
		if *into, err = readWAV(in[i]); err != nil {
			return err
		}
	}
	for i, into := range []*[]byte{&src.muLaw, &src.l16} {
		if *into, err = os.ReadFile(in[2+i]); err != nil {
			return err
		}
	}
	for i, h := range hard {
		// Sequence numbers and timestamps wrap within every stream.
		s := &sender{payloadType: h.payloadType, ssrc: uint32(11 + i), seq: 65530, timestamp: 1<<32 - 4800}
		if err := h.send(s, lib, src); err != nil {
			return fmt.Errorf("%s: %w", h.name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, h.name+".rtp"), s.framed, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// readWAV reads the samples of one of make.sh's files: a header of 44 bytes, 48 kHz, mono.
func readWAV(name string) ([]int16, error) {
	p, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if len(p) < 44 {
		return nil, fmt.Errorf("%s: %d bytes, want a header of 44", name, len(p))
	}
	pcm := make([]int16, (len(p)-44)/2)
	for i := range pcm {
		pcm[i] = int16(uint16(p[44+2*i]) | uint16(p[45+2*i])<<8)
	}
	return pcm, nil
}

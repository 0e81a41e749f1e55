package main

// source is what the hard streams are made of.
type source struct {
	voice, other []int16 // at 48 kHz
	muLaw        []byte  // the voice at 8 kHz
	l16          []byte  // the voice at 16 kHz, big-endian
}

// hard are the streams that are hard on a receiver, each for its own reason. Package testdata says what.
var hard = []struct {
	name        string
	payloadType byte
	send        func(*sender, *library, source) error
}{
	{"opus-stereo-20ms", opusType, func(s *sender, lib *library, src source) error {
		e, err := lib.encoder(2, applicationAudio, map[int]int{setBitrate: 64000})
		if err != nil {
			return err
		}
		return s.encode(e, both(src, 0, 3000), 960)
	}},
	{"opus-silk-60ms", opusType, func(s *sender, lib *library, src source) error {
		e, err := lib.encoder(1, applicationVoIP, map[int]int{setBitrate: 24000, setBandwidth: bandwidthWide, setForceMode: modeSILK})
		if err != nil {
			return err
		}
		return s.encode(e, ms(src.voice, 0, 3960), 2880)
	}},
	{"opus-celt-2.5ms", opusType, func(s *sender, lib *library, src source) error {
		e, err := lib.encoder(1, applicationLowDelay, map[int]int{setBitrate: 64000})
		if err != nil {
			return err
		}
		return s.encode(e, ms(src.voice, 0, 2500), 120)
	}},
	{"opus-dtx", opusType, func(s *sender, lib *library, src source) error {
		e, err := lib.encoder(1, applicationVoIP, map[int]int{setBitrate: 24000, setDTX: 1})
		if err != nil {
			return err
		}
		// The end of the first sentence, a pause longer than speakers make, the beginning of the second.
		pcm := append(ms(src.voice, 1460, 2910), make([]int16, 1200*rate/1000)...)
		return s.encode(e, append(pcm, ms(src.voice, 3210, 4560)...), 960)
	}},
	{"opus-changes", opusType, func(s *sender, lib *library, src source) error {
		e, err := lib.encoder(2, applicationAudio, map[int]int{setBitrate: 48000})
		if err != nil {
			return err
		}
		for _, part := range []struct{ from, to, channels, frames int }{
			{0, 1000, 1, 960}, {1000, 1900, 2, 2880}, {1900, 2400, 2, 480}, {2400, 3000, 1, 1920},
		} {
			if err := e.set(map[int]int{setForceChannels: part.channels}); err != nil {
				return err
			}
			if err := s.encode(e, both(src, part.from, part.to), part.frames); err != nil {
				return err
			}
		}
		return nil
	}},
	{"pcmu-20ms", muLawType, func(s *sender, _ *library, src source) error {
		s.cut(src.muLaw, 160, 160)
		return nil
	}},
	{"l16-10ms", l16Type, func(s *sender, _ *library, src source) error {
		s.cut(src.l16, 320, 160)
		return nil
	}},
}

// ms is a part of a voice, in milliseconds. The result has no room to grow into the voice.
func ms(voice []int16, from, to int) []int16 {
	a, b := from*rate/1000, to*rate/1000
	return voice[a:b:b]
}

// both has the voice on the left and the other on the right.
func both(src source, from, to int) (pcm []int16) {
	right := ms(src.other, from, to)
	for i, left := range ms(src.voice, from, to) {
		pcm = append(pcm, left, right[i])
	}
	return pcm
}

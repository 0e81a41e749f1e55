package codec

// opusUnits returns how many units of 2.5 ms an Opus packet stands for, from its table of contents (RFC 6716, 3.1 and 3.2).
func opusUnits(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, &PayloadError{"opus", 0, "want a byte at least"}
	}
	frames := 1
	switch p[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(p) < 2 {
			return 0, &PayloadError{"opus", len(p), "want the count of its frames"}
		}
		if frames = int(p[1] & 0x3F); frames == 0 {
			return 0, &PayloadError{"opus", len(p), "no frame in it"}
		}
	}
	units := frames * opusFrame[p[0]>>3]
	if units > opusMost {
		return 0, &PayloadError{"opus", len(p), "longer than 120 ms"}
	}
	return units, nil
}

const (
	opusUnit = 400 // units of 2.5 ms in a second
	opusMost = 48  // of them in a packet, 120 ms
)

// opusFrame is the length of a frame in units of 2.5 ms for each configuration (RFC 6716, table 2): SILK has 10, 20, 40 and
// 60 ms, hybrid 10 and 20 ms, CELT 2.5, 5, 10 and 20 ms.
var opusFrame = [32]int{
	4, 8, 16, 24, 4, 8, 16, 24, 4, 8, 16, 24,
	4, 8, 4, 8,
	1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8,
}

// opusHasFEC reports whether a packet carries the one before it. Only SILK does, alone or in a hybrid frame: its first frame begins
// with a bit for each 20 ms of it that says whether there is a voice, then one that says whether the frame before is in it
// once more (RFC 6716, 4.2.3 and 4.2.4); for the second channel of stereo likewise. These bits are equally likely, so the range
// coder leaves them as they are.
func opusHasFEC(p []byte) bool {
	frame := opusFirstFrame(p)
	if len(frame) == 0 || p[0]>>3 >= 16 {
		return false
	}
	voices := max(1, opusFrame[p[0]>>3]/8)
	has := frame[0]>>(7-voices)&1 != 0
	if stereo := p[0]&4 != 0; stereo {
		has = has || frame[0]>>(6-2*voices)&1 != 0
	}
	return has
}

// opusFirstFrame returns a packet from its first frame on (RFC 6716, 3.2), or nil if there is none.
func opusFirstFrame(p []byte) []byte {
	if len(p) == 0 {
		return nil
	}
	at := 1
	switch p[0] & 3 {
	case 2: // two frames, the first one's length before it
		at += opusLengthBytes(p[at:])
	case 3: // a count of frames, padding, and the lengths of all frames but the last where they differ
		if len(p) < 2 {
			return nil
		}
		count := p[1]
		at = 2
		if count&0x40 != 0 {
			for at < len(p) && p[at] == 255 {
				at++
			}
			at++
		}
		if count&0x80 != 0 {
			for range int(count&0x3F) - 1 {
				if at >= len(p) {
					return nil
				}
				at += opusLengthBytes(p[at:])
			}
		}
	}
	if at >= len(p) {
		return nil
	}
	return p[at:]
}

// opusLengthBytes is how many bytes the length at p takes.
func opusLengthBytes(p []byte) int {
	if len(p) > 0 && p[0] >= 252 {
		return 2
	}
	return 1
}

// opusFormat is what all Opus decoders know alike.
type opusFormat struct{ rate, channels int }

func (f opusFormat) ClockRate() int { return opusRate }

func (f opusFormat) Duration(p []byte) (int, error) {
	n, err := opusUnits(p)
	return n * f.rate / opusUnit, err
}

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

// opusHasFEC reports whether a packet may carry the one before it: only SILK does, alone or in a hybrid frame.
func opusHasFEC(p []byte) bool { return len(p) > 1 && p[0]>>3 < 16 }

// opusFormat is what all Opus decoders know alike.
type opusFormat struct{ rate, channels int }

func (f opusFormat) ClockRate() int { return opusRate }

func (f opusFormat) Duration(p []byte) (int, error) {
	n, err := opusUnits(p)
	return n * f.rate / opusUnit, err
}

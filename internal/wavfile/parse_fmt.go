package wavfile

import (
	"encoding/binary"
	"math"
)

// takeFmt reads the fmt chunk, drawn at [fmtPlain], and refuses what is not integer PCM in whole bytes. It does not look
// at the bytes per second, which many writers get wrong and nobody needs.
func (w *walker) takeFmt(c chunk) error {
	if c.bytes < fmtPlain {
		return w.error(c, "size", c.bytes, fmtPlain, "at least")
	}
	p, err := w.read(c.body, min(c.bytes, fmtExtensible))
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	tag := int64(le.Uint16(p[0:]))
	if tag == tagExtensible {
		if len(p) < fmtExtensible {
			return w.error(c, "size", c.bytes, fmtExtensible, "at least")
		}
		if string(p[26:fmtExtensible]) == guidTail {
			tag = int64(le.Uint16(p[24:]))
		}
	}
	channels, rate := int64(le.Uint16(p[2:])), int64(le.Uint32(p[4:]))
	align, bits := int64(le.Uint16(p[12:])), int64(le.Uint16(p[14:]))
	switch {
	case tag != tagPCM:
		return w.error(c, "format", tag, tagPCM, "")
	case channels == 0:
		return w.error(c, "channels", channels, 1, "at least")
	case rate == 0:
		return w.error(c, "sample rate", rate, 1, "at least")
	case rate > math.MaxInt32: // or it would not fit an int everywhere
		return w.error(c, "sample rate", rate, math.MaxInt32, "at most")
	case bits == 0 || bits%8 != 0:
		return w.error(c, "bits per sample", bits, 8, "a multiple of")
	case bits > 32:
		return w.error(c, "bits per sample", bits, 32, "at most")
	case align != channels*bits/8:
		return w.error(c, "block align", align, channels*bits/8, "")
	}
	w.info.SampleRate, w.info.Channels, w.info.BitsPerSample = int(rate), int(channels), int(bits)
	w.haveFmt = true
	return nil
}

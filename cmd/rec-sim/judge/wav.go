package judge

import (
	"encoding/binary"
	"fmt"
	"io"
)

// wav is where a file's samples are.
type wav struct {
	channels, bits int
	at, bytes      int64
}

const allOnes = 0xffffffff

// readWAV walks the chunks of a RIFF or RF64 file. It believes sizes only as far as the file goes.
func readWAV(r io.ReaderAt, size int64) (wav, error) {
	var w wav
	head := make([]byte, 12)
	if _, err := r.ReadAt(head, 0); err != nil {
		return w, fmt.Errorf("read RIFF header: %w", err)
	}
	form := string(head[:4])
	if form != "RIFF" && form != "RF64" || string(head[8:]) != "WAVE" {
		return w, fmt.Errorf("begins with %q", head)
	}
	wide := int64(-1) // size of the samples according to ds64
	for pos := int64(12); pos+8 <= size; {
		c := make([]byte, 8)
		if _, err := r.ReadAt(c, pos); err != nil {
			return w, fmt.Errorf("read chunk header at %d: %w", pos, err)
		}
		id, n := string(c[:4]), int64(binary.LittleEndian.Uint32(c[4:]))
		body := pos + 8
		switch id {
		case "ds64":
			p := make([]byte, 16)
			if _, err := r.ReadAt(p, body); err != nil {
				return w, fmt.Errorf("read ds64 at %d: %w", body, err)
			}
			wide = int64(binary.LittleEndian.Uint64(p[8:]))
		case "fmt ":
			p := make([]byte, 16)
			if _, err := r.ReadAt(p, body); err != nil {
				return w, fmt.Errorf("read fmt at %d: %w", body, err)
			}
			w.channels, w.bits = int(binary.LittleEndian.Uint16(p[2:])), int(binary.LittleEndian.Uint16(p[14:]))
		case "data":
			if form == "RF64" && n == allOnes {
				n = wide
			}
			w.at, w.bytes = body, n
			return w, w.check(size)
		}
		pos = body + n + n%2
	}
	return w, fmt.Errorf("no data chunk in %d bytes", size)
}

func (w wav) check(size int64) error {
	switch {
	case w.channels < 1 || w.bits != 16:
		return fmt.Errorf("%d channels of %d bits", w.channels, w.bits)
	case w.bytes < 0 || w.bytes > size-w.at:
		return fmt.Errorf("data chunk of %d bytes at %d in a file of %d", w.bytes, w.at, size)
	case w.bytes%int64(2*w.channels) != 0:
		return fmt.Errorf("%d bytes of samples for %d channels", w.bytes, w.channels)
	case w.at+w.bytes != size:
		return fmt.Errorf("%d bytes behind the samples", size-w.at-w.bytes)
	}
	return nil
}

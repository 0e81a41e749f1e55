package judge

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc64"
	"io"
	"os"
)

// nvme is CRC-64/NVME, in the reversed notation of hash/crc64.
var nvme = crc64.MakeTable(0x9a6c9329ac4bc9b5)

// found is what listening to a file showed.
type found struct {
	samples  int64 // outside of gaps
	good     int64 // of those, as they were recorded
	bad      int64
	firstBad int64 // -1 if none is
	hidden   int64 // start of the first gap that covers accepted samples, or -1
	refused  int64 // samples in gaps that stand for refused writes
}

// listen reads the whole file and compares every sample outside of gaps with the signal that was recorded.
func (t *track) listen(acked int64) (found, error) {
	res := found{firstBad: -1, hidden: -1}
	f, err := os.Open(t.path)
	if err != nil {
		return res, err
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return res, err
	}
	w, err := readWAV(f, info.Size())
	if err != nil {
		return res, err
	}
	step := int64(2 * w.channels)
	if w.bytes/step != t.samples || info.Size() != t.bytes {
		return res, fmt.Errorf("%d samples in %d bytes, manifest says %d in %d", w.bytes/step, info.Size(), t.samples, t.bytes)
	}
	sum := crc64.New(nvme)
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, info.Size())); err != nil {
		return res, err
	}
	if got := fmt.Sprintf("%016x", sum.Sum64()); got != t.crc {
		return res, fmt.Errorf("CRC-64/NVME %s, manifest says %s", got, t.crc)
	}
	return t.compare(w, bufio.NewReaderSize(io.NewSectionReader(f, w.at, w.bytes), 1<<20), acked)
}

func (t *track) compare(w wav, r io.Reader, acked int64) (found, error) {
	res := found{firstBad: -1, hidden: -1}
	frame := make([]byte, 2*w.channels)
	gaps := t.gaps
	for i := int64(0); i < t.samples; i++ {
		if _, err := io.ReadFull(r, frame); err != nil {
			return res, err
		}
		for len(gaps) > 0 && i >= gaps[0].Start+gaps[0].Length {
			gaps = gaps[1:]
		}
		if len(gaps) > 0 && i >= gaps[0].Start {
			// Frames are sent one after the other without a pause, so silence before the last accepted sample is right only
			// where a write was refused.
			if gaps[0].refused() {
				res.refused++
			} else if res.samples < acked && res.hidden < 0 {
				res.hidden = gaps[0].Start
			}
			continue
		}
		res.samples++
		if int16(binary.LittleEndian.Uint16(frame)) == Sample(t.ordinal, i) {
			res.good++
			continue
		}
		if res.bad++; res.firstBad < 0 {
			res.firstBad = i
		}
	}
	return res, nil
}

// Sample is sample i of the test signal with that ordinal.
func Sample(ordinal int, i int64) int16 {
	return int16(uint16((uint32(i)*2654435761 + uint32(ordinal)*40503) >> 16))
}

package wavfile

import (
	"encoding/binary"
	"math"
)

// A ds64 is the 64-bit sizes of an RF64, or where to find them.
type ds64 struct {
	seen  bool
	data  int64
	table chunk // entries of a name and a 64-bit size, for other chunks past 4 GiB
}

// maxTable bounds how many entries of that table are looked at.
const maxTable = 64

const tableEntry = 12

func (w *walker) takeDS64(c chunk) error {
	if c.bytes < ds64Size {
		return w.error(c, "size", c.bytes, ds64Size, "at least")
	}
	p, err := w.read(c.body, ds64Size)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	if riff := clip(le.Uint64(p[0:])); riff <= math.MaxInt64-chunkHeader {
		w.riffEnd = riff + chunkHeader
	}
	w.ds64 = ds64{seen: true, data: clip(le.Uint64(p[8:]))}
	entries := min(int64(le.Uint32(p[24:])), (c.bytes-ds64Size)/tableEntry, maxTable)
	w.ds64.table = chunk{at: c.at, body: c.body + ds64Size, bytes: entries * tableEntry}
	return nil
}

// size64 returns the length of the body of a chunk whose 32-bit size refers to ds64.
func (w *walker) size64(c chunk) (int64, error) {
	if c.is("data") && w.ds64.seen {
		return w.ds64.data, nil
	}
	p, err := w.read(w.ds64.table.body, w.ds64.table.bytes)
	for ; err == nil && len(p) >= tableEntry; p = p[tableEntry:] {
		if [4]byte(p) == c.id {
			return clip(binary.LittleEndian.Uint64(p[4:])), nil
		}
	}
	return c.bytes, err // what is not in the table has the size it says
}

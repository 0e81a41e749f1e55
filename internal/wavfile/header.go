package wavfile

import (
	"encoding/binary"
	"math"
)

const (
	// HeaderSize is the length of the header area in bytes: the first sample is at this offset.
	HeaderSize = 4096

	// ReservedOffset and ReservedSize, in bytes, bound the part of the header area that belongs to the caller.
	ReservedOffset = 1024
	ReservedSize   = 3064 // up to the data chunk

	// MaxDataBytes is the largest length of samples a header can state: past it, the file's size leaves an int64.
	MaxDataBytes = math.MaxInt64 - HeaderSize
)

// Containers, as the manifest names them.
const (
	ContainerWAV  = "wav"  // RIFF, with 32-bit sizes
	ContainerRF64 = "rf64" // RF64 or BW64, with 64-bit sizes
)

const opEncode = "encode header"

// Where each chunk begins. Chunks start at even offsets and follow each other without gaps.
const (
	chunkHeader = 8 // name and size

	riffAt = 0
	ds64At = 12
	bextAt = ds64At + chunkHeader + ds64Size
	fmtAt  = bextAt + chunkHeader + bextSize
	dataAt = HeaderSize - chunkHeader

	ds64Size = 28 // without a table: that one is for further chunks past 4 GiB, and we have none

	// unknown32 stands in a 32-bit size whose value is in ds64 (Tech 3306).
	unknown32 = math.MaxUint32
)

// The filler's chunk header must end where the reserved area begins or before, also after the longer fmt chunk; and the
// reserved area must end before data. An array of negative length does not compile.
var (
	_ [ReservedOffset - (fmtAt + chunkHeader + fmtExtensible + chunkHeader)]byte
	_ [dataAt - (ReservedOffset + ReservedSize)]byte
)

// A Header is what the first HeaderSize bytes of a recording say.
type Header struct {
	Format
	DataBytes int64 // length of the samples in bytes: a multiple of BlockAlign, at most MaxDataBytes
	Bext      Bext
}

// riffSize is the size field of the outermost chunk: the length of the file without its first eight bytes.
func (h *Header) riffSize() int64 { return HeaderSize - chunkHeader + h.DataBytes }

// rf64 reports whether the file has outgrown RIFF. Samples have two bytes, so the last size of a RIFF is 0xfffffffe and
// is never mistaken for unknown32.
func (h *Header) rf64() bool { return h.riffSize() > math.MaxUint32 }

// Container returns ContainerRF64 if the file needs 64-bit sizes, and ContainerWAV otherwise.
func (h Header) Container() string {
	if h.rf64() {
		return ContainerRF64
	}
	return ContainerWAV
}

// Encode writes the header area into dst. The reserved area is left as the caller filled it; every other byte is set.
// Encode does not allocate unless it fails. It fails with a *[HeaderError], which for a bad Format wraps a *[FormatError],
// and then has not touched dst.
func (h Header) Encode(dst *[HeaderSize]byte) error {
	if err := h.check(); err != nil {
		return err
	}
	clear(dst[:ReservedOffset])
	clear(dst[ReservedOffset+ReservedSize:])

	le := binary.LittleEndian
	riff, data := "RIFF", uint32(h.DataBytes)
	size := uint32(h.riffSize())
	if h.rf64() {
		riff, size, data = "RF64", unknown32, unknown32
		ds64 := putChunk(dst, ds64At, "ds64", ds64Size)
		le.PutUint64(ds64[0:], uint64(h.riffSize()))
		le.PutUint64(ds64[8:], uint64(h.DataBytes))
		le.PutUint64(ds64[16:], uint64(h.DataBytes/int64(h.BlockAlign()))) // sample frames
	} else {
		putChunk(dst, ds64At, "JUNK", ds64Size)
	}
	copy(dst[riffAt:], riff)
	le.PutUint32(dst[riffAt+4:], size)
	copy(dst[riffAt+8:], "WAVE")

	h.Bext.put(putChunk(dst, bextAt, "bext", bextSize))
	h.putFmt(putChunk(dst, fmtAt, "fmt ", h.fmtSize()))
	filler := h.fillerAt()
	putChunk(dst, filler, "JUNK", dataAt-filler-chunkHeader)
	putChunk(dst, dataAt, "data", 0)
	le.PutUint32(dst[dataAt+4:], data)
	return nil
}

// check returns nil if h can be encoded, or a *HeaderError. It builds the error only where it is returned, so that the
// usual way out costs no allocation.
func (h *Header) check() error {
	if err := h.Validate(); err != nil {
		return &HeaderError{Op: opEncode, Chunk: "fmt ", Offset: fmtAt, Err: err}
	}
	switch align := int64(h.BlockAlign()); {
	case h.DataBytes < 0:
		return h.refuseSize("at least", 0)
	case h.DataBytes > MaxDataBytes:
		return h.refuseSize("at most", MaxDataBytes)
	case h.DataBytes%align != 0:
		return h.refuseSize("a multiple of", align)
	}
	switch year := h.Bext.OriginationTime.UTC().Year(); { // it gets four digits
	case year < 0:
		return refuseYear(year, "at least", 0)
	case year > 9999:
		return refuseYear(year, "at most", 9999)
	}
	return nil
}

func (h *Header) refuseSize(rel string, want int64) error {
	return &HeaderError{Op: opEncode, Chunk: "data", Offset: dataAt, Field: "size", Got: h.DataBytes, Rel: rel, Want: want}
}

func refuseYear(year int, rel string, want int64) error {
	return &HeaderError{Op: opEncode, Chunk: "bext", Offset: bextAt, Field: "year", Got: int64(year), Rel: rel, Want: want}
}

// fillerAt is where the chunk that covers the reserved area begins: behind the fmt chunk.
func (h *Header) fillerAt() int { return fmtAt + chunkHeader + h.fmtSize() }

// putChunk writes a chunk's name and size, and returns its body.
func putChunk(dst *[HeaderSize]byte, at int, id string, size int) []byte {
	copy(dst[at:at+4], id)
	binary.LittleEndian.PutUint32(dst[at+4:], uint32(size))
	return dst[at+chunkHeader : at+chunkHeader+size]
}

package wavfile

import (
	"encoding/binary"
	"math"
)

// Decode reads the header area of a recording of ours from the first HeaderSize bytes of p; what follows them is not
// looked at, and neither is the reserved area. It accepts what [Header.Encode] writes and nothing else: if Decode
// returns no error, encoding the result gives the same bytes again. DataBytes is what the header says, which during a
// recording, or after a crash, is less than what the file holds; after a loss of power it may be more.
//
// The error is a *[HeaderError]. Texts and times are as they were stored: ASCII, cut, whole seconds, UTC.
func Decode(p []byte) (Header, error) {
	if len(p) < HeaderSize {
		return Header{}, &HeaderError{Op: opDecode, Field: "length", Got: int64(len(p)), Want: HeaderSize, Rel: "at least"}
	}
	d := decoder{p: (*[HeaderSize]byte)(p)}
	h := d.header()
	if d.err == nil {
		d.compare(&h)
	}
	if d.err != nil {
		return Header{}, d.err
	}
	return h, nil
}

const opDecode = "decode header"

// A decoder reads one header area and keeps the first thing that is wrong with it.
type decoder struct {
	p   *[HeaderSize]byte
	err error
}

// header goes through the chunks in order, and gives each kind of damage its own words. What it does not look at is left
// to compare.
func (d *decoder) header() Header {
	var h Header
	le := binary.LittleEndian
	rf64 := string(d.p[riffAt:riffAt+4]) == "RF64"
	sizes := "JUNK"
	if rf64 {
		sizes = "ds64"
	} else {
		d.id("RIFF", riffAt, riffAt, "RIFF")
	}
	d.id("RIFF", riffAt, riffAt+8, "WAVE")
	d.chunk(sizes, ds64At, ds64Size)
	d.chunk("bext", bextAt, bextSize)

	h.Channels = int(le.Uint16(d.p[fmtAt+chunkHeader+2:]))
	h.SampleRate = int(le.Uint32(d.p[fmtAt+chunkHeader+4:]))
	if err := h.Validate(); err != nil {
		d.fail(&HeaderError{Chunk: "fmt ", Offset: fmtAt, Err: err})
	}
	d.chunk("fmt ", fmtAt, h.fmtSize())
	filler := h.fillerAt()
	d.chunk("JUNK", filler, dataAt-filler-chunkHeader)
	d.id("data", dataAt, dataAt, "data")

	h.DataBytes = int64(le.Uint32(d.p[dataAt+4:]))
	riff := int64(le.Uint32(d.p[riffAt+4:]))
	if rf64 {
		d.equal("RF64", riffAt, "size", riff, unknown32)
		d.equal("data", dataAt, "size", h.DataBytes, unknown32)
		riff = clip(le.Uint64(d.p[ds64At+chunkHeader:]))
		h.DataBytes = clip(le.Uint64(d.p[ds64At+chunkHeader+8:]))
	}
	if h.DataBytes > MaxDataBytes { // or the sum below would wrap
		d.fail(&HeaderError{Chunk: sizes, Offset: ds64At, Field: "data size", Got: h.DataBytes, Want: MaxDataBytes, Rel: "at most"})
		return h
	}
	if !rf64 {
		d.equal("RIFF", riffAt, "size", riff, h.riffSize()) // a page torn between its ends shows here
	} else {
		d.equal("ds64", ds64At, "RIFF size", riff, h.riffSize())
	}
	h.Bext = readBext(d.p[bextAt+chunkHeader : bextAt+chunkHeader+bextSize])
	return h
}

// compare encodes h and looks for the first byte that differs, so that nothing Encode would not write gets by, whether
// or not the code above has thought of it.
func (d *decoder) compare(h *Header) {
	var want [HeaderSize]byte
	copy(want[ReservedOffset:], d.p[ReservedOffset:ReservedOffset+ReservedSize])
	if err := h.Encode(&want); err != nil {
		he := *err.(*HeaderError) // Encode returns no other type
		d.fail(&he)
		return
	}
	if want == *d.p {
		return
	}
	for i := range want {
		if want[i] != d.p[i] {
			d.fail(&HeaderError{Chunk: h.chunkOf(i), Offset: int64(i), Field: "byte", Got: int64(d.p[i]), Want: int64(want[i])})
			return
		}
	}
}

// chunkOf names the chunk that byte i of the header area belongs to.
func (h *Header) chunkOf(i int) string {
	switch {
	case i < ds64At:
		return "RIFF"
	case i < bextAt && h.rf64():
		return "ds64"
	case i < bextAt:
		return "JUNK"
	case i < fmtAt:
		return "bext"
	case i < h.fillerAt():
		return "fmt "
	case i < dataAt:
		return "JUNK"
	}
	return "data"
}

// fail keeps the first error.
func (d *decoder) fail(e *HeaderError) {
	if d.err == nil {
		e.Op = opDecode
		d.err = e
	}
}

func (d *decoder) equal(chunk string, at int, field string, got, want int64) {
	if got != want {
		d.fail(&HeaderError{Chunk: chunk, Offset: int64(at), Field: field, Got: got, Want: want})
	}
}

// id asks for four characters at idAt, on behalf of the chunk at chunkAt.
func (d *decoder) id(chunk string, chunkAt, idAt int, want string) {
	d.equal(chunk, chunkAt, "id", idValue(d.p[idAt:idAt+4]), idValue(want))
}

// chunk asks for a chunk of this name and size.
func (d *decoder) chunk(id string, at, size int) {
	d.id(id, at, at, id)
	d.equal(id, at, "size", int64(binary.LittleEndian.Uint32(d.p[at+4:])), int64(size))
}

// clip brings a 64-bit size from a file into an int64.
func clip(v uint64) int64 { return int64(min(v, math.MaxInt64)) }

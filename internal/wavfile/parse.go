package wavfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Info is what [Parse] finds out about a file.
type Info struct {
	Container     string // ContainerWAV or ContainerRF64
	SampleRate    int    // sample frames per second, at least 1
	Channels      int    // 1 to 65535
	BitsPerSample int    // as stored: 8 (unsigned), 16, 24 or 32 (signed)
	DataOffset    int64  // where the samples begin, in bytes from the start of the file
	DataBytes     int64  // how many bytes of samples there are; all lie within the file
	Bext          *Bext  // nil if there is none
}

// BlockAlign returns the size of a sample frame in bytes.
func (i Info) BlockAlign() int { return i.Channels * (i.BitsPerSample / 8) }

// Frames returns the number of whole sample frames.
func (i Info) Frames() int64 { return i.DataBytes / int64(i.BlockAlign()) }

const (
	opParse = "parse"

	// maxChunks ends the walk through a file that is nothing but chunks. Real files have tens.
	maxChunks = 4096

	// maxHistory bounds how much of somebody's coding history is read, in bytes.
	maxHistory = 4096
)

// Parse reads the headers of a WAV, RF64 or BW64 file of the given size in bytes: integer PCM of 8, 16, 24 or 32 bits,
// in the plain or the extensible form. It reads the chunk headers and the few bodies it needs, never the samples, and
// its memory does not depend on what the file says.
//
// It puts up with what is found in the wild: unknown chunks in any order, chunks of odd length without their padding
// byte, a wrong RIFF size, a data size of ffffffff in a plain WAV (a stream: the samples go on to the end of the file),
// damage behind the samples. It does not put up with a data chunk longer than the file.
//
// The error is a *[HeaderError] when the file is damaged or of another kind, and wraps the error of r when that fails.
func Parse(r io.ReaderAt, size int64) (Info, error) {
	w := walker{r: r, size: size}
	if err := w.walk(); err != nil {
		return Info{}, err
	}
	return w.info, nil
}

// A walker goes from chunk to chunk.
type walker struct {
	r    io.ReaderAt
	size int64 // of the file
	info Info

	riffEnd  int64 // where the outermost chunk says it ends
	ds64     ds64
	haveFmt  bool
	haveData bool

	buf [bextFields + maxHistory]byte // bodies are read here
}

// A chunk is where a body is, and how long.
type chunk struct {
	id    [4]byte // not a string, which would be an allocation for each chunk of a file that may have thousands
	at    int64   // of the chunk header
	body  int64
	bytes int64
}

func (c *chunk) is(id string) bool { return string(c.id[:]) == id }

func (w *walker) walk() error {
	if err := w.riff(); err != nil {
		return err
	}
	pos, err := int64(ds64At), error(nil)
	for n := 0; err == nil && pos <= w.end()-chunkHeader && !w.done(); n++ {
		pos, err = w.step(pos, n)
	}
	if err != nil {
		var damage *HeaderError
		if errors.As(err, &damage) && w.haveFmt && w.haveData {
			return nil // only a description was still to be found, and it is not worth refusing the samples
		}
		return err
	}
	switch {
	case !w.haveFmt:
		return &HeaderError{Op: opParse, Field: "number of fmt chunks", Want: 1}
	case !w.haveData:
		return &HeaderError{Op: opParse, Field: "number of data chunks", Want: 1}
	}
	return nil
}

// step deals with the chunk at pos, before which there were n, and returns where the next one begins.
func (w *walker) step(pos int64, n int) (int64, error) {
	c, err := w.next(pos)
	if err != nil {
		return 0, err
	}
	if n == maxChunks {
		return 0, w.error(c, "number", maxChunks+1, maxChunks, "at most")
	}
	if err := w.take(c); err != nil {
		return 0, err
	}
	return w.after(c)
}

// riff reads the twelve bytes every file begins with.
func (w *walker) riff() error {
	if w.size < ds64At {
		return &HeaderError{Op: opParse, Field: "length", Got: w.size, Want: ds64At, Rel: "at least"}
	}
	p, err := w.read(0, ds64At)
	if err != nil {
		return err
	}
	w.info.Container = ContainerRF64
	switch id := string(p[0:4]); id {
	case "RF64", "BW64":
	case "RIFF":
		w.info.Container = ContainerWAV
	default:
		return &HeaderError{Op: opParse, Chunk: "RIFF", Field: "id", Got: idValue(id), Want: idValue("RIFF")}
	}
	if id := p[8:12]; string(id) != "WAVE" {
		return &HeaderError{Op: opParse, Chunk: "RIFF", Field: "id", Got: idValue(id), Want: idValue("WAVE")}
	}
	w.riffEnd = chunkHeader + int64(binary.LittleEndian.Uint32(p[4:]))
	return nil
}

func (w *walker) done() bool { return w.haveFmt && w.haveData && w.info.Bext != nil }

// end is where the walk ends. Up to the samples it is the end of the file, as the RIFF size is often wrong. Behind them
// it is the RIFF size if that makes sense: what follows may be samples that the header does not count yet.
func (w *walker) end() int64 {
	if w.haveData && w.riffEnd >= w.info.DataOffset+w.info.DataBytes {
		return min(w.size, w.riffEnd)
	}
	return w.size
}

// next reads the chunk header at pos, of which all eight bytes are in the file, and finds out how long the body is.
func (w *walker) next(pos int64) (chunk, error) {
	p, err := w.read(pos, chunkHeader)
	if err != nil {
		return chunk{}, err
	}
	c := chunk{id: [4]byte(p), at: pos, body: pos + chunkHeader, bytes: int64(binary.LittleEndian.Uint32(p[4:]))}
	left := w.size - c.body
	if c.bytes == unknown32 {
		if w.info.Container == ContainerRF64 {
			c.bytes, err = w.size64(c)
		} else if c.is("data") {
			c.bytes = left
		}
	}
	if err == nil && c.bytes > left {
		err = w.error(c, "size", c.bytes, left, "at most")
	}
	return c, err
}

// take reads the body of a chunk that has something to say, the first of its name.
func (w *walker) take(c chunk) error {
	switch {
	case c.is("ds64") && !w.ds64.seen:
		return w.takeDS64(c)
	case c.is("fmt ") && !w.haveFmt:
		return w.takeFmt(c)
	case c.is("bext") && w.info.Bext == nil && c.bytes >= bextFields:
		p, err := w.read(c.body, min(c.bytes, bextFields+maxHistory))
		if err != nil {
			return err
		}
		b := readBext(p)
		w.info.Bext = &b
	case c.is("data") && !w.haveData:
		w.info.DataOffset, w.info.DataBytes = c.body, c.bytes
		w.haveData = true
	}
	return nil
}

// after returns where the chunk behind c begins. A body of odd length is followed by a padding byte, which some writers
// forget; what begins with a name known here was not padded.
func (w *walker) after(c chunk) (int64, error) {
	end := c.body + c.bytes
	if c.bytes%2 == 0 || end > w.size-chunkHeader {
		return end + c.bytes%2, nil
	}
	p, err := w.read(end, 4)
	if err != nil {
		return 0, err
	}
	switch string(p) {
	case "fmt ", "data", "bext", "ds64", "fact", "LIST", "JUNK":
		return end, nil
	}
	return end + 1, nil
}

// read returns n bytes at off, which are in the file. They are valid until the next read.
func (w *walker) read(off, n int64) ([]byte, error) {
	p := w.buf[:n]
	if got, err := w.r.ReadAt(p, off); int64(got) < n {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // the file is shorter than the caller said
		}
		return nil, fmt.Errorf("wavfile: parse: read %d bytes at %d of %d: %w", n, off, w.size, err)
	}
	return p, nil
}

func (w *walker) error(c chunk, field string, got, want int64, rel string) error {
	return &HeaderError{Op: opParse, Chunk: string(c.id[:]), Offset: c.at, Field: field, Got: got, Want: want, Rel: rel}
}

package wavfile

import (
	"fmt"
	"strings"
)

// A HeaderError says which part of a header is not as it must be. It is about bytes and values only: when reading fails,
// [Parse] wraps the reader's error instead.
type HeaderError struct {
	Op     string // "encode header", "decode header" or "parse"
	Chunk  string // name of the chunk, as it is or as it should be: "RIFF", "ds64", "fmt ", "data"…; "" for the whole
	Field  string // what is wrong in it: "id", "size", "bits per sample"…
	Offset int64  // where the chunk begins, or for the Field "byte" the byte; in bytes from the start of the file

	// Got was found, or was given to Encode. Want is what it must be, or a bound if Rel says so. For the Field "id" both
	// are the four characters, the first one highest. Sizes that do not fit are given as the largest int64.
	Got, Want int64
	Rel       string // "", "at least", "at most", "a multiple of"

	Err error // if not nil, says it instead of Field, Got and Want
}

func (e *HeaderError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "wavfile: %s: ", e.Op)
	if e.Chunk != "" {
		fmt.Fprintf(&b, "%s chunk at %d: ", strings.TrimRight(e.Chunk, " "), e.Offset)
	}
	switch {
	case e.Err != nil:
		b.WriteString(e.Err.Error())
	case e.Field == "id":
		fmt.Fprintf(&b, "id %q, want %q", fourCC(e.Got), fourCC(e.Want))
	case e.Field == "byte":
		fmt.Fprintf(&b, "byte %#02x, want %#02x", e.Got, e.Want)
	default:
		fmt.Fprintf(&b, "%s %d, want ", e.Field, e.Got)
		if e.Rel != "" {
			b.WriteString(e.Rel + " ")
		}
		fmt.Fprintf(&b, "%d", e.Want)
	}
	return b.String()
}

// Unwrap returns e.Err, for instance a *FormatError.
func (e *HeaderError) Unwrap() error { return e.Err }

// fourCC is the inverse of idValue.
func fourCC(v int64) string {
	return string([]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// idValue is a chunk name as a number, so that a HeaderError can hold it. It reads four bytes.
func idValue[T string | []byte](id T) int64 {
	return int64(id[0])<<24 | int64(id[1])<<16 | int64(id[2])<<8 | int64(id[3])
}

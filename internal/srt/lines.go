package srt

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// MaxLine is the longest line that [ParseSRT] and [ParseVTT] read, in bytes, without its LF. The writers never write one
// as long: [Clean] breaks lines long before that.
const MaxLine = 1 << 20

// A SyntaxError says where a subtitle file is not as [WriteSRT] or [WriteVTT] would have written it. It is found with
// errors.As in what the parsers return.
type SyntaxError struct {
	Line int    // counted from 1; one more than the file has when it ends too early
	What string // what is wrong there, with the offending text quoted in part
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// lines reads a file line by line and knows where it is. It holds no more than one line in memory.
type lines struct {
	r   *bufio.Reader
	n   int // the number of the line read last
	buf []byte
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReader(r)} }

// next returns the next line without its LF, or io.EOF if the file ended with the line before. A last line without LF is
// a torn one, and so a SyntaxError.
func (l *lines) next() (string, error) {
	l.n++
	l.buf = l.buf[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		l.buf = append(l.buf, part...)
		switch {
		case err == nil && len(l.buf) <= MaxLine+1:
			return string(l.buf[:len(l.buf)-1]), nil
		case len(l.buf) > MaxLine:
			return "", l.wrong("longer than %d bytes", MaxLine)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(l.buf) > 0:
			return "", l.wrong("file ends inside the line %s", quote(string(l.buf)))
		case err == io.EOF:
			return "", io.EOF
		default:
			return "", fmt.Errorf("line %d: read: %w", l.n, err)
		}
	}
}

// must is next where the file may not end; want names what should come.
func (l *lines) must(want string) (string, error) {
	line, err := l.next()
	if err == io.EOF {
		return "", l.wrong("file ends, want %s", want)
	}
	return line, err
}

// wrong returns a SyntaxError about the line read last.
func (l *lines) wrong(format string, args ...any) error {
	return &SyntaxError{Line: l.n, What: fmt.Sprintf(format, args...)}
}

// quote quotes the start of a line: errors are read by people, and the line may be a mebibyte.
func quote(s string) string {
	const enough = 60
	if len(s) <= enough {
		return strconv.Quote(s)
	}
	return strconv.Quote(s[:enough]) + "…"
}

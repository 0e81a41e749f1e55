// Package dump reads RTP and RTCP packets out of captures: pcap and pcapng as tcpdump and Wireshark write them, and RFC 4571's
// framing, which holds packets and nothing else.
//
// A [Reader] goes through a file once, in memory that doesn't grow with it. What it can't use it skips and counts; where a
// file breaks off or makes no sense it ends with a [FormatError] that says where, after everything before that. A [Catalog]
// tells the streams apart that lie in one file.
package dump

import (
	"fmt"
	"io"
	"math"
	"net/netip"
	"time"
)

// Format is a kind of file.
type Format string

// The formats. Auto stands for whichever the first bytes tell.
const (
	Auto    Format = "auto"
	RFC4571 Format = "rfc4571"
	PCAP    Format = "pcap"
	PCAPNG  Format = "pcapng"
)

// Unknown is the arrival of a packet of which only the file's order is known.
const Unknown = time.Duration(math.MinInt64)

// Packet is an RTP or RTCP packet of a file.
type Packet struct {
	// Data is the packet without what carried it. It is overwritten by the next one.
	Data []byte
	// Arrival is when it was captured, since the first frame of the file that has a time. It may run backward where the
	// capturing machine's clock was set; Unknown in a file that keeps no times.
	Arrival time.Duration
	// RTCP tells that it isn't RTP, by RFC 5761, section 4.
	RTCP bool
	// From and To are the addresses of its datagram; zero if the file keeps none.
	From, To netip.AddrPort
	// Offset is where its record begins in the file, in bytes.
	Offset int64
}

// Reason is why something in a file was skipped.
type Reason string

// The reasons, outermost layer first.
const (
	SkipLink      Reason = "of an unknown link type"
	SkipCut       Reason = "cut short by the capture"
	SkipMalformed Reason = "malformed"
	SkipNotIP     Reason = "not IP"
	SkipFragment  Reason = "IP fragment"
	SkipNotUDP    Reason = "not UDP"
	SkipEmpty     Reason = "empty"
	SkipNotRTP    Reason = "not RTP"
)

// FormatError says where a file can't be read any further, and why.
type FormatError struct {
	Format Format
	Offset int64  // bytes from the file's beginning to what is wrong
	What   string // that is wrong, with numbers
	Err    error  // of the reader, io.ErrUnexpectedEOF where the file is cut off; may be nil
}

func (e *FormatError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("read %s at byte %d: %s: %v", e.Format, e.Offset, e.What, e.Err)
	}
	return fmt.Sprintf("read %s at byte %d: %s", e.Format, e.Offset, e.What)
}

func (e *FormatError) Unwrap() error { return e.Err }

// frame is a record of a file: a packet of RFC 4571, or whatever a capture saw on its wire.
type frame struct {
	data   []byte // overwritten by the next one
	at     int64  // ns since 1970, or unknownAt
	link   uint32 // one of the link… constants
	cut    bool   // the capture kept less of it than there was
	offset int64
}

const unknownAt = math.MinInt64

// file reads the records of one format. Its error is io.EOF at the end, and otherwise a *FormatError.
type file interface {
	next() (frame, error)
}

// input counts what it reads.
type input struct {
	r      io.Reader
	format Format
	offset int64
}

// fill reads len(p) bytes of what, which begins here. At the end of the file it returns io.EOF if that may be here.
func (in *input) fill(p []byte, what string, mayEnd bool) error {
	n, err := io.ReadFull(in.r, p)
	in.offset += int64(n)
	switch {
	case err == nil:
		return nil
	case err == io.EOF && mayEnd:
		return io.EOF
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return &FormatError{Format: in.format, Offset: in.offset, What: what, Err: err}
}

// skip reads past n bytes of what.
func (in *input) skip(n int64, what string) error {
	got, err := io.CopyN(io.Discard, in.r, n)
	in.offset += got
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return &FormatError{Format: in.format, Offset: in.offset, What: what, Err: err}
	}
	return nil
}

// wrong is an error about what begins at that offset.
func (in *input) wrong(offset int64, format string, args ...any) error {
	return &FormatError{Format: in.format, Offset: offset, What: fmt.Sprintf(format, args...)}
}

package dump

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/ilenia-live/rec/internal/rtpwire"
)

// Reader goes through one file.
type Reader struct {
	in      *input
	file    file
	first   int64 // time of the first frame that has one
	skipped map[Reason]int64
}

// bufferBytes is what is read from the file at a time.
const bufferBytes = 64 << 10

// NewReader begins to read a file of that format; Auto goes by its first bytes. Its error is a *FormatError.
func NewReader(r io.Reader, format Format) (*Reader, error) {
	buffered := bufio.NewReaderSize(r, bufferBytes)
	start, err := buffered.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &FormatError{Format: format, What: "first bytes", Err: err}
	}
	if format == Auto || format == "" {
		if format = recognise(start); format == Auto {
			return nil, &FormatError{Format: Auto, What: "neither pcap, pcapng nor RTP packets framed as RFC 4571 has it"}
		}
	}
	d := &Reader{in: &input{r: buffered, format: format}, first: unknownAt, skipped: map[Reason]int64{}}
	switch format {
	case RFC4571:
		d.file = &framed{in: d.in}
	case PCAP:
		d.file, err = openPCAP(d.in)
	case PCAPNG:
		d.file, err = openPCAPNG(d.in)
	default:
		return nil, &FormatError{Format: format, What: "unknown format, want auto, rfc4571, pcap or pcapng"}
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	return d, nil
}

// recognise tells a format by the first four bytes, or Auto if it can't.
func recognise(p []byte) Format {
	if len(p) < 4 {
		return Auto
	}
	if _, _, ok := pcapKind(p); ok {
		return PCAP
	}
	if binary.BigEndian.Uint32(p) == blockSection { // reads the same in both byte orders
		return PCAPNG
	}
	// Two bytes of length, then the version of RTP and RTCP.
	if binary.BigEndian.Uint16(p) >= 8 && p[2]>>6 == 2 {
		return RFC4571
	}
	return Auto
}

// Format is what the file is.
func (d *Reader) Format() Format { return d.in.format }

// Offset is how many bytes of the file have been read.
func (d *Reader) Offset() int64 { return d.in.offset }

// Skip is how much of a file was passed over.
type Skip struct {
	Reason  Reason
	Packets int64
}

// Skipped says what was passed over so far, by reason.
func (d *Reader) Skipped() (list []Skip) {
	for _, why := range slices.Sorted(maps.Keys(d.skipped)) {
		list = append(list, Skip{why, d.skipped[why]})
	}
	return list
}

// Packets goes over the rest of the file's packets. If the file can't be read to its end, the last pair has no packet and a
// *FormatError.
func (d *Reader) Packets() iter.Seq2[Packet, error] {
	return func(yield func(Packet, error) bool) {
		for {
			f, err := d.file.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(Packet{}, err)
				return
			}
			p, why := d.packet(f)
			if why != "" {
				d.skipped[why]++
				continue
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}

// packet looks for RTP or RTCP in a frame, and says why there is none.
func (d *Reader) packet(f frame) (Packet, Reason) {
	p := Packet{Data: f.data, Arrival: Unknown, Offset: f.offset}
	if f.at != unknownAt {
		if d.first == unknownAt {
			d.first = f.at
		}
		p.Arrival = time.Duration(f.at - d.first)
	}
	if d.in.format != RFC4571 {
		var why Reason
		if p.Data, p.From, p.To, why = datagram(f); why != "" {
			return p, why
		}
	}
	if len(p.Data) == 0 {
		return p, SkipEmpty
	}
	if p.RTCP = rtpwire.IsRTCP(p.Data); p.RTCP {
		return p, ""
	}
	// On the same ports come STUN and DTLS, whose first bytes differ (RFC 7983), and whatever else a capture saw.
	if _, err := rtpwire.Parse(p.Data); err != nil {
		return p, SkipNotRTP
	}
	return p, ""
}

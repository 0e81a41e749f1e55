package wavfile

import (
	"encoding/binary"
	"time"
)

// The bext chunk after its name and size (EBU Tech 3285, version 1). Texts shorter than their field end at a NUL.
//
//	  0  Description           256
//	256  Originator             32
//	288  OriginatorReference    32
//	320  OriginationDate        10  "2026-11-23"
//	330  OriginationTime         8  "17:09:00"
//	338  TimeReference           8
//	346  Version                 2  1: there is a UMID field, and no loudness values (they came with version 2)
//	348  UMID                   64  zeros: none
//	412  Reserved              190  zeros
//	602  CodingHistory         310  lines ending in CR LF, then zeros
const (
	MaxDescription         = 256 // bytes; the same for the others
	MaxOriginator          = 32
	MaxOriginatorReference = 32
	MaxCodingHistory       = 310 // what the fixed places of the other chunks leave

	bextFields  = 602
	bextSize    = bextFields + MaxCodingHistory
	bextVersion = 1
)

// Bext is the Broadcast Wave description of a recording. On disk its texts are ASCII: each rune that is neither
// printable ASCII nor tab, CR or LF, and each byte that is not UTF-8, becomes one '?'; what does not fit is cut off.
// Control characters go because these texts come from outside and end up on terminals.
type Bext struct {
	Description         string // at most MaxDescription bytes are kept
	Originator          string // the organisation or device that recorded; MaxOriginator bytes
	OriginatorReference string // unambiguous within the originator; MaxOriginatorReference bytes
	CodingHistory       string // one CR LF terminated line for each coding step; MaxCodingHistory bytes

	// OriginationTime is when the first sample was taken. It is stored in UTC and in whole seconds (Tech 3285 names no
	// zone), in years 0 to 9999. The zero Time is stored as none.
	OriginationTime time.Time

	// TimeReference is the number of sample frames from midnight to the first sample.
	TimeReference uint64
}

// put writes the body of the bext chunk into p, which has bextSize bytes and is zero. The year has been checked.
func (b *Bext) put(p []byte) {
	putText(p[0:256], b.Description)
	putText(p[256:288], b.Originator)
	putText(p[288:320], b.OriginatorReference)
	if !b.OriginationTime.IsZero() {
		t := b.OriginationTime.UTC()
		year, month, day := t.Date()
		hour, minute, second := t.Clock()
		putDigits(p[320:324], year)
		p[324] = '-'
		putDigits(p[325:327], int(month))
		p[327] = '-'
		putDigits(p[328:330], day)
		putDigits(p[330:332], hour)
		p[332] = ':'
		putDigits(p[333:335], minute)
		p[335] = ':'
		putDigits(p[336:338], second)
	}
	binary.LittleEndian.PutUint64(p[338:], b.TimeReference) // low word first, so it is one 64-bit number
	binary.LittleEndian.PutUint16(p[346:], bextVersion)
	putText(p[bextFields:bextSize], b.CodingHistory)
}

// readBext reads the body of a bext chunk of at least bextFields bytes, ours or anybody's.
func readBext(p []byte) Bext {
	return Bext{
		Description:         text(p[0:256]),
		Originator:          text(p[256:288]),
		OriginatorReference: text(p[288:320]),
		OriginationTime:     origination(p[320:330], p[330:338]),
		TimeReference:       binary.LittleEndian.Uint64(p[338:]),
		CodingHistory:       text(p[bextFields:]),
	}
}

// putText writes s into the zeros of dst under the rule given at [Bext].
func putText(dst []byte, s string) {
	n := 0
	for _, r := range s { // a byte that is not UTF-8 comes out as one U+FFFD
		if n == len(dst) {
			return
		}
		if !inText(r) {
			r = '?'
		}
		dst[n] = byte(r)
		n++
	}
}

// text returns the text in a field, under the same rule, for what others wrote there.
func text(p []byte) string {
	clean := make([]byte, 0, 64)
	for _, c := range p {
		if c == 0 {
			break
		}
		if !inText(rune(c)) {
			c = '?'
		}
		clean = append(clean, c)
	}
	return string(clean)
}

func inText(r rune) bool {
	return r >= ' ' && r <= '~' || r == '\t' || r == '\r' || r == '\n'
}

// putDigits writes v with leading zeros over the whole of dst.
func putDigits(dst []byte, v int) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = byte('0' + v%10)
		v /= 10
	}
}

// origination reads date and time. Tech 3285 allows several separators, so none is asked for in particular. What is not
// a moment is the zero Time; a date without a time is its midnight.
func origination(date, clock []byte) time.Time {
	year, ok1 := digits(date[0:4])
	month, ok2 := digits(date[5:7])
	day, ok3 := digits(date[8:10])
	if !ok1 || !ok2 || !ok3 {
		return time.Time{}
	}
	hour, ok1 := digits(clock[0:2])
	minute, ok2 := digits(clock[3:5])
	second, ok3 := digits(clock[6:8])
	if !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 59 {
		hour, minute, second = 0, 0, 0
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if t.Month() != time.Month(month) || t.Day() != day {
		return time.Time{} // 30 February: time.Date would have made it March
	}
	return t
}

// digits returns the decimal number that fills p.
func digits(p []byte) (v int, ok bool) {
	for _, c := range p {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int(c-'0')
	}
	return v, true
}

package spool

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"github.com/ilenia-live/rec/internal/limits"
)

// Record is one entry of the journal. Exactly one of the three is set.
type Record struct {
	// Seq numbers the cues of a session from 1, so that a cue found in the ring and in the file counts once; 0 otherwise.
	Seq uint64 `json:"-"`
	Cue *Cue   `json:"cue,omitempty"`
	Gap *GapOf `json:"gap,omitempty"`
	End *End   `json:"end,omitempty"`
}

// Cue is one piece of a transcript, on the session's timeline.
type Cue struct {
	ID       string `json:"id,omitempty"`
	Channel  string `json:"channel"` // a channel's id, or "*" for every recorded channel
	Language string `json:"language,omitempty"`
	StartMs  int64  `json:"startMs"`
	EndMs    int64  `json:"endMs"`
	Text     string `json:"text"`
	Speaker  string `json:"speaker,omitempty"`
	Final    bool   `json:"final"`
	Revision int    `json:"revision,omitempty"`
}

// GapOf is a gap in the channel with that ordinal in Meta.Channels.
type GapOf struct {
	Channel int    `json:"ch"`
	N       uint64 `json:"n"`
	At      uint64 `json:"at"`
	Start   int64  `json:"start"`
	Length  int64  `json:"length"`
	Cause   string `json:"cause"`
	Kind    string `json:"kind,omitempty"` // "concealed" or "anchor"; of an anchor, length is nanoseconds
}

// End says that the host, or the recorder for it, ended the session: nothing was accepted after it.
type End struct {
	At time.Time `json:"at"`
	// LengthNs is how long the session lasted, in nanoseconds; channels that are shorter ended early.
	LengthNs int64  `json:"lengthNs"`
	Reason   string `json:"reason,omitempty"`
	// Abandoned is set when the host forgot the session.
	Abandoned bool `json:"abandoned,omitempty"`
}

// A journal, in the file as in the stage's ring, is a sequence of
//
//	0 length of the JSON, u32    4 crc-32c of bytes 8 to the end, u32    8 sequence, u64    16 JSON
const recordHeader = 16

// maxRecord is the longest record: a cue whose text is escaped byte by byte (six characters each) and the rest.
const maxRecord = recordHeader + 6*(limits.CueTextBytes+limits.CueIDBytes+limits.LabelBytes) + 1024

// The longest record must fit an empty ring, or it would never be accepted: this doesn't compile otherwise.
const _ uint = JournalRingBytes - maxRecord

// AppendRecord appends the encoded r to p.
func AppendRecord(p []byte, r Record) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return p, err
	}
	if n := recordHeader + len(body); n > maxRecord {
		return p, fmt.Errorf("journal record of %d bytes, limit %d", n, maxRecord)
	}
	start := len(p)
	le := binary.LittleEndian
	p = le.AppendUint32(p, uint32(len(body)))
	p = le.AppendUint32(p, 0)
	p = le.AppendUint64(p, r.Seq)
	p = append(p, body...)
	le.PutUint32(p[start+4:], crc32.Checksum(p[start+8:], castagnoli))
	return p, nil
}

// SplitRecord cuts the first record off p. ok is false when p holds no whole and valid record in front.
func SplitRecord(p []byte) (r Record, rest []byte, ok bool) {
	if len(p) < recordHeader {
		return r, p, false
	}
	le := binary.LittleEndian
	n := int64(le.Uint32(p))
	if n > maxRecord || recordHeader+n > int64(len(p)) {
		return r, p, false
	}
	whole := p[:recordHeader+n]
	if le.Uint32(p[4:]) != crc32.Checksum(whole[8:], castagnoli) {
		return r, p, false
	}
	if err := json.Unmarshal(whole[recordHeader:], &r); err != nil {
		return r, p, false
	}
	r.Seq = le.Uint64(p[8:])
	return r, p[len(whole):], true
}

// GapRecord is the journal's form of a gap.
func GapRecord(channel int, g Gap) Record {
	return Record{Gap: &GapOf{
		Channel: channel, N: g.N, At: g.At, Start: g.Start, Length: g.Length, Cause: g.Cause.String(), Kind: kindNames[g.Kind],
	}}
}

// Gap is the inverse of GapRecord.
func (g GapOf) Gap() (Gap, error) {
	gap := Gap{N: g.N, At: g.At, Start: g.Start, Length: g.Length, Kind: GapKind(slices.Index(kindNames[:], g.Kind))}
	var err error
	if gap.Kind != KindAnchor {
		gap.Cause, err = ParseCause(g.Cause)
	}
	if err == nil && !gap.valid() {
		err = fmt.Errorf("gap %d of channel %d: kind %q, start %d, length %d", g.N, g.Channel, g.Kind, g.Start, g.Length)
	}
	return gap, err
}

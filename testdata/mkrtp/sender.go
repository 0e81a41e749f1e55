package main

import "encoding/binary"

// Payload types: RFC 3551 gives G.711 its own, those from 96 on are agreed on by the parties.
const (
	muLawType = 0
	l16Type   = 97
	opusType  = 111
)

// sender makes RTP packets (RFC 3550, 5.1), framed as RFC 4571 has it.
type sender struct {
	payloadType byte
	ssrc        uint32
	seq         uint16
	timestamp   uint32
	silent      bool // nothing was sent for the time before
	framed      []byte
}

// send appends a packet of that many ticks. The first one after silence has the marker (RFC 3551, 4.1).
func (s *sender) send(payload []byte, ticks int) {
	marker := byte(0)
	if s.silent {
		marker = 0x80
	}
	be := binary.BigEndian
	s.framed = be.AppendUint16(s.framed, uint16(12+len(payload)))
	s.framed = append(s.framed, 0x80, marker|s.payloadType)
	s.framed = be.AppendUint16(s.framed, s.seq)
	s.framed = be.AppendUint32(s.framed, s.timestamp)
	s.framed = be.AppendUint32(s.framed, s.ssrc)
	s.framed = append(s.framed, payload...)
	s.seq++
	s.timestamp += uint32(ticks)
	s.silent = false
}

// encode sends samples in packets of that many frames each. The last one is filled up with silence.
func (s *sender) encode(e *encoder, pcm []int16, frames int) error {
	n := frames * e.channels
	for ; len(pcm) > 0; pcm = pcm[min(n, len(pcm)):] {
		p := make([]int16, n)
		copy(p, pcm)
		payload, err := e.packet(p)
		if err != nil {
			return err
		}
		if len(payload) <= 2 {
			// DTX: such a packet need not be sent, says opus_encode's manual.
			s.timestamp += uint32(frames)
			s.silent = true
			continue
		}
		s.send(payload, frames)
	}
	return nil
}

// cut sends what is encoded already in payloads of that many bytes; what doesn't fill one is left out.
func (s *sender) cut(p []byte, bytes, ticks int) {
	for ; len(p) >= bytes; p = p[bytes:] {
		s.send(p[:bytes], ticks)
	}
}

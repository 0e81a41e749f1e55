package finalize

import (
	"errors"
	"fmt"
	"time"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/codec"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// playHeld brings into the file the packets that had been accepted and were waiting for others when the process died. They
// follow what mark m says, which is what the newest slot vouched for.
//
// The decoder begins anew, so the first of them may sound softer than it was; what was missing before them is silence.
func (w *walker) playHeld(st *channelState, m spool.Mark, a *spool.Area) (spool.Mark, error) {
	if a.Hold == nil {
		return m, nil
	}
	played := a.Read().Packet
	var decoder codec.Decoder
	pcm := make([]byte, maxPacketPCM)
	for _, p := range a.Hold.All() {
		if p.Number <= played || p.Bytes == 0 {
			continue
		}
		if decoder == nil {
			var err error
			if decoder, err = newDecoder(st.meta.Decoder()); err != nil {
				return m, fmt.Errorf("decode %d packets that waited: %w", len(a.Hold.All()), err)
			}
			defer decoder.Close()
		}
		n, err := decoder.Decode(pcm, p.Payload)
		if err != nil {
			m.Source.Damaged++ // as the recorder would have
			continue
		}
		// No packet lies much after it came, whatever was made of its timestamp.
		at := min(p.At, st.meta.Frames(time.Duration(p.Arrival)+heldAhead))
		if err := w.append(&m, at, pcm[:int64(n)*w.align]); err != nil {
			return m, err
		}
	}
	return m, nil
}

// newDecoder makes the decoder that the session had, or another of the same codec: the machine that recovers a recording may lack
// what the one that made it had, and any decoder is better than none.
func newDecoder(cfg codec.Config) (codec.Decoder, error) {
	d, err := codec.New(cfg)
	for _, other := range []string{"auto", "pion"} {
		var bad *codec.ConfigError
		if !errors.As(err, &bad) || bad.Field != "Opus" {
			break
		}
		cfg.Opus = other
		d, err = codec.New(cfg)
	}
	return d, err
}

// heldAhead is how far ahead of its arrival a packet may lie on the timeline: as far as the recorder would have believed it, see
// pipeline/media.
const heldAhead = 200 * time.Millisecond

// maxPacketPCM holds what any packet decodes to: the longest there may be, which is a payload of L16 or G.711 byte for byte,
// or 120 ms of Opus in stereo.
const maxPacketPCM = 2 * limits.PacketBytes

// append writes samples at frame at, or at the end if that is later, and brings the mark up to them.
func (w *walker) append(m *spool.Mark, at int64, pcm []byte) error {
	if silence := at - m.Frames; silence > 0 {
		g := spool.Gap{N: m.Gaps, At: m.Payload, Start: m.Frames, Length: silence, Cause: spool.CauseLoss}
		if m.Payload == 0 {
			g.Cause = spool.CauseLateJoin
		}
		w.fresh, w.gaps[g.N] = append(w.fresh, g), g
		m.Gaps++
		m.CRC = checksum.Zeros(m.CRC, silence*w.align)
		w.meter.AddZeros(silence * w.align / 2)
		m.Frames += silence
	}
	if _, err := w.file.WriteAt(pcm, wavfile.HeaderSize+m.Frames*w.align); err != nil {
		return err
	}
	m.CRC = checksum.Update(m.CRC, pcm)
	w.meter.Add(pcm)
	m.Level = w.meter.State()
	m.Frames += int64(len(pcm)) / w.align
	m.Payload += uint64(len(pcm))
	return nil
}

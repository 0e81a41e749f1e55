package finalize

import (
	"errors"
	"fmt"
	"time"

	"github.com/ilenia-live/rec/internal/codec"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
)

// playHeld brings into the file the packets that had been accepted and were waiting for others when the process died. They
// follow what mark m says, which is what the newest slot vouched for. Those that a mask withheld are silence.
//
// The decoder begins anew, so the first of them may sound softer than it was; what was missing before them is silence.
func (w *walker) playHeld(st *channelState, m spool.Mark, a *spool.Area) (spool.Mark, error) {
	if a.Hold == nil {
		return m, nil
	}
	played := a.Read().Packet
	end := tail{walker: w, mark: m}
	var decoder codec.Decoder
	pcm := make([]byte, maxPacketPCM)
	for _, p := range a.Hold.All() {
		if p.Number <= played || p.Bytes == 0 || p.Doubtful {
			continue
		}
		if decoder == nil {
			var err error
			if decoder, err = newDecoder(st.meta.Decoder()); err != nil {
				return m, fmt.Errorf("decode %d packets that waited: %w", len(a.Hold.All()), err)
			}
			defer decoder.Close()
		}
		var n int
		var err error
		if p.Cause == spool.CauseNone {
			n, err = decoder.Decode(pcm, p.Payload)
		} else {
			n, err = decoder.Duration(p.Payload) // what was withheld stays so
		}
		if err != nil {
			end.mark.Source.Damaged++ // as the recorder would have
			continue
		}
		// No packet lies much after it came, whatever was made of its timestamp.
		at := min(p.At, st.meta.Frames(time.Duration(p.Arrival)+heldAhead))
		if p.Cause != spool.CauseNone {
			// What is missing before it, too: silence of a mask is in no slot until samples follow.
			end.silence(max(at-end.frames(), 0)+int64(n), p.Cause)
			continue
		}
		end.silence(at-end.frames(), spool.CauseLoss)
		if err := end.samples(pcm[:int64(n)*w.align]); err != nil {
			return m, err
		}
	}
	end.publish()
	return end.mark, nil
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

package finalize

import (
	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// tail is the end of a channel's file while something is added to it.
type tail struct {
	*walker
	mark    spool.Mark
	pending int64 // frames of silence after the mark
	cause   spool.Cause
}

func (t *tail) frames() int64 { return t.mark.Frames + t.pending }

// silence adds silence of one cause, if there is any.
func (t *tail) silence(frames int64, cause spool.Cause) {
	if frames <= 0 {
		return
	}
	if t.mark.Payload == 0 && cause == spool.CauseLoss {
		cause = spool.CauseLateJoin
	}
	if cause != t.cause {
		t.publish()
	}
	t.pending, t.cause = t.pending+frames, cause
}

// publish makes a gap of the silence.
func (t *tail) publish() {
	m := &t.mark
	if t.pending == 0 {
		return
	}
	g := spool.Gap{N: m.Gaps, At: m.Payload, Start: m.Frames, Length: t.pending, Cause: t.cause}
	t.fresh, t.gaps[g.N] = append(t.fresh, g), g
	m.Gaps++
	m.CRC = checksum.Zeros(m.CRC, g.Length*t.align)
	t.meter.AddZeros(g.Length * t.align / 2)
	m.Level = t.meter.State()
	m.Frames += g.Length
	t.pending = 0
}

// samples writes samples at the end.
func (t *tail) samples(pcm []byte) error {
	t.publish()
	m := &t.mark
	if _, err := t.file.WriteAt(pcm, wavfile.HeaderSize+m.Frames*t.align); err != nil {
		return err
	}
	m.CRC = checksum.Update(m.CRC, pcm)
	t.meter.Add(pcm)
	m.Level = t.meter.State()
	m.Frames += int64(len(pcm)) / t.align
	m.Payload += uint64(len(pcm))
	return nil
}

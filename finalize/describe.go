package finalize

import (
	"math"
	"time"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/level"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// manifest describes what the steps before have made. It reads nothing.
func (p *publication) manifest(now time.Time) Manifest {
	m := Manifest{
		Schema: ManifestSchema, RecordingID: p.meta.RecordingID, SessionID: p.meta.SessionID, EventID: p.meta.EventID,
		StartedAt: p.meta.StartedAt, Outcome: OutcomeOK, Metadata: p.meta.Metadata,
	}
	length, _ := p.length()
	m.EndedAt = p.meta.StartedAt.Add(length)
	if p.end != nil {
		m.EndedAt, m.EndReason = p.end.At.UTC(), p.end.Reason
	}
	for i := range p.channels {
		c := p.channel(&p.channels[i])
		m.Channels = append(m.Channels, c)
		m.Outcome = worse(m.Outcome, c.Outcome)
	}
	m.Recovery = p.recovery(now.UTC())
	return m
}

func (p *publication) channel(st *channelState) Channel {
	meter := level.FromState(st.mark.Level)
	bytes := st.mark.Frames * int64(st.meta.Format().BlockAlign())
	c := Channel{
		ID: st.meta.ID, Label: st.meta.Label, Language: st.meta.Language, Outcome: OutcomeOK,
		Audio: Audio{
			File: layout.WAV(st.meta.ID), Container: wavfile.Header{Format: st.meta.Format(), DataBytes: bytes}.Container(), Codec: "pcm_s16le",
			SampleRate: st.meta.SampleRate, Channels: st.meta.Channels,
			Samples: st.mark.Frames, Bytes: wavfile.HeaderSize + bytes,
			// The header was patched last and the samples were summed up as they came: joined, they are the checksum of
			// the whole file.
			CRC64NVME: checksum.Hex(checksum.Combine(checksum.Update(0, st.header[:]), st.mark.CRC, bytes)),
		},
		Source: Source{Codec: st.meta.Codec},
		Gaps:   []Gap{},
		Levels: Levels{PeakDBFS: round2(meter.PeakDBFS()), RMSDBFS: round2(meter.RMSDBFS())},
	}
	for _, g := range st.gaps {
		if g.Kind == spool.KindAnchor {
			continue
		}
		c.Gaps = append(c.Gaps, Gap{Start: g.Start, Length: g.Length, Cause: g.Cause.String(), Concealed: g.Kind == spool.KindConcealed})
		if g.Cause.Ours() {
			c.Outcome = OutcomeDegraded
		}
	}
	if st.mark.Padding > 0 {
		cause := spool.CauseDisconnect
		if st.mark.State == spool.StateSealedCut {
			cause = spool.CauseCrash
		}
		c.Gaps = append(c.Gaps, Gap{
			Start: st.mark.Frames - st.mark.Padding, Length: st.mark.Padding, Cause: cause.String(),
		})
	}
	switch {
	case st.incomplete():
		c.Outcome = OutcomePartial
	case p.end == nil:
		c.Outcome = worse(c.Outcome, OutcomeRepaired)
	}
	c.Transcripts = st.transcripts
	c.Source.Stream = st.stream(c.Gaps)
	return c
}

// stream is nil when no packet came.
func (st *channelState) stream(gaps []Gap) *Stream {
	src := st.mark.Source
	if src.Seq == 0 {
		return nil
	}
	s := &Stream{
		Decoder: src.DecoderName(), Packets: int64(src.Packets), Lost: int64(src.Lost), Late: int64(src.Late),
		Duplicate: int64(src.Duplicate), Recovered: int64(src.Recovered), Damaged: int64(src.Damaged),
		ClockPPM: round2(float64(src.ClockPPB) / 1000), Clock: "corrected", Adjusted: src.Adjusted,
		// Counted by the bytes that were accepted, apart from the timeline.
		Received: int64(st.mark.Payload) / int64(st.meta.Format().BlockAlign()),
	}
	for _, g := range gaps {
		if g.Concealed {
			s.Received -= g.Length
		}
	}
	if st.meta.Native {
		s.Clock = "native"
	}
	for _, g := range st.gaps {
		if g.Kind == spool.KindAnchor {
			s.Anchors = append(s.Anchors, Anchor{Sample: g.Start, AtMs: float64(g.Time().Microseconds()) / 1000})
		}
	}
	return s
}

// recovery is nil when the host ended the session and everything was there.
func (p *publication) recovery(now time.Time) *Recovery {
	for _, st := range p.channels {
		if st.incomplete() {
			return &Recovery{Cause: CausePowerLoss, RecoveredAt: now, LostAtMostMs: p.meta.SyncEveryMs}
		}
	}
	switch {
	case p.end == nil:
		return &Recovery{Cause: CauseProcessDeath, RecoveredAt: now}
	case p.end.Abandoned:
		return &Recovery{Cause: CauseAbandoned, RecoveredAt: now}
	default:
		return nil
	}
}

func round2(x float64) float64 { return math.Round(x*100) / 100 }

package finalize

import (
	"bytes"
	"errors"
	"io"
	"time"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/srt"
)

// transcript reads both formats of a transcript and holds them against the audio and against each other. Order and
// syntax are the parsers' business.
func (v *verifier) transcript(c *Channel, t *Transcript) {
	if t.Language != "" {
		if err := layout.CheckLanguage(t.Language); err != nil {
			v.wrong(layout.ManifestFile, "transcript language %q of channel %q: %v", t.Language, c.ID, err)
		}
	}
	if !v.plainName(t.SRT) || !v.plainName(t.VTT) {
		return // said by names
	}
	subrip, ok1 := v.cues(c, t.SRT, t.SRTCRC64NVME, t.Cues, srt.ParseSRT)
	webvtt, ok2 := v.cues(c, t.VTT, t.VTTCRC64NVME, t.Cues, srt.ParseVTT)
	if !ok1 || !ok2 || len(subrip) != len(webvtt) {
		return
	}
	v.report.Cues += len(subrip)
	for i := range subrip {
		a, b := subrip[i], webvtt[i]
		if a.Start != b.Start || a.End != b.End {
			v.wrong(t.VTT, "cue %d is shown %s to %s, in %s %s to %s", i+1, b.Start, b.End, t.SRT, a.Start, a.End)
			return
		}
	}
}

func (v *verifier) cues(c *Channel, name, sum string, want int, parse func(io.Reader) ([]srt.Cue, error)) ([]srt.Cue, bool) {
	f, size, ok := v.open(name)
	if !ok {
		return nil, false
	}
	defer func() { _ = f.Close() }() // only read
	if size > limits.JournalBytes {
		// Its cues came through a journal of that size at most, and they are held in memory here.
		v.wrong(name, "%d bytes, want at most %d", size, int64(limits.JournalBytes))
		return nil, false
	}
	text := make([]byte, size)
	if _, err := f.ReadAt(text, 0); err != nil && !errors.Is(err, io.EOF) {
		v.wrong(name, "%v", err)
		return nil, false
	}
	// A manifest of another maker may have none.
	if got := checksum.Hex(checksum.Update(0, text)); sum != "" && got != sum {
		v.wrong(name, "crc64nvme %s, manifest says %s", got, sum)
	}
	cues, err := parse(bytes.NewReader(text))
	if err != nil {
		v.wrong(name, "%v", err)
		return nil, false
	}
	v.report.Files++
	if len(cues) != want {
		v.wrong(name, "%d cues, manifest says %d", len(cues), want)
	}
	audio := c.Audio.duration()
	if audio < time.Millisecond {
		return cues, true // cues of a recording without audio keep the times they came with
	}
	for i, cue := range cues {
		if cue.End > audio {
			v.wrong(name, "cue %d ends at %s, after the audio's end at %s", i+1, cue.End, audio)
			break
		}
	}
	return cues, true
}

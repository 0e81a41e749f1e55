package finalize

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/srt"
)

// transcribe writes an SRT and a VTT for every channel and language that has cues.
func (p *publication) transcribe() error {
	if p.described {
		return nil
	}
	if err := p.ensurePub(); err != nil {
		return err
	}
	if err := p.clearTranscripts(); err != nil {
		return err
	}
	for i := range p.channels {
		st := &p.channels[i]
		byLanguage := p.cues(st.meta)
		languages := make([]string, 0, len(byLanguage))
		for l := range byLanguage {
			languages = append(languages, l)
		}
		slices.Sort(languages)
		st.transcripts = []Transcript{}
		for _, l := range languages {
			cues := srt.Arrange(byLanguage[l], st.meta.Time(st.mark.Frames))
			if len(cues) == 0 {
				continue
			}
			t := Transcript{
				Language: l, Cues: len(cues),
				SRT: layout.Transcript(st.meta.ID, l, "srt"), VTT: layout.Transcript(st.meta.ID, l, "vtt"),
			}
			var err error
			if t.SRTCRC64NVME, err = p.writeText(t.SRT, func(w io.Writer) error { return srt.WriteSRT(w, cues) }); err != nil {
				return err
			}
			if t.VTTCRC64NVME, err = p.writeText(t.VTT, func(w io.Writer) error { return srt.WriteVTT(w, cues, l) }); err != nil {
				return err
			}
			st.transcripts = append(st.transcripts, t)
		}
	}
	return nil
}

// ensurePub makes pub/ for a session that was begun without one. Its name must be durable before what is durable moves there; a
// later call, which finds it, has synced the directory when it wrote the journal anew.
func (p *publication) ensurePub() error {
	err := p.fs.Mkdir(p.pub)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.fs.SyncDir(p.dir)
}

// clearTranscripts removes what an earlier call wrote, of which this one may know better.
func (p *publication) clearTranscripts() error {
	entries, err := p.fs.ReadDir(p.pub)
	for _, e := range entries {
		if ext := path.Ext(e.Name()); ext == ".srt" || ext == ".vtt" {
			err = errors.Join(err, remove(p.fs, path.Join(p.pub, e.Name())))
		}
	}
	return err
}

// writeText writes a transcript into pub/, whose names are synced later, all at once, and returns its checksum.
func (p *publication) writeText(name string, write func(io.Writer) error) (sum string, err error) {
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return "", err
	}
	name = path.Join(p.pub, name)
	if err := durable.NewFile(p.fs, name, text.Bytes()); err != nil {
		return "", err
	}
	return checksum.Hex(checksum.Update(0, text.Bytes())), p.fs.Chmod(name, durable.FinishedMode)
}

// cues returns the cues of a channel by language, each in its last revision: of two with the same id the one with the
// higher revision counts, then the final one, then the later one. An interim cue that no final one followed is kept: the
// words were said.
func (p *publication) cues(c spool.ChannelMeta) map[string][]srt.Cue {
	type key struct{ language, id string }
	last := map[key]*spool.Cue{}
	var order []*spool.Cue
	for _, r := range p.journal.Records {
		cue := r.Cue
		if cue == nil || cue.Channel != c.ID && cue.Channel != "*" {
			continue
		}
		own := *cue
		if own.Language == "" {
			own.Language = c.Language
		}
		if own.Language == "" {
			own.Language = "und" // ISO 639-2: undetermined
		}
		if own.ID == "" {
			order = append(order, &own)
			continue
		}
		k := key{strings.ToLower(own.Language), own.ID}
		old, ok := last[k]
		switch {
		case !ok:
			last[k] = &own
			order = append(order, &own)
		case supersedes(own, *old):
			*old = own
		}
	}
	out := map[string][]srt.Cue{}
	for _, cue := range order {
		out[cue.Language] = append(out[cue.Language], srt.Cue{
			Start: time.Duration(cue.StartMs) * time.Millisecond, End: time.Duration(cue.EndMs) * time.Millisecond,
			Speaker: cue.Speaker, Text: cue.Text,
		})
	}
	return out
}

func supersedes(a, b spool.Cue) bool {
	if a.Revision != b.Revision {
		return a.Revision > b.Revision
	}
	return a.Final || !b.Final
}

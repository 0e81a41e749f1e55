package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ilenia-live/rec/finalize"
)

// shownSessions is the number of sessions whose files are listed one by one.
const shownSessions = 2

// summary tells a person what was recorded, where, and how to listen to it.
func (s *simulation) summary(w io.Writer) {
	r := &s.report
	if s.interrupted {
		fmt.Fprintln(w, "Interrupted: the sessions were ended properly.")
	}
	fmt.Fprintf(w, "Recorded %s, %s, %.1f s of audio in %.1f s.\n",
		plural(r.Sessions, "session"), plural(r.Channels, "channel"), r.AudioSeconds, r.WallSeconds)
	for i, l := range s.live {
		switch {
		case i >= shownSessions:
			fmt.Fprintf(w, "\n… and %s more below %s\n", plural(len(s.live)-i, "session"), s.o.dir)
		case l.err != nil:
			fmt.Fprintf(w, "\nSession %s was not finished: %v\n", l.session.ID(), l.err)
			continue
		default:
			s.showRecording(w, l)
			continue
		}
		break
	}
	if s.report.Network != nil {
		s.report.Network.show(w)
	}
	if l := s.live[0]; l.err == nil {
		s.showCommands(w, l)
	}
	fmt.Fprintf(w, `
Write latency  p50 %.0f µs, p99 %.0f µs, p99.9 %.0f µs, max %.1f ms (from the moment the frame was due)
Recovery point p50 %.0f ms, p99 %.0f ms, max %.0f ms (promised: %d ms)
Finalize       p50 %.1f ms, p99 %.1f ms, max %.1f ms
Frames         %d accepted, %d refused, %d late
Cost           %.2f CPU s, %.2f CPU s per channel-hour, %.0f MiB at the most
`,
		r.WriteLatencyUs.P50, r.WriteLatencyUs.P99, r.WriteLatencyUs.P999, r.WriteLatencyUs.Max/1000,
		r.UnsyncedMs.P50, r.UnsyncedMs.P99, r.UnsyncedMs.Max, s.o.sync.Milliseconds(),
		r.FinalizeMs.P50, r.FinalizeMs.P99, r.FinalizeMs.Max,
		r.FramesAccepted, r.FramesRefused, r.LateFrames,
		r.CPUSeconds, r.CPUSecondsPerChannelHour, float64(r.PeakRSSBytes)/(1<<20))
}

func (s *simulation) showRecording(w io.Writer, l *liveSession) {
	fmt.Fprintf(w, "\n%s (%s)\n", filepath.Join(s.o.dir, l.path), l.manifest.Outcome)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  file\tduration\tpeak dBFS\tgaps\ttranscripts")
	for _, c := range l.manifest.Channels {
		fmt.Fprintf(t, "  %s\t%.3f s\t%.1f\t%s\t%s\n", c.Audio.File, seconds(c.Audio), c.Levels.PeakDBFS, gapsInWords(c), transcriptsInWords(c))
	}
	_ = t.Flush() // as little can be done about it as about Fprintln's error
}

func seconds(a finalize.Audio) float64 { return float64(a.Samples) / float64(a.SampleRate) }

func gapsInWords(c finalize.Channel) string {
	if len(c.Gaps) == 0 {
		return "none"
	}
	silent := int64(0)
	for _, g := range c.Gaps {
		silent += g.Length
	}
	d := time.Duration(float64(silent) / float64(c.Audio.SampleRate) * float64(time.Second))
	return fmt.Sprintf("%d (%s)", len(c.Gaps), d.Round(time.Millisecond))
}

func transcriptsInWords(c finalize.Channel) string {
	var parts []string
	for _, t := range c.Transcripts {
		parts = append(parts, fmt.Sprintf("%s, %s (%s)", t.SRT, t.VTT, plural(t.Cues, "cue")))
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, "; ")
}

// showCommands prints what to type to hear and read the first recording.
func (s *simulation) showCommands(w io.Writer, l *liveSession) {
	if len(l.manifest.Channels) == 0 {
		return
	}
	file := func(name string) string { return shellQuote(filepath.Join(s.o.dir, l.path, name)) }
	first := l.manifest.Channels[0]
	fmt.Fprintf(w, "\nListen:\n  ffplay -autoexit %[1]s\n  play %[1]s\n", file(first.Audio.File))
	if len(first.Transcripts) > 0 {
		fmt.Fprintf(w, "  mpv --sub-file=%s %s\n", file(first.Transcripts[0].SRT), file(first.Audio.File))
	} else {
		fmt.Fprintf(w, "  mpv %s\n", file(first.Audio.File))
	}
	if n := len(l.manifest.Channels); n > 1 && n <= 8 {
		var files []string
		for _, c := range l.manifest.Channels {
			files = append(files, file(c.Audio.File))
		}
		fmt.Fprintf(w, "  play -m %s\n", strings.Join(files, " "))
	}
	var texts []string
	for _, c := range l.manifest.Channels {
		for _, t := range c.Transcripts {
			texts = append(texts, file(t.SRT))
		}
	}
	if len(texts) > 0 {
		fmt.Fprintf(w, "Read:\n")
		for _, t := range texts[:min(len(texts), 8)] {
			fmt.Fprintf(w, "  cat %s\n", t)
		}
	}
	fmt.Fprintf(w, "Check:\n  rec-sim verify %s\n", shellQuote(s.o.dir))
}

// shellQuote returns a word that a shell reads as name.
func shellQuote(name string) string {
	plain := strings.IndexFunc(name, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("/._-+:@%=", r)
	}) < 0
	if plain && name != "" && name[0] != '-' {
		return name
	}
	if strings.HasPrefix(name, "-") {
		name = "./" + name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

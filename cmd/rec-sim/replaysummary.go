package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// shownLeftOut is how many streams are named that are not recorded.
const shownLeftOut = 8

// showStreams lists what is in the file.
func (r *replayReport) showStreams(w io.Writer) {
	fmt.Fprintf(w, "%s (%s): %s\n", clean(r.File), r.Format, plural(len(r.Streams), "stream"))
	if len(r.Streams) > 0 {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "  SSRC\tpayload type\tpackets\tsequence\tduration\tfrom\tto\trecorded")
		for _, s := range r.Streams {
			recorded := "yes"
			if s.LeftOut != "" {
				recorded = "no: " + s.LeftOut
			}
			fmt.Fprintf(t, "  %s\t%d\t%d\t%d to %d\t%.3f s\t%s\t%s\t%s\n",
				s.SSRC, s.PayloadType, s.Packets, s.FirstSeq, s.LastSeq, s.Seconds, dash(s.From), dash(s.To), recorded)
		}
		_ = t.Flush() // as little can be done about it as about Fprintln's error
	}
	r.showRest(w)
}

// showRest tells what else was in the file.
func (r *replayReport) showRest(w io.Writer) {
	var rest []string
	if r.Control > 0 {
		rest = append(rest, fmt.Sprintf("%d RTCP", r.Control))
	}
	for _, why := range slices.Sorted(maps.Keys(r.Skipped)) {
		rest = append(rest, fmt.Sprintf("%d %s", r.Skipped[why], why))
	}
	if r.dropped > 0 {
		rest = append(rest, fmt.Sprintf("%d of further streams", r.dropped))
	}
	if len(rest) > 0 {
		fmt.Fprintf(w, "  other packets: %s\n", strings.Join(rest, ", "))
	}
	if r.Anew > 0 {
		fmt.Fprintf(w, "  jumps in time that were not believed: %d\n", r.Anew)
	}
}

// show tells a person what was recorded, where, and how to listen to it.
func (r *replayReport) show(w io.Writer) {
	if r.Interrupted {
		fmt.Fprintln(w, "Interrupted: the recording was ended properly.")
	}
	audio := 0.0
	for _, c := range r.Channels {
		audio += c.Seconds
	}
	fmt.Fprintf(w, "Replayed %s (%s): %s, %.1f s of audio in %.1f s.\n", clean(r.File), r.Format, plural(len(r.Channels), "channel"), audio, r.WallSeconds)
	r.showLeftOut(w)
	r.showRest(w)

	fmt.Fprintf(w, "\n%s (%s)\n", r.Path, r.Outcome)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  file\tlength\tpackets\tlost\trecovered\tlate\tduplicate\tdamaged\tclock ppm\tgaps")
	for i, c := range r.Channels {
		fmt.Fprintf(t, "  %s\t%.3f s\t%d\t%d\t%d\t%d\t%d\t%d\t%+.1f\t%s\n", r.manifest.Channels[i].Audio.File, c.Seconds, c.Packets, c.Lost, c.Recovered,
			c.Late, c.Duplicate, c.Damaged, c.ClockPPM, c.gapsByCause())
	}
	_ = t.Flush() // as little can be done about it as about Fprintln's error
	first := r.Channels[0]
	fmt.Fprintf(w, "\nDecoder  %s\nChain    %s\n", dash(first.Decoder), first.Chain)
	s := &simulation{o: &runOptions{dir: r.dir}}
	s.showCommands(w, &liveSession{manifest: r.manifest, path: r.below})
}

func (r *replayReport) showLeftOut(w io.Writer) {
	n := 0
	for _, s := range r.Streams {
		if s.LeftOut == "" {
			continue
		}
		if n++; n <= shownLeftOut {
			fmt.Fprintf(w, "  left out: SSRC %s, payload type %d, %s: %s\n", s.SSRC, s.PayloadType, plural(int(s.Packets), "packet"), s.LeftOut)
		}
	}
	if n > shownLeftOut {
		fmt.Fprintf(w, "  left out: %s more (see --dry-run)\n", plural(n-shownLeftOut, "stream"))
	}
}

// gapsByCause is such as "dtx 3 (1.180 s), loss 1 (0.020 s)".
func (c *replayChannel) gapsByCause() string {
	var words []string
	for _, cause := range slices.Sorted(maps.Keys(c.Gaps)) {
		words = append(words, fmt.Sprintf("%s %d (%.3f s)", cause, c.Gaps[cause].Count, c.Gaps[cause].Seconds))
	}
	if words == nil {
		return "none"
	}
	return strings.Join(words, ", ")
}

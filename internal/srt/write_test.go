package srt

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var sample = []Cue{
	{0, 2300 * ms, "Presidencia", "Se abre la sesión."},
	{2300 * ms, 4 * time.Second, "", "a < b && b > a\n<i>bai</i> --> ez"},
	{100*time.Hour + 59*time.Minute + 59*time.Second + 999*ms, 1000 * time.Hour, "<A & B>", "2026"},
}

func TestWriteSRT(t *testing.T) {
	const want = "1\n00:00:00,000 --> 00:00:02,300\nPresidencia: Se abre la sesión.\n\n" +
		"2\n00:00:02,300 --> 00:00:04,000\na < b && b > a\n<i>bai</i> → ez\n\n" +
		"3\n100:59:59,999 --> 1000:00:00,000\n<A & B>: 2026\n\n"
	var got strings.Builder
	if err := WriteSRT(&got, sample); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWriteVTT(t *testing.T) {
	const body = "00:00:00.000 --> 00:00:02.300\n<v Presidencia>Se abre la sesión.</v>\n\n" +
		"00:00:02.300 --> 00:00:04.000\na &lt; b &amp;&amp; b &gt; a\n&lt;i&gt;bai&lt;/i&gt; → ez\n\n" +
		"100:59:59.999 --> 1000:00:00.000\n<v &lt;A &amp; B&gt;>2026</v>\n\n"
	for _, tt := range []struct{ lang, head string }{
		{"", "WEBVTT\n\n"},
		{"es", "WEBVTT\n\nNOTE Language: es\n\n"},
		{"es\n\n00:00:00.000 --> 00:00:09.000\n", "WEBVTT\n\nNOTE Language: es 00:00:00.000 → 00:00:09.000\n\n"},
	} {
		var got strings.Builder
		if err := WriteVTT(&got, sample, tt.lang); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.head+body, got.String()); diff != "" {
			t.Errorf("language %q (-want +got):\n%s", tt.lang, diff)
		}
	}
}

func TestWriteNothing(t *testing.T) {
	var srt, vtt strings.Builder
	if err := errors.Join(WriteSRT(&srt, nil), WriteVTT(&vtt, nil, "")); err != nil {
		t.Fatal(err)
	}
	// The specification wants two line ends after the magic word even when nothing follows.
	if srt.String() != "" || vtt.String() != "WEBVTT\n\n" {
		t.Errorf("got %q and %q", srt.String(), vtt.String())
	}
	checkRoundTrip(t, nil, "")
}

func TestWriteRefusesWhatWasNotArranged(t *testing.T) {
	for _, tt := range []struct {
		name string
		cues []Cue
		want string
	}{
		{"negative start", []Cue{{-ms, ms, "", "a"}}, "cue 1 of 1: starts at -1ms, before the session"},
		{"end at start", []Cue{{ms, ms, "", "a"}}, "cue 1 of 1: ends at 1ms, not after"},
		{"microseconds", []Cue{{0, ms, "", "a"}, {ms, ms + 1, "", "a"}}, "cue 2 of 2: times 1ms to 1.000001ms are not whole"},
		{"going back", []Cue{{2 * ms, 3 * ms, "", "a"}, {ms, 3 * ms, "", "b"}}, "cue 2 of 2: starts at 1ms, before the previous"},
		{"no text", []Cue{{0, ms, "A", " \n"}}, "cue 1 of 1 at 0s: no text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for format, err := range map[string]error{
				"SRT": WriteSRT(io.Discard, tt.cues),
				"VTT": WriteVTT(io.Discard, tt.cues, ""),
			} {
				if !errors.Is(err, ErrNotArranged) || !strings.HasPrefix(err.Error(), "write "+format+": "+tt.want) {
					t.Errorf("%s: got %v, want ErrNotArranged with %q", format, err, tt.want)
				}
			}
		})
	}
}

var errFull = errors.New("no room")

// room is a writer that takes so many bytes and no more.
type room int

func (r *room) Write(p []byte) (int, error) {
	if len(p) > int(*r) {
		n := int(*r)
		*r = 0
		return n, errFull
	}
	*r -= room(len(p))
	return len(p), nil
}

// However little fits, a writer that failed is reported.
func TestWriteReportsEveryFailure(t *testing.T) {
	cues := []Cue{{0, ms, "", strings.Repeat("a", 2500)}, {0, ms, "", strings.Repeat("b", 2500)}}
	for format, write := range map[string]func(io.Writer) error{
		"SRT": func(w io.Writer) error { return WriteSRT(w, cues) },
		"VTT": func(w io.Writer) error { return WriteVTT(w, cues, "es") },
	} {
		var whole strings.Builder
		if err := write(&whole); err != nil {
			t.Fatal(err)
		}
		for n := 0; n < whole.Len(); n += 61 { // every write fails at some n, and in the middle as well as at its ends
			r := room(n)
			if err := write(&r); !errors.Is(err, errFull) {
				t.Fatalf("%s with room for %d of %d bytes: %v, want %v", format, n, whole.Len(), err, errFull)
			}
		}
		r := room(whole.Len())
		if err := write(&r); err != nil {
			t.Errorf("%s with just enough room: %v", format, err)
		}
	}
}

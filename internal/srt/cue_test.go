package srt

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const ms = time.Millisecond

func TestArrange(t *testing.T) {
	const long = time.Hour
	for _, tt := range []struct {
		name  string
		audio time.Duration
		in    []Cue
		want  []Cue
	}{
		{"none", long, nil, nil},
		{"ordered, ties as given", long,
			[]Cue{{3 * ms, 4 * ms, "", "c"}, {ms, 2 * ms, "", "a"}, {3 * ms, 4 * ms, "", "b"}},
			[]Cue{{ms, 2 * ms, "", "a"}, {3 * ms, 4 * ms, "", "c"}, {3 * ms, 4 * ms, "", "b"}}},
		{"overlap stays", long,
			[]Cue{{0, 9 * ms, "A", "a"}, {ms, 5 * ms, "B", "b"}},
			[]Cue{{0, 9 * ms, "A", "a"}, {ms, 5 * ms, "B", "b"}}},
		{"no text", long,
			[]Cue{{0, ms, "A", ""}, {0, ms, "A", " \n\t"}, {0, ms, "A", "\x00\u200b"}, {0, ms, "A", "a"}},
			[]Cue{{0, ms, "A", "a"}}},
		{"cleaned", long, []Cue{{0, ms, " A\nB ", "a\r\n\r\nb --> c "}}, []Cue{{0, ms, "A B", "a\nb → c"}}},
		{"cut to milliseconds, still touching", long,
			[]Cue{{1_999_999, 2_999_999, "", "a"}, {2_999_999, 4_000_001, "", "b"}},
			[]Cue{{ms, 2 * ms, "", "a"}, {2 * ms, 4 * ms, "", "b"}}},
		{"clipped at both ends", 5 * time.Second,
			[]Cue{{-time.Second, time.Second, "", "a"}, {4 * time.Second, 9 * time.Second, "", "b"}},
			[]Cue{{0, time.Second, "", "a"}, {4 * time.Second, 5 * time.Second, "", "b"}}},
		{"wholly before", 5 * time.Second,
			[]Cue{{-3 * time.Second, -time.Second, "", "a"}},
			[]Cue{{0, time.Second, "", "a"}}},
		{"wholly after", 5 * time.Second,
			[]Cue{{5 * time.Second, 6 * time.Second, "", "a"}, {time.Hour, 2 * time.Hour, "", "b"}},
			[]Cue{{4 * time.Second, 5 * time.Second, "", "a"}, {4 * time.Second, 5 * time.Second, "", "b"}}},
		{"wholly after, never overtaking", 5 * time.Second,
			[]Cue{{4500 * ms, 5 * time.Second, "", "a"}, {6 * time.Second, 7 * time.Second, "", "b"}},
			[]Cue{{4500 * ms, 5 * time.Second, "", "a"}, {4500 * ms, 5 * time.Second, "", "b"}}},
		{"wholly after short audio", 20 * ms,
			[]Cue{{time.Second, 2 * time.Second, "", "a"}},
			[]Cue{{0, 20 * ms, "", "a"}}},
		{"starts in the audio's last microsecond", 5*time.Second + 999*time.Microsecond,
			[]Cue{{5*time.Second + 500*time.Microsecond, 6 * time.Second, "", "a"}},
			[]Cue{{4 * time.Second, 5 * time.Second, "", "a"}}},
		{"no duration", 5 * time.Second,
			[]Cue{{ms, ms, "", "a"}, {2 * ms, 2*ms + 1, "", "b"}, {3 * ms, ms, "", "c"}, {4900 * ms, 0, "", "d"}},
			[]Cue{{ms, 1001 * ms, "", "a"}, {2 * ms, 1002 * ms, "", "b"}, {3 * ms, 1003 * ms, "", "c"}, {4900 * ms, 5000 * ms, "", "d"}}},
		{"audio of unknown length", 0,
			[]Cue{{500 * time.Hour, 501 * time.Hour, "", "a"}},
			[]Cue{{500 * time.Hour, 501 * time.Hour, "", "a"}}},
		{"audio of half a millisecond", ms / 2,
			[]Cue{{time.Second, 2 * time.Second, "", "a"}},
			[]Cue{{time.Second, 2 * time.Second, "", "a"}}},
		{"the ends of time", -1,
			[]Cue{{math.MaxInt64, math.MinInt64, "", "b"}, {math.MinInt64, math.MaxInt64, "", "a"}},
			[]Cue{{0, farthest, "", "a"}, {farthest - time.Second, farthest, "", "b"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			given := slices.Clone(tt.in)
			if diff := cmp.Diff(tt.want, Arrange(tt.in, tt.audio)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(given, tt.in); diff != "" {
				t.Errorf("Arrange changed what it was given (-before +after):\n%s", diff)
			}
		})
	}
}

func TestArrangeKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := hostileCues(t)
		audio := hostileTime(t, "audio")
		got := Arrange(in, audio)

		said := 0
		for _, c := range in {
			if Clean(c.Text) != "" {
				said++
			}
		}
		if len(got) != said {
			t.Fatalf("%d cues with text went in, %d came out", said, len(got))
		}
		var last time.Duration
		for i, c := range got {
			if c.Start < last || c.End <= c.Start || c.Start%ms != 0 || c.End%ms != 0 || audio >= ms && c.End > audio {
				t.Fatalf("cue %d is %v to %v after %v, in %v of audio", i, c.Start, c.End, last, audio)
			}
			last = c.Start
		}
		if diff := cmp.Diff(got, Arrange(got, audio)); diff != "" {
			t.Fatalf("arranged again (-once +twice):\n%s", diff)
		}
	})
}

func hostileTime(t *rapid.T, label string) time.Duration {
	return time.Duration(rapid.OneOf(
		rapid.Int64Range(-2, 20_000_000),
		rapid.Int64Range(-int64(time.Second), int64(200*time.Hour)),
		rapid.Int64(),
		rapid.SampledFrom([]int64{0, 1, int64(ms), int64(time.Second), math.MaxInt64, math.MinInt64}),
	).Draw(t, label))
}

func hostileCues(t *rapid.T) []Cue {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Cue {
		return Cue{
			Start: hostileTime(t, "start"), End: hostileTime(t, "end"),
			Speaker: hostileText(t, "speaker"), Text: hostileText(t, "text"),
		}
	}), 0, 6).Draw(t, "cues")
}

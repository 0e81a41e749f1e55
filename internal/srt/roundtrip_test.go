package srt

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// checkRoundTrip writes the cues in both formats, reads them back and wants the same cues, and the same bytes when they
// are written again.
func checkRoundTrip(t failer, arranged []Cue, lang string) {
	t.Helper()
	var file bytes.Buffer
	if err := WriteSRT(&file, arranged); err != nil {
		t.Errorf("%v", err)
		return
	}
	for line := range strings.Lines(file.String()) {
		if len(line) > 4095 {
			t.Errorf("SRT line of %d bytes, more than ffmpeg reads at once: %s", len(line), quote(line))
		}
	}
	back, err := ParseSRT(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Errorf("%v in\n%s", err, quote(file.String()))
		return
	}
	if diff := cmp.Diff(prefixed(arranged), back); diff != "" {
		t.Errorf("SRT (-written +read):\n%s", diff)
	}
	var again bytes.Buffer
	if err := WriteSRT(&again, back); err != nil || !bytes.Equal(file.Bytes(), again.Bytes()) {
		t.Errorf("SRT written again: %v, %s, first %s", err, quote(again.String()), quote(file.String()))
	}

	file.Reset()
	if err := WriteVTT(&file, arranged, lang); err != nil {
		t.Errorf("%v", err)
		return
	}
	back, err = ParseVTT(bytes.NewReader(file.Bytes()))
	if err != nil {
		t.Errorf("%v in\n%s", err, quote(file.String()))
		return
	}
	if diff := cmp.Diff(arranged, back); diff != "" {
		t.Errorf("VTT (-written +read):\n%s", diff)
	}
	// Whatever the text, the file has one arrow a cue and no other.
	if n := strings.Count(file.String(), "-->"); n != len(arranged) {
		t.Errorf("VTT of %d cues has %d arrows", len(arranged), n)
	}
}

// prefixed returns the cues as SubRip can express them: the speaker in front of the text, on a line that may have to be
// broken for it.
func prefixed(cues []Cue) []Cue {
	var out []Cue
	for _, c := range cues {
		if c.Speaker != "" {
			c.Speaker, c.Text = "", Clean(c.Speaker+": "+c.Text)
		}
		out = append(out, c)
	}
	return out
}

func TestRoundTripNasty(t *testing.T) {
	var all []Cue
	for i, tt := range nasty {
		start := time.Duration(i) * 10 * time.Hour
		all = append(all,
			Cue{Start: start, End: start + time.Second, Text: tt.in},
			Cue{Start: start + time.Second, End: start + 2*time.Second, Speaker: tt.in, Text: tt.in})
	}
	checkRoundTrip(t, Arrange(all, 0), "es")
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkRoundTrip(t, Arrange(hostileCues(t), hostileTime(t, "audio")), hostileText(t, "lang"))
	})
}

// The writers promise valid files even if someone touched the text after Arrange.
func TestWritersCleanAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cues := Arrange(hostileCues(t), 0)
		for i := range cues {
			cues[i].Speaker = hostileText(t, "speaker")
			cues[i].Text += hostileText(t, "more")
		}
		var srt, vtt bytes.Buffer
		if err := WriteSRT(&srt, cues); err != nil {
			t.Fatal(err)
		}
		if err := WriteVTT(&vtt, cues, ""); err != nil {
			t.Fatal(err)
		}
		want := Arrange(cues, 0)
		if got, err := ParseSRT(&srt); err != nil || !cmp.Equal(got, prefixed(want)) {
			t.Fatalf("SRT: %v\n%s", err, cmp.Diff(prefixed(want), got))
		}
		if got, err := ParseVTT(&vtt); err != nil || !cmp.Equal(got, want) {
			t.Fatalf("VTT: %v\n%s", err, cmp.Diff(want, got))
		}
	})
}

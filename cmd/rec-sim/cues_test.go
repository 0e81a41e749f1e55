package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// play returns the ids of the cues that a script sends while the audio goes on in frames of 100 ms at 1 kHz.
func play(t *testing.T, s script, total int64) (ids []string) {
	t.Helper()
	p := &plan{rate: 1000, frame: 100, total: total, script: s}
	track := newCueTrack(p, 0, func(c cue) error {
		ids = append(ids, c.ID)
		return nil
	})
	for pos := int64(0); pos < total; {
		pos += min(p.frame, total-pos)
		track.upTo(pos, p)
	}
	return ids
}

func TestListedCuesGoInTheOrderInWhichTheyAreDue(t *testing.T) {
	s := inOrder([]cue{
		{ID: "late", StartMs: 0, EndMs: 900},
		{ID: "rev1", StartMs: 100, EndMs: 300, Revision: 1},
		{ID: "rev2", StartMs: 100, EndMs: 300, Revision: 2},
		{ID: "beyond", StartMs: 5000, EndMs: 6000},
	})
	if got, want := play(t, s, 1000), []string{"rev1", "rev2", "late", "beyond"}; !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
}

func TestLoopedCuesFollowTheAudio(t *testing.T) {
	s := looped{turn: time.Second, until: 2500 * time.Millisecond, cues: inOrder([]cue{
		{ID: "a", StartMs: 0, EndMs: 400}, {ID: "b", StartMs: 600, EndMs: 950},
	})}
	// The third b would begin at 2.6 s, after the end.
	if got, want := play(t, s, 2500), []string{"a", "b", "a/2", "b/2", "a/3"}; !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
	c, due, _ := s.cue(0, 3)
	if c.StartMs != 1600 || c.EndMs != 1950 || due != 1950*time.Millisecond {
		t.Errorf("second b is %+v, due %s", c, due)
	}
	if _, _, ok := (looped{turn: time.Second, until: time.Hour}).cue(0, 0); ok {
		t.Error("a cue out of nothing")
	}
}

func TestMadeUpCues(t *testing.T) {
	s := madeUp{ids: []string{"x", "y"}, languages: []string{"es", "en"}, until: 4 * time.Second}
	if got, want := play(t, s, 4000), strings.Fields("x-0 y-0 x-0 y-0 x-1 y-1 x-1 y-1"); !slices.Equal(got, want) {
		t.Errorf("sent %v, want %v", got, want)
	}
	c, due, ok := s.cue(10, 7)
	if want := (cue{
		ID: "y-1", Channel: "y", Language: "en", StartMs: 2200, EndMs: 3800, Text: "channel 11, cue 1.", Speaker: "rec-sim",
		Final: true, Revision: 2,
	}); c != want || due != 3800*time.Millisecond || !ok {
		t.Errorf("%+v, due %s, %v; want %+v", c, due, ok, want)
	}
}

func TestRefusedCuesAreCounted(t *testing.T) {
	no := errors.New("no")
	p := &plan{rate: 1000, frame: 100, total: 100, script: listed{{ID: "1", Channel: "x"}, {ID: "2"}}}
	track := newCueTrack(p, 0, func(cue) error { return no })
	track.upTo(100, p)
	if track.refused != 2 || track.sent != 0 || !errors.Is(track.first, no) || !strings.Contains(track.first.Error(), `cue "1" of channel "x"`) {
		t.Errorf("%d refused, %d sent, first %v", track.refused, track.sent, track.first)
	}
}

func TestParseCues(t *testing.T) {
	got, err := parseCues(strings.NewReader("\n {\"id\":\"1\",\"channel\":\"*\",\"startMs\":5,\"future\":[]}\n\n"))
	if err != nil || len(got) != 1 || got[0] != (cue{ID: "1", Channel: "*", StartMs: 5}) {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"{}\n{\"startMs\":\"soon\"}":        "line 2: ",
		"{}\n\n[]":                          "line 3: ",
		"{}\n" + strings.Repeat("x", 2<<20): "line 2: ",
	} {
		if _, err := parseCues(strings.NewReader(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want one that begins with %q", err, want)
		}
	}
}

package srt

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What ParseSRT accepts is exactly what WriteSRT writes.
func FuzzParseSRT(f *testing.F) {
	seedFiles(f, func(w *bytes.Buffer, cues []Cue) error { return WriteSRT(w, cues) })
	f.Fuzz(func(t *testing.T, file []byte) {
		cues, err := ParseSRT(bytes.NewReader(file))
		if err != nil {
			wantSyntaxError(t, err)
			return
		}
		var again bytes.Buffer
		if err := WriteSRT(&again, cues); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(file, again.Bytes()) {
			t.Errorf("accepted %q, wrote %q", file, again.Bytes())
		}
	})
}

// What ParseVTT accepts is what WriteVTT writes, but for the comments.
func FuzzParseVTT(f *testing.F) {
	seedFiles(f, func(w *bytes.Buffer, cues []Cue) error { return WriteVTT(w, cues, "ca") })
	f.Fuzz(func(t *testing.T, file []byte) {
		cues, err := ParseVTT(bytes.NewReader(file))
		if err != nil {
			wantSyntaxError(t, err)
			return
		}
		var again bytes.Buffer
		if err := WriteVTT(&again, cues, ""); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(file, []byte("NOTE ")) && !bytes.Equal(file, again.Bytes()) {
			t.Errorf("accepted %q, wrote %q", file, again.Bytes())
		}
		back, err := ParseVTT(&again)
		if err != nil || !cmp.Equal(cues, back) {
			t.Errorf("read again: %v\n%s", err, cmp.Diff(cues, back))
		}
	})
}

// Any two cues survive Arrange, both writers and both parsers.
func FuzzRoundTrip(f *testing.F) {
	for _, tt := range nasty {
		if len(tt.in) < 1000 {
			f.Add(tt.in, tt.in, int64(time.Second), int64(2*time.Second), int64(time.Minute))
		}
	}
	f.Fuzz(func(t *testing.T, text, speaker string, start, end, audio int64) {
		checkCleanRules(t, text)
		checkRoundTrip(t, Arrange([]Cue{
			{Start: time.Duration(start), End: time.Duration(end), Speaker: speaker, Text: text},
			{Start: time.Duration(end), End: time.Duration(start), Text: speaker + text},
		}, time.Duration(audio)), speaker)
	})
}

func seedFiles(f *testing.F, write func(*bytes.Buffer, []Cue) error) {
	f.Helper()
	files := [][]Cue{nil, Arrange(sample, 0)}
	for _, tt := range nasty {
		if len(tt.in) < 1000 {
			files = append(files, Arrange([]Cue{{0, ms, "", tt.in}, {ms, 100 * time.Hour, tt.in, tt.in}}, 0))
		}
	}
	for _, cues := range files {
		var file bytes.Buffer
		if err := write(&file, cues); err != nil {
			f.Fatal(err)
		}
		f.Add(file.Bytes())
		f.Add(bytes.ReplaceAll(file.Bytes(), []byte("\n"), []byte("\r\n")))
		f.Add(file.Bytes()[:file.Len()/2])
	}
}

func wantSyntaxError(t *testing.T, err error) {
	t.Helper()
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		t.Errorf("bytes in memory gave %v, want a *SyntaxError", err)
	}
}

package finalize

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/limits"
	"github.com/ilenia-live/rec/internal/spool"
)

// A manifest may be longer than a session.json may, because it lists gaps; past its own limit it is refused before it is read.
func TestManifestHasItsOwnLimit(t *testing.T) {
	s := newScene(t)
	root, err := durable.OpenRoot(s.root)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	f, err := os.OpenFile(filepath.Join(s.root, s.dir, "manifest.json"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	text, err := json.Marshal(s.m)
	if err != nil {
		t.Fatal(err)
	}
	// White space in front: the manifest's last byte lies past the limit of a session.json.
	long := make([]byte, limits.SessionFileBytes, limits.SessionFileBytes+len(text))
	for i := range long {
		long[i] = ' '
	}
	if _, err := f.Write(append(long, text...)); err != nil {
		t.Fatal(err)
	}
	if m, err := ReadManifest(root, s.dir); err != nil || m.SessionID != s.m.SessionID || len(m.Channels) != 2 {
		t.Errorf("%d bytes: session %q, %d channels, %v", len(long)+len(text), m.SessionID, len(m.Channels), err)
	}
	if err := f.Truncate(limits.ManifestBytes + 1); err != nil { // a hole
		t.Fatal(err)
	}
	if _, err := ReadManifest(root, s.dir); !errors.Is(err, durable.ErrTooLarge) {
		t.Errorf("%d bytes: %v, want %v", limits.ManifestBytes+1, err, durable.ErrTooLarge)
	}
}

// What could be finalized can be read: the gaps of the longest journal that is read make no longer a manifest than is read. They
// are those of a session that has enough of them for it to matter.
func TestManifestOfTheLongestJournal(t *testing.T) {
	for _, kind := range []spool.GapKind{spool.KindSilence, spool.KindConcealed} {
		const n = 1_000_000 // of 10 million and more that a journal holds
		g := spool.Gap{N: n, At: 40 * n, Start: 40 * n, Length: 20, Cause: spool.CauseLoss, Kind: kind}
		record, err := spool.AppendRecord(nil, spool.GapRecord(1, g))
		if err != nil {
			t.Fatal(err)
		}
		size := func(gaps ...Gap) int {
			p, err := json.MarshalIndent(Manifest{Channels: []Channel{{Gaps: gaps}}}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			return len(p)
		}
		entry := Gap{Start: g.Start, Length: g.Length, Cause: g.Cause.String(), Concealed: kind == spool.KindConcealed}
		each := size(entry, entry) - size(entry)
		if got := limits.JournalBytes / len(record) * each; got > limits.ManifestBytes {
			t.Errorf("kind %d: %d bytes, limit %d; a gap has %d, and %d in the journal", kind, got, limits.ManifestBytes, each, len(record))
		}
	}
}

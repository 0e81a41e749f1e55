package recorder_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/recorder"
)

// crash closes a session of one channel as a crash would, recovers it, and returns the samples and what the manifest says of
// the channel.
func crash(t *testing.T, root string, r *recorder.Recorder, s *recorder.Session) ([]byte, finalize.Channel) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := cleanup.Recover(t.Context(), root, cleanup.Options{})
	if err != nil || report.Published != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	verified(t, root, 1)
	for _, m := range manifests(t, root) {
		return samples(t, filepath.Join(root, report.Sessions[0].Path, "floor.wav")), m.Channels[0]
	}
	t.Fatal("no manifest")
	return nil, finalize.Channel{}
}

// Packets that wait because the sender's timestamps jumped are recovered after what was played, not where the timestamps say.
func TestCrashAfterJumpOfTimestamps(t *testing.T) {
	for _, row := range []struct {
		name string
		jump uint32
	}{
		{"an hour ahead", 30_000_000}, {"an hour back", 1<<32 - 30_000_000}, {"as far as can be", 1<<31 - 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root})
			st := plainStream("pcmu", 8000, 160)
			s := create(t, r, st.spec)
			c := channel(t, s, "floor")
			at := time.Duration(0)
			play(t, c, st, &at, 100)
			st.ts += row.jump
			play(t, c, st, &at, 10)
			pcm, _ := crash(t, root, r, s)
			// All ten, where they came.
			if got := time.Duration(len(pcm)/2) * time.Second / 8000; got < at || got > at+20*time.Millisecond {
				t.Errorf("%s recovered of %s", got, at)
			}
		})
	}
}

// What waited is recovered in the order in which it was spoken, however it came.
func TestCrashKeepsTheOrder(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	st := plainStream("l16", 8000, 320)
	st.payload = func(n int) []byte { return bytes.Repeat([]byte{byte(n + 1)}, 320) }
	s := create(t, r, st.spec)
	c := channel(t, s, "floor")
	var ps [][]byte
	for range 10 {
		ps = append(ps, st.next())
	}
	const each = 20 * time.Millisecond
	for i, k := range []int{0, 2, 1, 3, 5, 4, 6, 7, 9, 8} {
		if err := c.WriteRTPAt(time.Duration(i+1)*each, ps[k]); err != nil {
			t.Fatal(err)
		}
	}
	pcm, _ := crash(t, root, r, s)
	if got := time.Duration(len(pcm)/2) * time.Second / 8000; got < 10*each || got > 11*each {
		t.Errorf("%s recovered of %s", got, 10*each)
	}
	heard := slices.DeleteFunc(slices.Compact(pcm), func(b byte) bool { return b == 0 })
	if want := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}; !slices.Equal(heard, want) {
		t.Errorf("recovered: %v", heard)
	}
}

// A machine that lacks the decoder that the session had recovers it with another.
func TestCrashWhoseDecoderIsGone(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root, Opus: "pion"})
	st := opusStream()
	s := create(t, r, st.spec)
	c := channel(t, s, "floor")
	at := time.Duration(0)
	play(t, c, st, &at, 100)
	st.next() // lost, so that what follows waits
	at += 20 * time.Millisecond
	play(t, c, st, &at, 10)
	names, err := filepath.Glob(filepath.Join(root, ".spool", "*", "*", "session.json"))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	p, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	gone := bytes.Replace(p, []byte(`"opus": "pion"`), []byte(`"opus": "gone"`), 1)
	if bytes.Equal(gone, p) {
		t.Fatalf("no decoder in %s", p)
	}
	if err := os.WriteFile(names[0], gone, 0o640); err != nil {
		t.Fatal(err)
	}
	pcm, ch := crash(t, root, r, s)
	if len(pcm)/2 != 111*960 || ch.Source.Received != 110*960 {
		t.Errorf("%d frames recovered, of which %d were received; want %d and %d", len(pcm)/2, ch.Source.Received, 111*960, 110*960)
	}
}

// A mask holds for what waits already, also when the process dies.
func TestMaskOfWhatWaitsSurvivesCrash(t *testing.T) {
	const each = 160
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	st := plainStream("l16", 8000, 2*each)
	s := create(t, r, st.spec)
	c := channel(t, s, "floor")
	at := time.Duration(0)
	play(t, c, st, &at, 100)
	from := at
	st.next() // lost: what follows waits
	at += 20 * time.Millisecond
	play(t, c, st, &at, 15)
	c.MaskAt(from)
	pcm, ch := crash(t, root, r, s)
	if rest := pcm[2*100*each:]; !bytes.Equal(rest, make([]byte, len(rest))) {
		t.Errorf("what was masked is in the recording: %v", ch.Gaps)
	}
}

// Old copies that came just before the process died are not recorded once more.
func TestOldCopiesAreNotRecovered(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	st := plainStream("l16", 8000, 320)
	s := create(t, r, st.spec)
	c := channel(t, s, "floor")
	at := time.Duration(0)
	var old [][]byte
	for n := range 2000 {
		at += 20 * time.Millisecond
		p := st.next()
		if n < 4 {
			old = append(old, bytes.Clone(p))
		}
		if err := c.WriteRTPAt(at, p); err != nil {
			t.Fatal(err)
		}
		if n%40 == 39 {
			if err := s.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, p := range old {
		if err := c.WriteRTPAt(at, p); err != nil {
			t.Fatal(err)
		}
	}
	if _, ch := crash(t, root, r, s); ch.Audio.Samples != 2000*160 {
		t.Errorf("%d samples, want %d", ch.Audio.Samples, 2000*160)
	}
}

package peer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func smallTask(t *testing.T) Task {
	t.Helper()
	a, err := NewAudio()
	if err != nil {
		t.Fatal(err)
	}
	return Task{Dir: t.TempDir(), Staging: "volume", Channels: 4, Seconds: 1, SessionChannels: 3, Syncers: 2, Audio: a}
}

// Everybody writes four channels of a second, and everybody's files hold it.
func TestContestants(t *testing.T) {
	names := map[string]bool{}
	for _, c := range Contestants() {
		t.Run(c.Name, func(t *testing.T) {
			if names[c.Name] {
				t.Error("two of that name")
			}
			names[c.Name] = true
			if !c.Installed() {
				t.Logf("%s is not installed", c.Program)
				return
			}
			task := smallTask(t)
			if err := Run(task, c.Peer(task)); err != nil {
				t.Error(err)
			}
		})
	}
	for _, name := range []string{RecorderName, WAVSyncName, BufioName, NothingName} {
		if !names[name] {
			t.Errorf("figures are compared by %s, who is not there", name)
		}
	}
}

func TestCheckNotices(t *testing.T) {
	for what, damage := range map[string]func(p []byte) []byte{
		"a sample that changed":      func(p []byte) []byte { p[len(p)/2]++; return p },
		"one that is missing":        func(p []byte) []byte { return p[:len(p)-2] },
		"one too many":               func(p []byte) []byte { return append(p, 0, 0) },
		"an empty file":              func(p []byte) []byte { return nil },
		"frames in the wrong places": func(p []byte) []byte { return append(p[FrameBytes:], p[:FrameBytes]...) },
	} {
		task := smallTask(t)
		p := newFile(task, Contestant{Sync: never}).(*rawFile)
		if err := Run(task, p); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(p.name(2))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p.name(2), damage(data), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), "channel 2") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Two channels that say the same would hide a peer that mixes them up.
func TestChannelsDiffer(t *testing.T) {
	a := smallTask(t).Audio
	if string(a.Frame(0, 10)) == string(a.Frame(1, 10)) {
		t.Error("two channels begin alike")
	}
	for _, at := range []int{0, 1257, 1258, 1259, 1 << 20} {
		pcm, ints := a.Frame(3, at), a.Ints(3, at)
		if len(pcm) != FrameBytes || len(ints) != FrameSamples {
			t.Errorf("frame %d: %d bytes, %d ints", at, len(pcm), len(ints))
		}
		if got := int16(uint16(pcm[200]) | uint16(pcm[201])<<8); int(got) != ints[100] {
			t.Errorf("frame %d: sample 100 is %d and %d", at, got, ints[100])
		}
	}
}

func TestOpenTwiceIsRefused(t *testing.T) {
	task := smallTask(t)
	if err := os.WriteFile(filepath.Join(task.Dir, "ch00003.pcm"), nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Run(task, newFile(task, Contestant{})); err == nil {
		t.Error("a file that was there was taken over")
	}
}

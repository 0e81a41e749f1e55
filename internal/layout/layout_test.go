package layout

import (
	"path"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	madrid := time.FixedZone("CET", 3600)
	for _, row := range []struct{ what, got, want string }{
		{"spool of a process", Instance("host-1"), ".spool/host-1"},
		{"session in progress", Session("host-1", "Sala 1"), ".spool/host-1/Sala%201"},
		{"a session called LOCK", Session("host-1", "LOCK"), ".spool/host-1/%4COCK"},
		{"finished", Finished(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), "s", 1), "2026/11/23/s"},
		{"finished, id used again", Finished(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), "s", 2), "2026/11/23/s~2"},
		{"finished, and many times", Finished(time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), "s", 12), "2026/11/23/s~12"},
		{"the day is UTC's", Finished(time.Date(2027, 1, 1, 0, 30, 0, 0, madrid), "s", 1), "2026/12/31/s"},
		{"leading zeros", DateDir(time.Date(987, 1, 2, 3, 4, 5, 6, time.UTC)), "0987/01/02"},
		{"part", Part("floor"), "floor.wav.part"},
		{"audio", WAV("floor"), "floor.wav"},
		{"audio of a hidden channel", WAV(".floor"), "%2Efloor.wav"},
		{"transcript", Transcript("floor", "zh-Hant", "srt"), "floor.zh-Hant.srt"},
		{"transcript in a language that is none", Transcript("floor", "../x", "vtt"), "floor.%2E.%2Fx.vtt"},
	} {
		if row.got != row.want {
			t.Errorf("%s: %q, want %q", row.what, row.got, row.want)
		}
	}
}

// Two sessions of one day, each with any number of recordings, never share a place; nor does one lie in the other.
func TestFinishedNamesAreDifferent(t *testing.T) {
	day := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawID(t, "a"), drawID(t, "b")
		if rapid.Bool().Draw(t, "related") {
			b = a + rapid.SampledFrom([]string{"~2", "~1", "%7E2", ".2"}).Draw(t, "suffix")
		}
		m, n := rapid.IntRange(1, 30).Draw(t, "m"), rapid.IntRange(1, 30).Draw(t, "n")
		left, right := Finished(day, a, m), Finished(day, b, n)
		if (left == right) != (a == b && m == n) || strings.HasPrefix(left, right+"/") {
			t.Fatalf("%q number %d is at %s, %q number %d at %s", a, m, left, b, n, right)
		}
		if !IsDatePath(left) || path.Dir(left) != DateDir(day) {
			t.Fatalf("%s is not below its day", left)
		}
	})
}

// Nothing of one channel has the name of anything of another, or of the session's own files.
func TestFilesOfChannelsAreDifferent(t *testing.T) {
	language := rapid.StringMatching(`[a-z]{2,3}(-[A-Za-z0-9]{1,8})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawID(t, "a"), drawID(t, "b")
		l, k := language.Draw(t, "language"), language.Draw(t, "other language")
		if rapid.Bool().Draw(t, "related") {
			b = a + rapid.SampledFrom([]string{".wav", "." + l, "." + l + ".srt", ".wav.part", ".part", ".vtt"}).Draw(t, "suffix")
		}
		if a == b {
			return
		}
		owner := map[string]string{ManifestFile: "us", ReasonFile: "us", SessionFile: "us", JournalFile: "us", StageFile: "us", PubDir: "us", LockFile: "us"}
		for _, id := range []string{a, b} {
			names := map[string]bool{Part(id): true, WAV(id): true}
			for _, tag := range []string{l, k} {
				names[Transcript(id, tag, "srt")], names[Transcript(id, tag, "vtt")] = true, true
			}
			for name := range names {
				if other, taken := owner[name]; taken {
					t.Fatalf("%s belongs to %q and to %q", name, id, other)
				}
				owner[name] = id
			}
		}
	})
}

func TestIsDatePath(t *testing.T) {
	for name, want := range map[string]bool{
		"2026":                   true,
		"2026/11":                true,
		"2026/11/23":             true,
		"2026/11/23/s":           true,
		"2026/11/23/s/floor.wav": true,
		".spool":                 false,
		".spool/2026":            false,
		".quarantine/2026":       false,
		"202/11/23":              false,
		"20266/11/23":            false,
		"2026/1/23":              false,
		"2026/11/2x":             false,
		"2026/ab":                false,
		"lost+found":             false,
		"":                       false,
		"２０２６":                   false,
	} {
		if got := IsDatePath(name); got != want {
			t.Errorf("IsDatePath(%q) = %v, want %v", name, got, want)
		}
	}
}

package recorder_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ilenia-live/rec/recorder"
)

func TestConfigOutOfRange(t *testing.T) {
	for _, row := range []struct {
		name         string
		change       func(*recorder.Config)
		field, value string
	}{
		{"no root", func(c *recorder.Config) { c.Root = "" }, "Root", ""},
		{"sync below the least", func(c *recorder.Config) { c.Sync.Every = 20*time.Millisecond - 1 }, "Sync.Every", "19.999999ms"},
		{"sync below zero", func(c *recorder.Config) { c.Sync.Every = -time.Second }, "Sync.Every", "-1s"},
		{"sync above the most", func(c *recorder.Config) { c.Sync.Every = time.Minute + 1 }, "Sync.Every", "1m0.000000001s"},
		{"buffer below the least", func(c *recorder.Config) { c.Buffer = 250*time.Millisecond - 1 }, "Buffer", "249.999999ms"},
		{"buffer below zero", func(c *recorder.Config) { c.Buffer = -1 }, "Buffer", "-1ns"},
		{"buffer above the most", func(c *recorder.Config) { c.Buffer = time.Minute + 1 }, "Buffer", "1m0.000000001s"},
		{"sessions below zero", func(c *recorder.Config) { c.Sessions = -1 }, "Sessions", "-1"},
		{"sessions above the most", func(c *recorder.Config) { c.Sessions = 20_001 }, "Sessions", "20001"},
		{"writers below zero", func(c *recorder.Config) { c.Writers = -1 }, "Writers", "-1"},
		{"writers above the most", func(c *recorder.Config) { c.Writers = 257 }, "Writers", "257"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "root")
			cfg := recorder.Config{Root: dir}
			row.change(&cfg)
			r, err := recorder.Open(t.Context(), cfg)
			wantFieldError(t, err, row.field, row.value)
			if r != nil {
				t.Error("a recorder comes with the error")
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the root was made: %v", err)
			}
		})
	}
}

// Every bound of Config works itself: a recorder opens with it and records.
func TestConfigAtTheLimits(t *testing.T) {
	for _, row := range []struct {
		name string
		cfg  recorder.Config
	}{
		{"least", recorder.Config{Sync: recorder.Sync{Every: 20 * time.Millisecond}, Buffer: 250 * time.Millisecond, Sessions: 1, Writers: 1}},
		{"most", recorder.Config{Sync: recorder.Sync{Every: time.Minute}, Buffer: time.Minute, Idle: 1 << 62, Sessions: 20_000, Writers: 256}},
		{"per audio", recorder.Config{Sync: recorder.Sync{Every: 20 * time.Millisecond, PerAudio: true}, Buffer: 250 * time.Millisecond}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.cfg.Root = t.TempDir()
			r := open(t, row.cfg)
			s := create(t, r, mono("floor"))
			feed(t, channel(t, s, "floor"), 0, 0, 25)
			if m := destroy(t, s); m.Outcome != "ok" || m.Channels[0].Audio.Samples != 24000 {
				t.Errorf("outcome %s, %d samples", m.Outcome, m.Channels[0].Audio.Samples)
			}
			verified(t, row.cfg.Root, 1)
		})
	}
}

// A place where nothing can be recorded is found out by Open, with what the kernel said and where.
func TestRootThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("not ours"), 0o600); err != nil {
		t.Fatal(err)
	}
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "dangling")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		name, root string
		want       syscall.Errno
	}{
		{"a file", file, syscall.ENOTDIR},
		{"below a file", filepath.Join(file, "root"), syscall.ENOTDIR},
		{"a FIFO", filepath.Join(dir, "fifo"), syscall.ENOTDIR},
		{"a link that leads nowhere", filepath.Join(dir, "dangling"), syscall.EEXIST},
		{"a name of 5,000 bytes", filepath.Join(dir, strings.Repeat("n", 5000)), syscall.ENAMETOOLONG},
		{"a name with NUL", filepath.Join(dir, "a\x00b"), syscall.EINVAL},
	}
	if os.Geteuid() == 0 {
		// Modes don't stop root; a file system that makes no directories does.
		rows = append(rows, struct {
			name, root string
			want       syscall.Errno
		}{"no permission", "/proc/self/recordings", syscall.ENOENT})
	} else {
		rows = append(rows, struct {
			name, root string
			want       syscall.Errno
		}{"no permission", closed, syscall.EACCES})
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			r, err := recorder.Open(t.Context(), recorder.Config{Root: row.root, Staging: "volume"})
			if !errors.Is(err, row.want) {
				t.Errorf("%v, want %v", err, row.want)
			}
			if err != nil && !strings.HasPrefix(err.Error(), "open recorder") {
				t.Errorf("%q doesn't say what failed", err)
			}
			if r != nil {
				t.Error("a recorder comes with the error")
			}
		})
	}
	if p, err := os.ReadFile(file); err != nil || string(p) != "not ours" {
		t.Errorf("the file holds %q, %v", p, err)
	}
	if left := tree(t, closed); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

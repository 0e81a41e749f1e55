package main

import (
	"strings"
	"testing"

	"github.com/ilenia-live/rec/internal/exit"
)

func TestChoose(t *testing.T) {
	roomy := host{memory: 64 << 30, disk: 1 << 40, files: 1 << 20}
	for _, row := range []struct {
		what        string
		host        host
		ask, second int
		want        int
		complaint   string
	}{
		{"the default", roomy, 0, 4, 2000, ""},
		{"what was asked for", roomy, 5000, 4, 5000, ""},
		{"long audio, 3 GB of disk", roomy, 0, 60, 520, ""},
		{"long audio, as asked for", roomy, 2000, 60, 2000, ""},
		{"little memory", host{memory: 1 << 30, disk: 1 << 40, files: 1 << 20}, 0, 4, 256, ""},
		{"little memory, much asked", host{memory: 1 << 30, disk: 1 << 40, files: 1 << 20}, 300, 4, 0, "memory"},
		{"a small disk", host{memory: 64 << 30, disk: diskSlack + 384e6, files: 1 << 20}, 0, 4, 1000, ""},
		{"a full disk", host{memory: 64 << 30, disk: 1e6, files: 1 << 20}, 0, 4, 0, "disk"},
		{"few files", host{memory: 64 << 30, disk: 1 << 40, files: 1024}, 1000, 4, 0, "ulimit"},
	} {
		n, err := row.host.choose(&options{channels: row.ask, seconds: row.second})
		if row.complaint == "" && (err != nil || n != row.want) {
			t.Errorf("%s: %d, %v, want %d", row.what, n, err, row.want)
		}
		if row.complaint != "" && (exit.Code(err) != exit.Env || !strings.Contains(err.Error(), row.complaint)) {
			t.Errorf("%s: %d, %v, want an error about %s", row.what, n, err, row.complaint)
		}
	}
}

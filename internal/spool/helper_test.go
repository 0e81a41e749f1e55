package spool

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ilenia-live/rec/internal/durable"
)

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// exampleMeta is a session of as many channels as it is given rings.
func exampleMeta(rings ...int64) Meta {
	m := Meta{
		Schema: Schema, RecordingID: "01935a3e-7b1c-7f00-8000-000000000001", SessionID: "Sala 1", EventID: "pleno",
		Instance: "host-1", StartedAt: time.Date(2026, 11, 23, 10, 30, 0, 500_000_000, time.UTC), SyncEveryMs: 1000,
		Metadata: []byte(`{"room":"1"}`),
	}
	for i, ring := range rings {
		m.Channels = append(m.Channels, ChannelMeta{
			ID: fmt.Sprintf("ch%02d", i), Label: "Señal", Language: "es", Codec: "opus", SampleRate: 48000, Channels: 1 + i%8, RingBytes: ring,
		})
	}
	return m
}

// newRoot is a root on a tmpfs where there is one: nothing here asks whether a disk keeps its word.
func newRoot(t testing.TB) *durable.Root {
	t.Helper()
	dir := ""
	var st unix.Statfs_t
	if err := unix.Statfs("/dev/shm", &st); err == nil && st.Type == unix.TMPFS_MAGIC {
		if made, err := os.MkdirTemp("/dev/shm", "rec-test-"); err == nil {
			t.Cleanup(func() { _ = os.RemoveAll(made) })
			dir = made
		}
	}
	if dir == "" {
		dir = t.TempDir()
	}
	root, err := durable.OpenRoot(dir)
	must(t, err)
	t.Cleanup(func() { _ = root.Close() })
	return root
}

func newStage(t testing.TB, m Meta) (*Stage, []byte) {
	t.Helper()
	mem := make([]byte, m.StageBytes())
	s, err := FormatStage(mem, m)
	must(t, err)
	return s, mem
}

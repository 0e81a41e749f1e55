package finalize_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/durable/faultfs"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
)

const each = 160 // frames of a packet, 20 ms

// packet is a packet of which every byte is its number.
func packet(number byte, frame, arrival int64, cause spool.Cause) spool.HeldPacket {
	return spool.HeldPacket{
		Held:    spool.Held{Number: uint64(number), Ticks: frame, Span: each, At: frame, Arrival: arrival * 1e6, Cause: cause},
		Payload: bytes.Repeat([]byte{number}, 2*each),
	}
}

// heldSession is what a process leaves that died while these packets waited, before it had played one.
func heldSession(t *testing.T, packets ...spool.HeldPacket) spooled {
	t.Helper()
	root := openRoot(t, tempDir(t))
	meta := spool.Meta{
		Schema: spool.Schema, RecordingID: "rec-1", SessionID: "s-1", Instance: "i-1", SyncEveryMs: 1000,
		StartedAt: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC),
		Channels:  []spool.ChannelMeta{{ID: "floor", Codec: "l16", SampleRate: rate, Channels: 1, RingBytes: 8 << 10, HoldBytes: spool.HoldBytes}},
	}
	if err := durable.MkdirAll(root, layout.Instance("i-1")); err != nil {
		t.Fatal(err)
	}
	var mapping *durable.Mapping
	files, err := spool.Create(root, meta, func(dir string) (err error) {
		mapping, err = root.CreateMapping(filepath.Join(dir, layout.StageFile), meta.StageBytes())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	stage, err := spool.FormatStage(mapping.Bytes, meta)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packets {
		stage.Areas[0].Hold.Put(p.Held, p.Payload)
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := mapping.Close(); err != nil {
		t.Fatal(err)
	}
	return spooled{root: root, dir: meta.Dir(), meta: meta}
}

// What waited comes out in the order of its numbers, silent where it was withheld, and none of it far from when it came.
func TestPublishPlaysWhatWaited(t *testing.T) {
	const none, mute, mask = spool.CauseNone, spool.CauseMute, spool.CauseMask
	for _, row := range []struct {
		name    string
		packets []spool.HeldPacket
		want    []byte // of each packet's length of the file, its first byte
		gaps    []finalize.Gap
	}{
		{"one after the other", []spool.HeldPacket{packet(1, 0, 20, none), packet(2, each, 40, none)}, []byte{1, 2}, nil},
		{"one missing", []spool.HeldPacket{packet(1, 0, 20, none), packet(3, 2*each, 60, none)}, []byte{1, 0, 3},
			[]finalize.Gap{{Start: each, Length: each, Cause: "loss"}}},
		{"guessed to lie in another order", []spool.HeldPacket{packet(2, 0, 20, none), packet(1, each, 40, none)}, []byte{0, 1, 2},
			[]finalize.Gap{{Start: 0, Length: each, Cause: "late_join"}}},
		{"guessed to lie a day later", []spool.HeldPacket{packet(1, 0, 20, none), packet(2, 86400*rate, 40, none)},
			[]byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, []finalize.Gap{{Start: each, Length: 11 * each, Cause: "loss"}}}, // 240 ms
		{"the last withheld", []spool.HeldPacket{packet(1, 0, 20, none), packet(2, each, 40, mask), packet(4, 3*each, 80, mask)},
			[]byte{1, 0, 0, 0}, []finalize.Gap{{Start: each, Length: 3 * each, Cause: "mask"}}},
		{"the first withheld", []spool.HeldPacket{packet(1, 0, 20, mute), packet(2, each, 40, mask), packet(3, 2*each, 60, none)},
			[]byte{0, 0, 3}, []finalize.Gap{{Start: 0, Length: each, Cause: "mute"}, {Start: each, Length: each, Cause: "mask"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			fresh := heldSession(t, row.packets...)
			for k := 1; ; k++ { // each call to the disk fails once
				s := fresh.clone(t)
				disk := faultfs.New(s.root)
				disk.FailAt(k, faultfs.Modes[0], syscall.EIO)
				_, err := finalize.Publish(t.Context(), finalize.Env{FS: disk}, s.dir)
				if err != nil {
					_, err = finalize.Publish(t.Context(), finalize.Env{FS: s.root, Rewrite: true}, s.dir)
				}
				if err != nil {
					t.Fatalf("call %d: %v", k, err)
				}
				checkHeld(t, s, row.want, row.gaps)
				if t.Failed() || !disk.Failed() {
					return
				}
			}
		})
	}
}

func checkHeld(t *testing.T, s spooled, want []byte, gaps []finalize.Gap) {
	t.Helper()
	name := layout.Finished(s.meta.StartedAt, s.meta.SessionID, 1)
	m, err := finalize.ReadManifest(s.root, name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := durable.ReadFile(s.root, filepath.Join(name, "floor.wav"), 8<<20)
	if err != nil {
		t.Fatal(err)
	}
	var whole []byte
	for _, b := range want {
		whole = append(whole, bytes.Repeat([]byte{b}, 2*each)...)
	}
	if !bytes.Equal(p[4096:], whole) {
		t.Errorf("%d frames, want %d, or they differ", len(p[4096:])/2, len(whole)/2)
	}
	if c := m.Channels[0]; !slices.Equal(c.Gaps, gaps) || c.Outcome != finalize.OutcomeRepaired {
		t.Errorf("gaps %v, want %v; outcome %s", c.Gaps, gaps, c.Outcome)
	}
	report, err := finalize.Verify(t.Context(), s.root, finalize.VerifyOptions{})
	if err != nil || len(report.Findings) != 0 {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

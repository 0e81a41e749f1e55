package diskprobe

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func bench(t *testing.T) Bench { return Bench{Dir: t.TempDir(), Most: time.Minute} }

func (b Bench) expectEmpty(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir(b.Dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestMeasurementsDoTheirWorkAndCleanUp(t *testing.T) {
	b := bench(t)
	const size = block + 100
	if w, err := b.Sequential(t.Context(), size); err != nil || w.Bytes != size || w.Rate() <= 0 {
		t.Errorf("sequential: %+v, %v", w, err)
	}
	if s, err := b.Append(t.Context(), 4, 3); err != nil || s.Syncs != 12 || s.Files != 4 || s.Latency.P50 > s.Latency.Max {
		t.Errorf("append: %+v, %v", s, err)
	}
	if m, err := b.Files(t.Context(), 5); err != nil || m.Files != 5 || m.Each.P50 <= 0 {
		t.Errorf("files: %+v, %v", m, err)
	}
	if w := b.Copy(t.Context(), size); w.Bytes != size {
		t.Errorf("copy: %+v", w)
	}
	if rate, err := Warm(size); err != nil || rate <= 0 {
		t.Errorf("%g bytes a second, %v", rate, err)
	}
	if rate, err := Warm(0); err != nil || rate != 0 {
		t.Errorf("no memory at all: %g bytes a second, %v", rate, err)
	}
	if err := b.Settle(); err != nil {
		t.Error(err)
	}
	if room, err := b.Room(); err != nil || room <= 0 {
		t.Errorf("room for %d bytes, %v", room, err)
	}
	b.expectEmpty(t)
}

// TestMeasurementsStop: whoever is told to stop has done its first part, which makes its figures possible, and no more.
func TestMeasurementsStop(t *testing.T) {
	b := bench(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if w, err := b.Sequential(ctx, 1<<30); err != nil || w.Bytes != block {
		t.Errorf("sequential: %+v, %v", w, err)
	}
	if s, err := b.Append(ctx, 2, 1000); err != nil || s.Syncs != 2 {
		t.Errorf("append: %+v, %v", s, err)
	}
	if m, err := b.Files(ctx, 1000); err != nil || m.Files != 1 {
		t.Errorf("files: %+v, %v", m, err)
	}
	if w := b.Copy(ctx, 1<<40); w.Bytes != copied {
		t.Errorf("copy: %+v", w)
	}
	b.expectEmpty(t)
}

func TestMeasurementsFailWhereThereIsNoDirectory(t *testing.T) {
	b := Bench{Dir: t.TempDir() + "/nowhere", Most: time.Minute}
	_, sequential := b.Sequential(t.Context(), 1)
	_, appending := b.Append(t.Context(), 2, 1)
	_, files := b.Files(t.Context(), 1)
	_, room := b.Room()
	for name, err := range map[string]error{
		"sequential": sequential, "append": appending, "files": files, "room": room, "settle": b.Settle(),
	} {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSpread(t *testing.T) {
	var d []time.Duration
	for i := 101; i > 0; i-- {
		d = append(d, time.Duration(i))
	}
	if s := spreadOf(d); s != (Spread{P50: 51, P99: 100, Max: 101}) {
		t.Errorf("%+v", s)
	}
	if s := spreadOf(nil); s != (Spread{}) {
		t.Errorf("of nothing %+v", s)
	}
}

package live

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/ilenia-live/rec/internal/latency"
	"github.com/ilenia-live/rec/internal/usage"
)

// A Second is what happened in one of them.
type Second struct {
	T          float64 `json:"t"`          // its end, since the first frame
	RecoveryMs float64 `json:"recoveryMs"` // greatest age that audio reached before it was durable
	Bytes      int64   `json:"bytes"`      // that reached files
	Late       int64   `json:"late"`
	Refused    int64   `json:"refused"`
	Machine    float64 `json:"machineCpuSeconds"`
}

// A watch looks at a measurement each second, and counts recovery points all the time.
type watch struct {
	ages   *latency.Shared
	oldest atomic.Int64 // age in ns: the greatest of this second

	series []Second
	memory Memory
	failed error
}

// synced is told the age of what a sync made durable, by the recorder's goroutines.
func (w *watch) synced(age time.Duration) {
	w.ages.Record(age)
	for was := w.oldest.Load(); int64(age) > was && !w.oldest.CompareAndSwap(was, int64(age)); was = w.oldest.Load() {
	}
}

// begin looks each second until stop is called.
func (w *watch) begin(m *measurement) (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for before := m.look(); ; {
			select {
			case <-ticker.C:
				now := m.look()
				w.add(before, now)
				before = now
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		running.Wait()
	}
}

// A look is how things are at a moment.
type look struct {
	machine       usage.Ticks
	sinceFirst    time.Duration
	bytes         int64
	unsynced      time.Duration
	late, refused int64
	memory        Memory
	err           error
}

func (m *measurement) look() (l look) {
	l.machine, l.sinceFirst = usage.ReadTicks(), time.Since(m.begun)
	if m.rec != nil {
		st := m.rec.Stats()
		l.bytes, l.unsynced = st.BytesWritten, st.Unsynced
	}
	for _, f := range m.feeders {
		l.late += f.late.Load()
		l.refused += f.refused.Load()
	}
	l.memory, l.err = m.meter.read()
	return l
}

func (w *watch) add(before, now look) {
	if w.failed == nil {
		w.failed = now.err
	}
	w.memory.worst(now.memory)
	age := max(now.unsynced, time.Duration(w.oldest.Swap(0)))
	w.series = append(w.series, Second{
		T: latency.In(now.sinceFirst, time.Second), RecoveryMs: latency.In(age, time.Millisecond), Bytes: now.bytes - before.bytes,
		Late: now.late - before.late, Refused: now.refused - before.refused, Machine: now.machine.Used(before.machine).Seconds(),
	})
}

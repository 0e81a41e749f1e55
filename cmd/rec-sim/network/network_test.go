package network

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rtp is a packet that says when it was sent.
func rtp(n int) []byte {
	p := make([]byte, 14)
	p[0], p[1] = 0x80, 111
	binary.BigEndian.PutUint16(p[2:], uint16(n))
	return p
}

// arrival is a packet and when it came.
type arrival struct {
	n     int
	after time.Duration // since it was sent
}

// through sends packets, one each 20 ms, and returns them as they come out.
func through(t *testing.T, m Model, link, packets int) (got []arrival, stats Stats) {
	t.Helper()
	n := New(m)
	start := time.Now()
	var mu sync.Mutex
	l := n.Link(link, func(p []byte) error {
		mu.Lock()
		defer mu.Unlock()
		k := int(binary.BigEndian.Uint16(p[2:]))
		got = append(got, arrival{k, time.Since(start) - time.Duration(k)*20*time.Millisecond})
		return nil
	})
	for k := range packets {
		l.Send(rtp(k))
		time.Sleep(20 * time.Millisecond)
	}
	n.Drain(t.Context())
	n.Close()
	return got, l.Stats()
}

// near asks that a share be as wanted, to four standard deviations of the draw.
func near(t *testing.T, what string, got int64, of int, want float64) {
	t.Helper()
	if off := math.Abs(float64(got) - want*float64(of)); off > 4*math.Sqrt(float64(of)*want*(1-want)) {
		t.Errorf("%s: %d of %d, want %g", what, got, of, want)
	}
}

func TestModel(t *testing.T) {
	const packets = 5000
	for _, row := range []struct {
		name string
		m    Model
	}{
		{"a good network", Model{}},
		{"loss", Model{Loss: 0.2}},
		{"copies", Model{Dup: 0.1}},
		{"jitter", Model{Jitter: 500 * time.Millisecond}},
		{"overtaking", Model{Reorder: 0.05}},
		{"all of it", Model{Loss: 0.2, Dup: 0.1, Reorder: 0.05, Jitter: 100 * time.Millisecond, Seed: 7}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := row.m
				got, stats := through(t, m, 3, packets)
				if int64(len(got)) != stats.Sent-stats.Lost+stats.Doubled || stats.Sent != packets || stats.Failed != 0 {
					t.Errorf("%d came, %+v", len(got), stats)
				}
				near(t, "lost", stats.Lost, packets, m.Loss)
				near(t, "doubled", stats.Doubled, packets-int(stats.Lost), m.Dup)
				seen, overtaken, slowest, newest := map[int]bool{}, int64(0), time.Duration(0), -1
				for _, a := range got {
					most := m.Jitter
					if m.Reorder > 0 {
						most += HeldBack
					}
					if seen[a.n] {
						most += DupAfter
					} else if slowest = max(slowest, a.after); a.n < newest {
						overtaken++
					}
					seen[a.n], newest = true, max(newest, a.n)
					if a.after < 0 || a.after > most {
						t.Fatalf("packet %d took %s, want at most %s", a.n, a.after, most)
					}
				}
				if want := m.Jitter * 19 / 20; slowest < want {
					t.Errorf("the slowest took %s, want %s at least", slowest, want)
				}
				if m.Jitter == 0 {
					near(t, "overtaken", overtaken, packets-int(stats.Lost), m.Reorder)
				}
			})
		})
	}
}

// The same seed does the same, another seed or another link something else.
func TestSeed(t *testing.T) {
	m := Model{Loss: 0.1, Dup: 0.1, Reorder: 0.1, Jitter: 30 * time.Millisecond, Seed: 1}
	run := func(seed uint64, link int) string {
		var out []arrival
		synctest.Test(t, func(t *testing.T) {
			m := m
			m.Seed = seed
			out, _ = through(t, m, link, 200)
		})
		return fmt.Sprint(out)
	}
	first := run(1, 0)
	if again := run(1, 0); again != first {
		t.Error("the same seed did something else")
	}
	if other := []string{run(2, 0), run(1, 1)}; slices.Contains(other, first) {
		t.Error("another seed or link did the same")
	}
}

// A closed network delivers nothing.
func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(Model{Jitter: time.Second})
		l := n.Link(0, func([]byte) error { t.Error("delivered"); return nil })
		l.Send(rtp(1))
		n.Close()
		l.Send(rtp(2))
		time.Sleep(2 * time.Second)
	})
}

func TestCheck(t *testing.T) {
	for _, m := range []Model{{Loss: -0.1}, {Loss: 1.1}, {Dup: 2}, {Reorder: math.NaN()}, {Jitter: -1}, {Jitter: time.Minute}} {
		if m.Check() == nil {
			t.Errorf("%+v is accepted", m)
		}
	}
	if err := (Model{Loss: 1, Dup: 1, Reorder: 1, Jitter: JitterMost}).Check(); err != nil {
		t.Error(err)
	}
}

// Of a socket only media is harmed.
func TestConn(t *testing.T) {
	here, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	there, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	n := New(Model{Loss: 1})
	defer n.Close()
	c := NewConn(here, n, 0)
	report := []byte{0x80, 200, 0, 0}
	for _, p := range [][]byte{rtp(1), report, []byte("a handshake")} {
		if k, err := c.WriteTo(p, there.LocalAddr()); k != len(p) || err != nil {
			t.Fatal(k, err)
		}
	}
	buf := make([]byte, 100)
	k, _, err := there.ReadFrom(buf)
	if err != nil || string(buf[:k]) != "a handshake" {
		t.Errorf("%q, %v", buf[:k], err)
	}
	if got := c.Stats(); got != (Stats{Sent: 1, Lost: 1}) {
		t.Errorf("%+v", got)
	}
}

// Drain waits for what was under way, and not for what is sent meanwhile.
func TestDrainEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(Model{Jitter: 5 * time.Second, Seed: 1})
		var delivered atomic.Int64
		l := n.Link(0, func([]byte) error { delivered.Add(1); return nil })
		for k := range 10 {
			l.Send(rtp(k))
		}
		ctx, cancel := context.WithCancel(t.Context())
		var sending sync.WaitGroup
		sending.Go(func() {
			for ctx.Err() == nil {
				l.Send([]byte{0x80, 200, 0, 0})
				time.Sleep(time.Second)
			}
		})
		start := time.Now()
		n.Drain(t.Context())
		if took := time.Since(start); took > 5*time.Second+time.Millisecond || delivered.Load() < 10 {
			t.Errorf("%d delivered in %s", delivered.Load(), took)
		}
		cancel()
		l.Send(rtp(11))
		start = time.Now()
		n.Drain(ctx)
		if took := time.Since(start); took > 0 {
			t.Errorf("told to stop, it took %s", took)
		}
		n.Close()
		sending.Wait()
	})
}

package media

import (
	"container/heap"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/codec"
	"github.com/ilenia-live/rec/internal/spool"
)

// The signal of these tests says of each sample which one it is: sample i of the sender is i modulo 60,000, around zero. So
// what a recording holds at a moment can be compared with what the sender took up at that moment, by a look at one sample.
const (
	sawPeriod = 60000
	sawRate   = 8000
)

func saw(i int64) int16 { return int16(i%sawPeriod - sawPeriod/2) }

// sender is a source of packets and the network behind it.
type sender struct {
	start   time.Duration // when it takes up its first sample
	ppm     float64       // how fast its clock runs
	frame   int64         // samples a packet
	ssrc    uint32
	seq     uint16
	ts      uint32
	loss    float64
	jitter  time.Duration
	dup     float64
	base    time.Duration // least delay
	reports time.Duration // between sender reports; 0 for none
	rng     *rand.Rand

	sent    int64 // samples
	reorder float64
	pause   func(at time.Duration) time.Duration // that the sender's timestamps don't know of
	jump    func(s *sender, at time.Duration)    // does what it likes
	hold    func(at time.Duration) time.Duration // for which the network keeps a packet
	next    time.Duration                        // report
	late    time.Duration                        // sum of pauses
}

type event struct {
	at   time.Duration
	n    int // to keep the order of what comes at once
	p    []byte
	rtcp bool
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].n < e[j].n
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	x := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return x
}

// when is the moment at which sample i is taken up.
func (s *sender) when(i int64) time.Duration {
	return s.start + s.late + time.Duration(float64(i)*1e9/(sawRate*(1+s.ppm*1e-6)))
}

// packet makes the next packet, and returns when its last sample was taken up.
func (s *sender) packet() ([]byte, time.Duration) {
	p := make([]byte, 12, 12+2*s.frame)
	p[0], p[1] = 0x80, 96
	binary.BigEndian.PutUint16(p[2:], s.seq)
	binary.BigEndian.PutUint32(p[4:], s.ts)
	binary.BigEndian.PutUint32(p[8:], s.ssrc)
	for i := range s.frame {
		p = binary.BigEndian.AppendUint16(p, uint16(saw(s.sent+i)))
	}
	s.sent += s.frame
	s.seq++
	s.ts += uint32(s.frame)
	return p, s.when(s.sent)
}

// run sends to the chain until the end, and tells each packet's true time to the sink.
func (s *sender) run(t testing.TB, c *Chain, until time.Duration) {
	t.Helper()
	if s.rng == nil {
		s.rng = rand.New(rand.NewPCG(1, uint64(s.ssrc)))
	}
	var queue events
	n := 0
	push := func(at time.Duration, p []byte, rtcp bool) {
		n++
		heap.Push(&queue, event{at, n, p, rtcp})
	}
	deliver := func(before time.Duration) {
		for len(queue) > 0 && queue[0].at <= before {
			e := heap.Pop(&queue).(event)
			for d := c.Deadline(); d != 0 && d <= e.at; d = c.Deadline() {
				if err := c.Release(d); err != nil {
					t.Fatal(err)
				}
			}
			do := c.Packet
			if e.rtcp {
				do = c.Control
			}
			if err := do(e.p, e.at); err != nil {
				t.Fatal(err)
			}
		}
	}
	for {
		if s.pause != nil {
			s.late += s.pause(s.when(s.sent))
		}
		if s.jump != nil {
			s.jump(s, s.when(s.sent))
		}
		p, at := s.packet()
		if at > until {
			break
		}
		deliver(at)
		if s.reports > 0 && at >= s.next {
			s.next = at + s.reports
			push(at+s.delay(), s.report(at), true)
		}
		if s.rng.Float64() < s.loss {
			continue
		}
		d := s.delay()
		if s.hold != nil {
			d += s.hold(at)
		}
		if s.rng.Float64() < s.reorder {
			d += 100 * time.Millisecond
		}
		if at+d <= until {
			push(at+d, p, false)
		}
		if s.rng.Float64() < s.dup && at+d+30*time.Millisecond <= until {
			push(at+d+30*time.Millisecond, p, false)
		}
	}
	deliver(until)
	if err := c.Flush(until); err != nil {
		t.Fatal(err)
	}
}

func (s *sender) delay() time.Duration {
	return s.base + time.Duration(s.rng.Int64N(int64(s.jitter)+1))
}

// report makes a sender report of that moment, by a wall clock that began in 2026.
func (s *sender) report(at time.Duration) []byte {
	p := make([]byte, 28)
	p[0], p[1], p[3] = 0x80, 200, 6
	binary.BigEndian.PutUint32(p[4:], s.ssrc)
	ns := int64(at) + 3989000000*int64(time.Second)
	binary.BigEndian.PutUint64(p[8:], uint64(ns/1e9)<<32|uint64(ns%1e9)<<32/1e9)
	behind := float64(s.when(s.sent)-at) * (1 + s.ppm*1e-6) * sawRate / 1e9
	binary.BigEndian.PutUint32(p[16:], s.ts-uint32(int64(math.Round(behind))))
	return p
}

// tape is a sink that compares each sample with the one that the sender took up at its moment.
type tape struct {
	t       testing.TB
	s       *sender
	from    time.Duration // what comes before is not compared
	end     int64
	gaps    map[spool.Cause]int64 // frames
	list    []spool.Gap
	samples int64
	worst   time.Duration // off
	at      int64         // and where
	wrong   int64         // samples that are off by more than 20 ms
	counts  spool.Source
	anchors int
	numbers uint64
	pcm     []byte
	keep    bool
	step    int // of so many samples of a packet one is looked at; 0 for all
}

func (d *tape) End() int64               { return d.end }
func (d *tape) Masked(int64) spool.Cause { return spool.CauseNone }

func (d *tape) Skip(to int64, cause spool.Cause) {
	if to <= d.end {
		return
	}
	if d.gaps == nil {
		d.gaps = map[spool.Cause]int64{}
	}
	if d.samples == 0 {
		cause = spool.CauseLateJoin
	}
	d.gaps[cause] += to - d.end
	d.list = append(d.list, spool.Gap{Start: d.end, Length: to - d.end, Cause: cause})
	d.end = to
}

func (d *tape) Put(p []byte, n uint64, concealed bool) error {
	if n < d.numbers {
		d.t.Errorf("packet %d after packet %d", n, d.numbers)
	}
	d.numbers = n
	if d.keep {
		d.pcm = append(d.pcm, p...)
	}
	step := max(d.step, 1)
	for i := 0; i < len(p)/2; i += step {
		d.look(d.end+int64(i), int64(int16(binary.LittleEndian.Uint16(p[2*i:])))+sawPeriod/2)
	}
	d.end += int64(len(p)) / 2
	d.samples += int64(len(p)) / 2
	return nil
}

// look compares what frame at of the tape has, which is sample number v, modulo the period.
func (d *tape) look(at, v int64) {
	now := time.Duration(at) * time.Second / sawRate
	if d.s == nil || now < d.from {
		return
	}
	want := float64(now-d.s.base-d.s.start-d.s.late) * (1 + d.s.ppm*1e-6) * sawRate / 1e9
	// math.Mod would be exact, and nine tenths of the test's time.
	want -= sawPeriod * math.Floor(want/sawPeriod)
	if want < 300 || want > sawPeriod-300 {
		return // interpolation rings where the saw falls
	}
	off := float64(v) - want
	off -= sawPeriod * math.Round(off/sawPeriod)
	err := time.Duration(off / sawRate * 1e9)
	if err > 20*time.Millisecond || err < -20*time.Millisecond {
		d.wrong++
	}
	if max(err, -err) > max(d.worst, -d.worst) {
		d.worst, d.at = err, at
	}
}

func (d *tape) Anchor(time.Duration)   { d.anchors++ }
func (d *tape) Count(src spool.Source) { d.counts = src }

func (d *tape) String() string {
	return fmt.Sprintf("%d frames, %d of them samples, gaps %v, off by %s at %.3f s (%d samples by more than 20 ms), %+v",
		d.end, d.samples, d.gaps, d.worst, float64(d.at)/sawRate, d.wrong, d.counts)
}

func hold(t testing.TB) *spool.Hold {
	t.Helper()
	m := spool.Meta{RecordingID: "test", Channels: []spool.ChannelMeta{{RingBytes: 4096, HoldBytes: spool.HoldBytes}}}
	st, err := spool.FormatStage(make([]byte, m.StageBytes()), m)
	if err != nil {
		t.Fatal(err)
	}
	return st.Areas[0].Hold
}

// chainTo makes a chain for the senders of these tests.
func chainTo(t testing.TB, d *tape) *Chain {
	t.Helper()
	c, err := New(Config{Codec: codec.Config{Name: "l16", SampleRate: sawRate, Channels: 1}, Sink: d, Hold: hold(t), Wait: 550 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

package recorder_test

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/recorder"
	"github.com/ilenia-live/rec/testdata"
)

// stream is a sender's packets: the floor's voice in Opus over and over, or as many bytes of another codec.
type stream struct {
	spec    recorder.ChannelSpec
	payload func(n int) []byte
	ticks   uint32 // a packet
	frames  int64  // of the file
	ssrc    uint32
	seq     uint16
	ts      uint32
	n       int
}

func opusStream() *stream {
	packets := testdata.Speeches()[0].Packets()
	return &stream{
		spec:    recorder.ChannelSpec{ID: "floor", Record: true, Codec: "opus"},
		payload: func(n int) []byte { return packets[n%len(packets)][12:] },
		ticks:   960, frames: 960, ssrc: 1, seq: 65500, ts: 1<<32 - 9600,
	}
}

func plainStream(codec string, rate int, bytes int) *stream {
	p := make([]byte, bytes)
	for i := range p {
		p[i] = byte(i)
	}
	return &stream{
		spec:    recorder.ChannelSpec{ID: "floor", Record: true, Codec: codec, SampleRate: rate},
		payload: func(int) []byte { return p },
		ticks:   uint32(rate / 50), frames: int64(rate / 50), ssrc: 1, seq: 65500, ts: 1<<32 - 9600,
	}
}

func (s *stream) next() []byte {
	p := make([]byte, 12)
	p[0], p[1] = 0x80, 96
	binary.BigEndian.PutUint16(p[2:], s.seq)
	binary.BigEndian.PutUint32(p[4:], s.ts)
	binary.BigEndian.PutUint32(p[8:], s.ssrc)
	p = append(p, s.payload(s.n)...)
	s.n++
	s.seq++
	s.ts += s.ticks
	return p
}

// arrival is a packet on its way.
type arrival struct {
	at time.Duration
	p  []byte
}

// accounts asks that a channel's file be as long as its session to within a frame, and that its gaps and what was received
// make all of it.
func accounts(t *testing.T, m recorder.Manifest, rate int, length time.Duration) {
	t.Helper()
	for _, c := range m.Channels {
		got := time.Duration(c.Audio.Samples) * time.Second / time.Duration(rate)
		if miss := length - got; miss < -20*time.Millisecond || miss > 20*time.Millisecond {
			t.Errorf("%s: the file has %s, the session %s", c.ID, got, length)
		}
		gaps := int64(0)
		for _, g := range c.Gaps {
			gaps += g.Length
		}
		if c.Source.Stream == nil {
			t.Fatalf("%s: nothing is known of its packets", c.ID)
		}
		if gaps+c.Source.Received != c.Audio.Samples {
			t.Errorf("%s: %d frames in gaps, %d received, %d in the file", c.ID, gaps, c.Source.Received, c.Audio.Samples)
		}
	}
}

// Ten minutes of packets under every impairment make ten minutes of recording, to within a frame.
func TestRTPTenMinutes(t *testing.T) {
	const length = 10 * time.Minute
	ms := time.Millisecond
	for _, row := range []struct {
		name                    string
		s                       *stream
		loss, dup               float64
		jitter                  time.Duration
		ppm                     float64
		late                    time.Duration
		silent                  func(at time.Duration) bool // DTX
		jump                    func(s *stream, n int)
		wantLost, wantDuplicate bool
		cause                   string
	}{
		{name: "perfect", s: opusStream()},
		{name: "20 % lost", s: opusStream(), loss: 0.2, wantLost: true, cause: "loss"},
		{name: "500 ms of jitter", s: opusStream(), jitter: 500 * ms},
		{name: "duplicates", s: opusStream(), dup: 0.3, jitter: 40 * ms, wantDuplicate: true},
		{name: "a fast clock", s: opusStream(), ppm: 200},
		{name: "a slow clock", s: opusStream(), ppm: -200},
		{name: "late join", s: opusStream(), late: 2 * time.Minute, cause: "late_join"},
		{name: "DTX", s: opusStream(), silent: func(at time.Duration) bool { return at%(10*time.Second) > 6*time.Second }, cause: "dtx"},
		{name: "new sources", s: opusStream(), jump: func(s *stream, n int) {
			if n%5000 == 4999 {
				s.ssrc += 77
				s.seq, s.ts = s.seq*31, s.ts*31
			}
		}},
		{name: "jumps of sequence and timestamp", s: opusStream(), jump: func(s *stream, n int) {
			switch {
			case n%6000 == 2000:
				s.seq += 12345
			case n%6000 == 4000:
				s.ts -= 1 << 30
			}
		}},
		{name: "all at once", s: opusStream(), loss: 0.2, dup: 0.1, jitter: 500 * ms, ppm: 100, late: 10 * time.Second, wantLost: true, wantDuplicate: true, cause: "loss"},
		{name: "pcmu", s: plainStream("pcmu", 8000, 160), loss: 0.05, jitter: 100 * ms, wantLost: true, cause: "loss"},
		{name: "pcma", s: plainStream("pcma", 8000, 160), loss: 0.05, dup: 0.05, wantLost: true, wantDuplicate: true},
		{name: "l16", s: plainStream("l16", 16000, 640), loss: 0.05, jitter: 200 * ms, ppm: -80, wantLost: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				// Rounds of the disk writer are far apart: ten minutes of them would be a thousand syncs.
				r := open(t, recorder.Config{Root: root, Sync: recorder.Sync{Every: 20 * time.Second}, Buffer: 15 * time.Second})
				s := create(t, r, row.s.spec)
				c := channel(t, s, "floor")
				rng := rand.New(rand.NewPCG(7, 7))
				var way []arrival
				start := time.Now()
				for n := 0; ; n++ {
					at := row.late + time.Duration(float64(n+1)*20e6/(1+row.ppm*1e-6))
					if at > length {
						break
					}
					if row.jump != nil {
						row.jump(row.s, n)
					}
					if row.silent != nil && row.silent(at) {
						row.s.ts += row.s.ticks
						row.s.n++
						continue
					}
					p := row.s.next()
					delay := func() time.Duration { return 5*ms + time.Duration(rng.Int64N(int64(row.jitter)+1)) }
					if rng.Float64() >= row.loss {
						way = append(way, arrival{at + delay(), p})
						if rng.Float64() < row.dup {
							way = append(way, arrival{at + delay(), p})
						}
					}
				}
				slices.SortStableFunc(way, func(a, b arrival) int { return int(a.at - b.at) })
				for _, a := range way {
					time.Sleep(a.at - time.Since(start))
					if err := c.WriteRTP(a.p); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(length + 20*ms - time.Since(start))
				took := time.Since(start)
				m := destroy(t, s)
				if err := r.Close(t.Context()); err != nil {
					t.Fatal(err)
				}
				src := m.Channels[0].Source
				t.Logf("%s: %+v", c.Chain(), src.Stream)
				rate := m.Channels[0].Audio.SampleRate
				accounts(t, m, rate, took)
				if (src.Lost > 0) != row.wantLost || (src.Duplicate > 0) != row.wantDuplicate || src.Late > 0 || src.Damaged > 0 || m.Outcome != "ok" {
					t.Errorf("%+v, outcome %s", src.Stream, m.Outcome)
				}
				if row.ppm != 0 && row.jitter < 100*ms && (src.ClockPPM < row.ppm-5 || src.ClockPPM > row.ppm+5) {
					t.Errorf("clock %.1f ppm, want %.1f", src.ClockPPM, row.ppm)
				}
				if row.cause != "" && !slices.ContainsFunc(m.Channels[0].Gaps, func(g finalize.Gap) bool { return g.Cause == row.cause }) {
					t.Errorf("no gap of cause %s", row.cause)
				}
			})
			verified(t, root, 1)
		})
	}
}

// What WriteRTP accepted survives the process, also what waits for packets before it.
func TestHeldPacketsSurvive(t *testing.T) {
	for _, opus := range []string{"auto", "pion"} {
		t.Run(opus, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root, Opus: opus})
			st := opusStream()
			s := create(t, r, st.spec)
			c := channel(t, s, "floor")
			// Two seconds that are played, a hole of five packets, and ten that wait for them; one of them twice.
			for n := range 100 {
				if err := c.WriteRTPAt(time.Duration(n+1)*20*time.Millisecond, st.next()); err != nil {
					t.Fatal(err)
				}
			}
			for range 5 {
				st.next()
			}
			for n := range 10 {
				p := st.next()
				if err := c.WriteRTPAt(time.Duration(n+106)*20*time.Millisecond, p); err != nil {
					t.Fatal(err)
				}
				if n == 4 {
					if err := c.WriteRTPAt(time.Duration(n+106)*20*time.Millisecond, p); err != nil {
						t.Fatal(err)
					}
				}
			}
			if got := c.Frames(); got != 100*960 {
				t.Fatalf("%d frames were played, want %d: nothing waits", got, 100*960)
			}
			if err := s.Close(); err != nil { // as a crash would
				t.Fatal(err)
			}
			if err := r.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := cleanup.Recover(t.Context(), root, cleanup.Options{}); err != nil {
				t.Fatal(err)
			}
			verified(t, root, 1)
			for _, m := range manifests(t, root) {
				ch := m.Channels[0]
				want := []finalize.Gap{{Start: 96000, Length: 5 * 960, Cause: "loss"}}
				if ch.Audio.Samples != 115*960 || !slices.Equal(ch.Gaps, want) || m.Outcome != "repaired" {
					t.Errorf("%d samples, want %d; gaps %v, want %v; outcome %s", ch.Audio.Samples, 115*960, ch.Gaps, want, m.Outcome)
				}
				if ch.Source.Packets != 111 || ch.Source.Duplicate != 1 || ch.Source.Received != 110*960 {
					t.Errorf("source %+v", ch.Source.Stream)
				}
			}
		})
	}
}

// Sync takes what waits for other packets with it.
func TestSyncPlaysWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, recorder.Config{Root: t.TempDir()})
		st := opusStream()
		s := create(t, r, st.spec)
		c := channel(t, s, "floor")
		for n := range 50 {
			time.Sleep(20 * time.Millisecond)
			if p := st.next(); n != 40 {
				if err := c.WriteRTP(p); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := c.Frames(); got < 50*960 {
			t.Errorf("%d frames after Sync, want %d", got, 50*960)
		}
		destroy(t, s)
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// Muted and masked stretches are silence of their true length, to the sample, and say why.
func TestMuteAndMask(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := create(t, r, mono("floor"), recorder.ChannelSpec{ID: "en", Record: true})
	for id, on := range map[string]func(*recorder.Channel, time.Duration){"floor": (*recorder.Channel).MuteAt, "en": (*recorder.Channel).MaskAt} {
		c := channel(t, s, id)
		on(c, 100*time.Millisecond)
		c.UnmuteAt(330 * time.Millisecond)
		on(c, 500*time.Millisecond) // and never off again
		for n := range int64(50) {
			if n >= 20 && n < 23 { // nothing comes for a while
				continue
			}
			if err := c.WritePCMAt(n*960, pattern(0, n*960, 960)); err != nil {
				t.Fatal(err)
			}
		}
	}
	m := destroy(t, s)
	for i, cause := range []string{"mute", "mask"} {
		want := []finalize.Gap{
			{Start: 4800, Length: 11040, Cause: cause}, {Start: 19200, Length: 2880, Cause: "loss"}, {Start: 24000, Length: 24000, Cause: cause},
		}
		if c := m.Channels[i]; !slices.Equal(c.Gaps, want) || c.Audio.Samples != 48000 || c.Outcome != "ok" {
			t.Errorf("%s: gaps %v, want %v; %d samples", c.ID, c.Gaps, want, c.Audio.Samples)
		}
	}
	verified(t, root, 1)
	pcm := samples(t, filepath.Join(root, s.Path(), "floor.wav"))
	if !slices.Equal(pcm[:9600], pattern(0, 0, 4800)) || !slices.Equal(pcm[2*15840:2*19200], pattern(0, 15840, 3360)) {
		t.Error("what was not muted differs")
	}
}

// A native channel keeps the sender's samples and says when they were.
func TestNativeClock(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	st := plainStream("l16", 8000, 320)
	st.spec.Clock = "native"
	s := create(t, r, st.spec)
	c := channel(t, s, "floor")
	const packets = 3000
	for n := range packets { // a minute, 1,000 ppm fast
		at := time.Duration(float64(n+1) * 20e6 / 1.001)
		if err := c.Await(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
		if err := c.WriteRTPAt(at, st.next()); err != nil {
			t.Fatal(err)
		}
	}
	m := destroy(t, s)
	src := m.Channels[0].Source
	if src.Clock != "native" || src.Adjusted != 0 || src.Received != packets*160 || len(src.Anchors) < 6 {
		t.Fatalf("%+v", src.Stream)
	}
	for _, a := range src.Anchors[1:] {
		if want := float64(a.Sample) / 8 / 1.001; a.AtMs < want-5 || a.AtMs > want+5 {
			t.Errorf("sample %d at %.3f ms, want %.3f", a.Sample, a.AtMs, want)
		}
	}
	verified(t, root, 1)
}

func TestPacketsRefused(t *testing.T) {
	r := open(t, recorder.Config{Root: t.TempDir()})
	s := create(t, r, mono("pcm"), recorder.ChannelSpec{ID: "opus", Record: true, Codec: "opus", SampleRate: 44100}, opusStream().spec)
	for _, id := range []string{"pcm", "opus"} {
		var bad *recorder.FieldError
		if err := channel(t, s, id).WriteRTP(opusStream().next()); !errors.As(err, &bad) {
			t.Errorf("%s: %v, want a *FieldError", id, err)
		}
	}
	c := channel(t, s, "floor")
	for name, p := range map[string][]byte{
		"nothing": nil, "short": make([]byte, 11), "version 0": make([]byte, 100), "sources that aren't there": {0x8F, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"padding longer than it": {0xA0, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, "too large": append([]byte{0x80, 96}, make([]byte, 30<<10)...),
	} {
		var bad *recorder.PacketError
		if err := c.WriteRTP(p); !errors.As(err, &bad) || bad.Bytes != len(p) {
			t.Errorf("%s: %v, want a *PacketError", name, err)
		}
	}
	if err := c.WriteRTP(opusStream().next()); err != nil {
		t.Error(err)
	}
	destroy(t, s)
	if err := c.WriteRTP(opusStream().next()); !errors.Is(err, recorder.ErrEnded) {
		t.Errorf("after the end: %v", err)
	}
}

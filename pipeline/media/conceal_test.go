package media

import (
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/codec"
)

type fecDecoder struct{ codec.Decoder } // L16 whose packets carry the one before

func (fecDecoder) Carries([]byte) bool { return true }

func (fecDecoder) Recover(dst, _ []byte, frames int) (int, error) {
	for i := range 2 * frames {
		dst[i] = 0x55
	}
	return frames, nil
}

// The packet that begins a talk spurt is lost, and comes back out of the next: it belongs before that, not before the pause.
func TestRecoveredAfterPause(t *testing.T) {
	d := &tape{t: t, keep: true}
	c := chainTo(t, d)
	c.decoder = fecDecoder{c.decoder}
	for i := range 151 {
		at, ts := time.Duration(i+1)*20*time.Millisecond, uint32(i*160)
		if i >= 100 {
			at, ts = at+2*time.Second, ts+2*sawRate
		}
		if i != 100 {
			feed(t, c, rtp(1, uint16(i), ts, make([]byte, 320)), at)
		}
	}
	if err := c.Flush(6 * time.Second); err != nil {
		t.Fatal(err)
	}
	frame, gaps := int64(0), d.list
	for i := 0; i < len(d.pcm); i += 2 {
		for len(gaps) > 0 && gaps[0].Start == frame {
			frame += gaps[0].Length
			gaps = gaps[1:]
		}
		if d.pcm[i] == 0x55 {
			break
		}
		frame++
	}
	if frame != 4*sawRate {
		t.Errorf("what was spoken at 4.000 s lies at %.3f s", float64(frame)/sawRate)
	}
}

type concealer struct{ codec.Decoder } // makes up for losses and has no copies: libopus with CELT, or without FEC

func (concealer) Conceal(dst []byte, frames int) (int, error) {
	clear(dst[:2*frames])
	return frames, nil
}

type concealTape struct {
	tape
	concealed int64
}

func (d *concealTape) Put(p []byte, n uint64, concealed bool) error {
	if concealed {
		d.concealed += int64(len(p)) / 2
	}
	return d.tape.Put(p, n, concealed)
}

// One lost packet is made up for, if the decoder can.
func TestSingleLossIsConcealed(t *testing.T) {
	for lost := 1; lost <= 3; lost++ {
		d := &concealTape{tape: tape{t: t}}
		c, err := New(Config{Codec: codec.Config{Name: "l16", SampleRate: sawRate, Channels: 1}, Sink: d, Hold: hold(t), Wait: 550 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		c.decoder = concealer{c.decoder}
		for i := range 200 {
			if i < 100 || i >= 100+lost {
				feed(t, c, rtp(1, uint16(i), uint32(i*160), make([]byte, 320)), time.Duration(i+1)*20*time.Millisecond)
			}
		}
		if d.concealed != int64(lost)*160 {
			t.Errorf("%d packets lost: %d frames concealed", lost, d.concealed)
		}
		c.Close()
	}
}

// A packet that can't be decoded is damaged, not lost as well.
func TestDamagedIsNotLost(t *testing.T) {
	d := &tape{t: t}
	c := chainTo(t, d)
	for i := range 100 {
		p := make([]byte, 320)
		if i == 50 {
			p = p[:319]
		}
		feed(t, c, rtp(1, uint16(i), uint32(i*160), p), time.Duration(i+1)*20*time.Millisecond)
	}
	if d.counts.Damaged != 1 || d.counts.Lost != 0 {
		t.Errorf("%+v", d.counts)
	}
}

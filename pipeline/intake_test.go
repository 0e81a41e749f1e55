package pipeline

import (
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ilenia-live/rec/internal/spool"
)

// l16 is a channel that takes packets of plain samples.
func l16(ring int64) spool.ChannelMeta {
	return spool.ChannelMeta{ID: "floor", Codec: "l16", SampleRate: rate, Channels: 1, RingBytes: ring, HoldBytes: spool.HoldBytes}
}

// rtp is packet number n of a sender whose packets have that many samples.
func rtp(n, samples int) []byte {
	p := make([]byte, 12+2*samples)
	p[0], p[1], p[11] = 0x80, 96, 1
	binary.BigEndian.PutUint16(p[2:], uint16(n))
	binary.BigEndian.PutUint32(p[4:], uint32(n*samples))
	for i := range p[12:] {
		p[12+i] = byte(n) | 1
	}
	return p
}

// What half a second brought may have to be played at once. Of the shortest packets that there are, every other one of them lost,
// that begins a hundred gaps, for which there must be room though the disk takes none.
func TestBurstOfGapsFindsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		stall := make(chan struct{})
		d.set(func(string) error { <-stall; return nil }, nil)
		e, s := beginWith(t, d, Config{}, l16(16<<10))
		c := s.Channel(0)
		send := func(n int) {
			t.Helper()
			if err := c.Packet(time.Duration(n+1)*2500*time.Microsecond, rtp(n, rate/400)); err != nil {
				t.Errorf("packet %d: %v", n, err)
			}
		}
		for n := 0; n < 201; n += 2 {
			send(n)
		}
		if got := c.Frames(); got > 1*rate/400 {
			t.Fatalf("%d frames are played already", got)
		}
		send(500) // all before it have waited long enough
		if got := c.Frames(); got != 201*rate/400 {
			t.Fatalf("%d frames are played, want %d", got, 201*rate/400)
		}
		close(stall)
		if err := s.Seal(t.Context(), spool.End{}); err != nil {
			t.Fatal(err)
		}
		gaps := 0
		for _, r := range d.journal(t) {
			if r.Gap != nil && r.Gap.Cause == "loss" {
				gaps++
			}
		}
		if gaps != 101 { // and the one before the last packet
			t.Errorf("%d gaps, want 101", gaps)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A long packet is accepted in pieces. The slot says that its samples are there with the last of them: were it the first, a process
// that dies between would leave a packet that recovery takes for played, with half of it nowhere.
func TestPacketCountsWithItsLastSamples(t *testing.T) {
	for _, row := range []struct {
		name string
		mask time.Duration // into the packet, 10 ms long
	}{
		{"whole", 0},
		{"with a mask in the second piece", 600 * time.Millisecond},
		{"with a mask in the last piece", 1100 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			d := newDisk()
			stall := make(chan struct{})
			d.set(func(string) error { <-stall; return nil }, nil)
			e, s := beginWith(t, d, Config{Every: time.Minute}, l16(16<<10))
			c := s.Channel(0)
			if row.mask > 0 {
				c.Mask(row.mask, spool.CauseMute)
				c.Unmask(row.mask + 10*time.Millisecond)
			}
			// Two pieces fit into the ring.
			if err := (sink{c}).Put(make([]byte, 3*c.maxBytes), 7, false); !errors.Is(err, ErrOverflow) {
				t.Fatalf("%v, want ErrOverflow: all of it has found room", err)
			}
			if got := c.area.Read(); got.Packet != 0 || got.Payload == 0 {
				t.Errorf("with %d bytes of it packet %d counts as accepted", got.Payload, got.Packet)
			}
			close(stall)
			if err := s.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := (sink{c}).Put(make([]byte, 2*c.maxBytes), 8, false); err != nil {
				t.Fatal(err)
			}
			if got := c.area.Read(); got.Packet != 8 {
				t.Errorf("packet %d counts as accepted, want 8", got.Packet)
			}
			if err := errors.Join(s.Abandon(), e.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

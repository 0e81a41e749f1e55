package media

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/ilenia-live/rec/internal/spool"
)

// FuzzChain sends packets with headers of any kind, at any pace. Each six bytes of the input are a packet: what to do with
// sequence number, timestamp and source, and how long after the one before it comes. The timeline must not run ahead of the
// clock, and what waits must fit its room.
func FuzzChain(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x14\x00\x01\x00\x00\x00\x14\x00\x05\x00\x00\x00\x14\x00"))
	f.Add([]byte("\x01\x10\x00\x01\x14\x03\xff\x80\x80\x00\x00\x00\x01\x00\x00\x00\x14\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		d := &tape{t: t}
		c := chainTo(t, d)
		var seq uint16
		var ts, ssrc uint32
		var now time.Duration
		fed := int64(0)
		for ; len(in) >= 6; in = in[6:] {
			seq += uint16(int16(int8(in[0]))) * (1 + uint16(in[5]&3)*1000)
			ts += uint32(int32(int8(in[1]))<<(in[2]&31)) + 160
			ssrc += uint32(in[3] & 1)
			now += time.Duration(in[4]) * time.Millisecond
			if at := c.Deadline(); at != 0 && at <= now {
				if err := c.Release(at); err != nil {
					t.Fatal(err)
				}
			}
			p := make([]byte, 12+320)
			if in[3]&2 != 0 {
				p = p[:12] // padding only
			}
			p[0] = 0x80
			binary.BigEndian.PutUint16(p[2:], seq)
			binary.BigEndian.PutUint32(p[4:], ts)
			binary.BigEndian.PutUint32(p[8:], ssrc)
			if len(p) > 12 {
				p[12] = in[0]
				fed += 160
			}
			if err := c.Packet(p, now); err != nil {
				t.Fatal(err)
			}
			if in[3]&4 != 0 {
				var sr [28]byte
				sr[0], sr[1], sr[3] = 0x80, 200, 6
				binary.BigEndian.PutUint32(sr[4:], ssrc)
				binary.BigEndian.PutUint64(sr[8:], uint64(now)<<(in[5]&15))
				binary.BigEndian.PutUint32(sr[16:], ts)
				if err := c.Control(sr[:], now); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := c.Flush(now); err != nil {
			t.Fatal(err)
		}
		if c.Deadline() != 0 {
			t.Error("something still waits")
		}
		// All that came may lie behind each other; silence never leads past now.
		if limit := int64((now+1500*time.Millisecond)*sawRate/time.Second) + 2*fed; d.end > limit {
			t.Errorf("%d frames after %s, %d of them samples", d.end, now, d.samples)
		}
		if d.samples-d.counts.Adjusted > fed {
			t.Errorf("%d samples of %d", d.samples, fed)
		}
		if h := c.order.hold; !h.Room(spool.HoldBytes / 128 * 100) {
			t.Error("blocks are missing from the hold")
		}
	})
}

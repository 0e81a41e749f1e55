package dump

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ilenia-live/rec/internal/rtpwire"
)

// Whatever a file holds, reading it ends, its packets are parts of it in order, and what is wrong with it is said with its place.
func FuzzReader(f *testing.F) {
	media := [][]byte{rtp(7, 111, 1, "one"), rtcp(7), rtp(8, 0, 9, "two")}
	f.Add(frame4571(media...), "auto")
	for _, order := range []int{0, 1} {
		var frames [][]byte
		for _, p := range media {
			frames = append(frames, ether(etherIPv4, udp4(p), tagC), ether(etherIPv6, udp6(p, protoOptions)))
		}
		if order == 0 {
			f.Add(pcapOf(le, true, linkEthernet, frames...), "auto")
			f.Add(pcapngOf(le, 9, 1e9, linkEthernet, frames...), "auto")
			continue
		}
		f.Add(pcapOf(be, false, linkEthernet, frames...), "pcap")
		f.Add(pcapngOf(be, 0x80|63, 1<<63, linkEthernet, frames...), "pcapng")
	}
	f.Add(pcapOf(le, false, linkCooked, append(append(make([]byte, 14), 8, 0), udp4(media[0])...)), "pcap")
	f.Add(pcapOf(le, false, linkNull, append([]byte{2, 0, 0, 0}, udp4(media[0])...)), "pcap")
	f.Fuzz(func(t *testing.T, p []byte, format string) {
		r, err := NewReader(bytes.NewReader(p), Format(format))
		var bad *FormatError
		if err != nil {
			if !errors.As(err, &bad) {
				t.Fatalf("%v is no *FormatError", err)
			}
			return
		}
		c, last := &Catalog{}, int64(-1)
		for k, err := range r.Packets() {
			if err != nil {
				if !errors.As(err, &bad) || bad.Offset < 0 || bad.Offset > int64(len(p)) {
					t.Fatalf("%v in %d bytes", err, len(p))
				}
				continue
			}
			if k.Offset <= last || len(k.Data) == 0 || !bytes.Contains(p[k.Offset:], k.Data) || k.RTCP != rtpwire.IsRTCP(k.Data) {
				t.Fatalf("packet of %d bytes at %d after %d", len(k.Data), k.Offset, last)
			}
			last = k.Offset
			if h, err := rtpwire.Parse(k.Data); err == nil && !k.RTCP {
				c.Add(k, h)
			} else if !k.RTCP {
				t.Fatalf("RTP that is none: %v", err)
			}
		}
		if bad == nil && r.Offset() != int64(len(p)) {
			t.Fatalf("ended well after %d of %d bytes", r.Offset(), len(p))
		}
		for _, s := range r.Skipped() {
			if s.Packets < 1 || s.Reason == "" {
				t.Fatalf("skipped %+v", s)
			}
		}
	})
}

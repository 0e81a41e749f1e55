package media

import (
	"encoding/binary"
	"testing"
	"time"
)

func steady() sender {
	return sender{frame: 160, base: 10 * time.Millisecond, ssrc: 7, seq: 40000, ts: 1 << 30}
}

func ahead(d *tape, length time.Duration) time.Duration {
	return time.Duration(d.end)*time.Second/sawRate - length
}

// off is for how long the tape was off by more than 20 ms.
func off(d *tape) time.Duration {
	return time.Duration(d.wrong) * time.Duration(max(d.step, 1)) * time.Second / sawRate
}

func rtp(ssrc uint32, seq uint16, ts uint32, payload []byte) []byte {
	p := make([]byte, 12)
	p[0], p[1] = 0x80, 96
	binary.BigEndian.PutUint16(p[2:], seq)
	binary.BigEndian.PutUint32(p[4:], ts)
	binary.BigEndian.PutUint32(p[8:], ssrc)
	return append(p, payload...)
}

func feed(t *testing.T, c *Chain, p []byte, at time.Duration) {
	t.Helper()
	for d := c.Deadline(); d != 0 && d <= at; d = c.Deadline() {
		if err := c.Release(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Packet(p, at); err != nil {
		t.Fatal(err)
	}
}

package media

import (
	"testing"
	"unsafe"

	"github.com/ilenia-live/rec/internal/spool"
)

// All that a channel of packets takes besides its decoder and its ring fits 64 KiB, whatever comes.
func TestMemory(t *testing.T) {
	c := chainTo(t, &tape{t: t})
	lists := cap(c.order.queue)*int(unsafe.Sizeof(c.order.queue[0])) + spool.HoldBytes/128*2*2 // those of the packets that wait, and of the free blocks, which grew by doubling
	if all := spool.HoldBytes + int(unsafe.Sizeof(*c)+unsafe.Sizeof(*c.order.hold)) + lists; all > 64<<10 {
		t.Errorf("%d bytes: hold %d, chain %d, lists %d", all, spool.HoldBytes, unsafe.Sizeof(*c), lists)
	} else {
		t.Logf("%d bytes: hold %d, chain %d, lists %d", all, spool.HoldBytes, unsafe.Sizeof(*c), lists)
	}
}

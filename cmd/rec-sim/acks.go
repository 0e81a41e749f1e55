package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"sync/atomic"
	"unsafe"

	"github.com/ilenia-live/rec/internal/exit"
	"golang.org/x/sys/unix"
)

// ackBytes is the size of one count.
const ackBytes = 8

// ackFile is the witness of what was accepted: a file mapped into shared memory, with the number of samples accepted so
// far on ordinal c at byte 8·c, as a little-endian uint64. The kernel keeps what was stored there when the process is
// killed, so a judge can compare it with what was recovered.
type ackFile struct{ mem []byte }

// createAcks makes the file, or empties one that is there: its counts would be about another run.
func createAcks(name string, channels int) (*ackFile, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return nil, exit.Envf("--acks: %w", err)
	}
	size := channels * ackBytes
	var mem []byte
	if err = f.Truncate(int64(size)); err == nil {
		mem, err = unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	}
	// The mapping holds the file.
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, exit.Envf("--acks: map %d bytes of %s: %w", size, name, err)
	}
	return &ackFile{mem: mem}, nil
}

// counter returns the place of ordinal c, or nil without a file. The mapping begins on a page, so it is aligned.
func (a *ackFile) counter(c int) *uint64 {
	if a == nil {
		return nil
	}
	return (*uint64)(unsafe.Pointer(&a.mem[c*ackBytes]))
}

// storeAck is one store, so that a kill leaves the old count or the new one.
func storeAck(p *uint64, samples int64) {
	n := uint64(samples)
	if bigEndian {
		n = bits.ReverseBytes64(n)
	}
	atomic.StoreUint64(p, n)
}

var bigEndian = binary.NativeEndian.Uint16([]byte{0, 1}) == 1

// Close unmaps. Nobody may touch the counters afterwards.
func (a *ackFile) Close() error {
	if a == nil {
		return nil
	}
	if err := unix.Munmap(a.mem); err != nil {
		return fmt.Errorf("--acks: %w", err)
	}
	return nil
}

// readAcks reads the counts of a file that may not be there yet, or not yet have its size.
func readAcks(name string, channels int) ([]uint64, error) {
	counts := make([]uint64, channels)
	p, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return counts, err
	}
	for c := range counts {
		if len(p) >= (c+1)*ackBytes {
			counts[c] = binary.LittleEndian.Uint64(p[c*ackBytes:])
		}
	}
	return counts, nil
}

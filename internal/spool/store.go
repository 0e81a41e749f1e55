//go:build !amd64 || race

package spool

import (
	"sync/atomic"
	"unsafe"
)

func willStore(*byte, int) {}

// storeWords stores the words of a slot, the last one last.
//
// Each of them is atomic: the race detector knows then that what was stored before is seen by whoever loads the last one.
func storeWords(first *atomic.Uint64, words *[slotWords]uint64) {
	for i, w := range words {
		(*atomic.Uint64)(unsafe.Add(unsafe.Pointer(first), 8*i)).Store(w)
	}
}

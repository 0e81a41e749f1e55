//go:build !race

package spool

import "sync/atomic"

// storeWords stores the words of a slot, the last one last.
//
// They are plain stores, eight in all, where atomic ones would be eight exchanges that wait for the cache line each. That is
// enough here: the processor makes stores seen in their order (Intel SDM 3A, 9.2.3.2; AMD64 APM 2, 7.1.2), so whoever loads the
// last one sees what was stored before it, samples in the ring included; each is whole, being aligned; and half a slot is
// recognised by its check. To the compiler it is a call like any other, which it moves no store across.
//
//go:noescape
func storeWords(first *atomic.Uint64, words *[slotWords]uint64)

// willStore fetches the cache lines of n bytes, to be written to.
//
//go:noescape
func willStore(p *byte, n int)

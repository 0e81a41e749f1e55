package main

import (
	"errors"
	"iter"
	"sync/atomic"
)

// counts is what a feeder, or an ear, counts. Each has its own; others may read them at any time.
type counts struct {
	accepted, refused, late atomic.Int64 // frames, or packets
	failed                  atomic.Pointer[error]
}

// refuse counts, and keeps the first error that is more than a lack of room.
func (c *counts) refuse(err error) {
	c.refused.Add(1)
	if !errors.Is(err, errRefused) && c.failed.Load() == nil {
		c.failed.Store(&err)
	}
}

// sumCounts is what a load's total returns.
func sumCounts(all iter.Seq[*counts]) (accepted, refused, late int64, failed error) {
	for c := range all {
		accepted += c.accepted.Load()
		refused += c.refused.Load()
		late += c.late.Load()
		if e := c.failed.Load(); e != nil && failed == nil {
			failed = *e
		}
	}
	return accepted, refused, late, failed
}

// Package parallel does a thing for each of many numbers, so many at the same time, as a service does whose callers don't wait
// for each other.
package parallel

import (
	"errors"
	"sync"
	"sync/atomic"
)

// Do calls do for 0 to n-1, atOnce of them at a time, until one fails or all are done, and returns when none is under way.
func Do(n, atOnce int, do func(i int) error) error {
	var next atomic.Int64
	var failed atomic.Bool
	var all sync.WaitGroup
	errs := make([]error, min(atOnce, n))
	for w := range errs {
		all.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if errs[w] = do(i); errs[w] != nil {
					failed.Store(true)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

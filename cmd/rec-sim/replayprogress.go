package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// replayProgress shows how far a file has been read, on a bar if w is a terminal and else in a line now and then.
type replayProgress struct {
	at   atomic.Int64 // bytes
	done chan struct{}
	all  sync.WaitGroup
}

// showReplay begins to show it; end ends that.
func showReplay(w io.Writer, what string, size int64) *replayProgress {
	p := &replayProgress{done: make(chan struct{})}
	p.all.Go(func() {
		every := plainEvery
		terminal := isTerminal(w)
		if terminal {
			every = terminalEvery
		}
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		bar := newBar(io.Discard, size)
		if terminal {
			bar = newBar(w, size)
			bar.Describe(what)
		}
		for {
			select {
			case <-p.done:
				_ = bar.Clear() // a terminal that went away is no reason to stop
				return
			case <-ticker.C:
				if terminal {
					_ = bar.Set64(p.at.Load())
					continue
				}
				fmt.Fprintf(w, "%3d %%  %s\n", 100*p.at.Load()/max(1, size), what)
			}
		}
	})
	return p
}

func (p *replayProgress) end() {
	close(p.done)
	p.all.Wait()
}

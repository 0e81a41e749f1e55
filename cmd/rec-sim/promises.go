package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// witness keeps outside of the process what it was told: what was accepted, and what was promised to be on stable storage. It may
// be nil.
type witness struct {
	acks     *ackFile
	promises *ackFile // nil without --promises
	channels int      // in a session
	sessions int
}

// States of a session in the file of promises.
const (
	promiseCreated   = 1 // Create returned: the session will be found
	promiseDestroyed = 2 // Destroy returned: it is finished
)

// newWitness makes the files that the flags name, or none.
func newWitness(o *runOptions, channels int) (w *witness, err error) {
	if o.acks == "" {
		return nil, nil
	}
	w = &witness{channels: channels, sessions: o.sessions}
	if w.acks, err = createAcks(o.acks, o.sessions*channels); err == nil && o.promises != "" {
		w.promises, err = createAcks(o.promises, o.sessions*(channels+1))
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

// counter is where the samples accepted on an ordinal are counted, or nil.
func (w *witness) counter(ordinal int) *uint64 {
	if w == nil {
		return nil
	}
	return w.acks.counter(ordinal)
}

// promised notes the state of a session.
func (w *witness) promised(session, state int) {
	if w != nil && w.promises != nil {
		storeAck(w.promises.counter(w.sessions*w.channels+session), int64(state))
	}
}

// close gives the files back. Nobody may write to them any longer.
func (w *witness) close() error {
	if w == nil {
		return nil
	}
	if err := w.promises.Close(); err != nil {
		return err
	}
	return w.acks.Close()
}

// askForSyncs calls Sync of each session every now and then, and notes what it promised, until ctx ends.
func (s *simulation) askForSyncs(ctx context.Context) (stop func()) {
	if s.o.askSync == 0 || s.witness == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for i, l := range s.live {
		all.Go(func() {
			for next := s.o.askSync * time.Duration(i+1) / time.Duration(len(s.live)); ; next = s.o.askSync {
				select {
				case <-ctx.Done():
					return
				case <-time.After(next):
				}
				s.witness.ask(ctx, i, l)
			}
		})
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// ask makes one session sync. A sync that fails promises nothing; that is all there is to say about it here.
func (w *witness) ask(ctx context.Context, session int, l *liveSession) {
	base := session * w.channels
	before := make([]uint64, w.channels)
	for c := range before {
		before[c] = atomic.LoadUint64(w.acks.counter(base + c))
	}
	if err := l.session.Sync(ctx); err != nil || w.promises == nil {
		return
	}
	for c, n := range before {
		atomic.StoreUint64(w.promises.counter(base+c), n)
	}
}

package pipeline

import (
	"sync"

	"github.com/ilenia-live/rec/internal/durable"
)

// syncJob asks for one file of a session to be made durable. channel is -1 for the journal.
type syncJob struct {
	session *Session
	channel int
	file    durable.File
}

// syncQueue holds the files that wait for the pool. It is not bounded by itself: each file is in it at most once.
type syncQueue struct {
	mu     sync.Mutex
	some   *sync.Cond
	jobs   []syncJob
	closed bool
}

func newSyncQueue() *syncQueue {
	q := &syncQueue{}
	q.some = sync.NewCond(&q.mu)
	return q
}

func (q *syncQueue) push(j syncJob) {
	q.mu.Lock()
	q.jobs = append(q.jobs, j)
	q.mu.Unlock()
	q.some.Signal()
}

func (q *syncQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.some.Broadcast()
}

// run is one goroutine of the pool. A sync that hangs holds up this one and nobody else.
func (q *syncQueue) run(done *sync.WaitGroup) {
	defer done.Done()
	for {
		q.mu.Lock()
		for len(q.jobs) == 0 && !q.closed {
			q.some.Wait()
		}
		if len(q.jobs) == 0 {
			q.mu.Unlock()
			return
		}
		j := q.jobs[0]
		q.jobs = q.jobs[1:]
		q.mu.Unlock()
		j.done(j.file.Sync())
	}
}

// runTogether makes all files that wait durable by one call of syncVolume, and then those that came meanwhile. It is for a volume
// that is the recorder's own: one sync that hangs holds up all.
func (q *syncQueue) runTogether(done *sync.WaitGroup, syncVolume func() error) {
	defer done.Done()
	var taken []syncJob
	for {
		q.mu.Lock()
		for len(q.jobs) == 0 && !q.closed {
			q.some.Wait()
		}
		if len(q.jobs) == 0 {
			q.mu.Unlock()
			return
		}
		taken, q.jobs = q.jobs, taken[:0]
		q.mu.Unlock()
		err := syncVolume()
		for _, j := range taken {
			if err != nil {
				// It may be anybody's; the kernel keeps a file's errors for its descriptors, too.
				j.done(j.file.Sync())
				continue
			}
			j.done(nil)
		}
		clear(taken) // their files can go
	}
}

func (j syncJob) done(err error) {
	j.session.shard.result(syncResult{session: j.session, channel: j.channel, err: err})
}

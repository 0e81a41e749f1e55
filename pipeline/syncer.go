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
	epoch   *uint64 // of the volume's errors, up to which the file is known to have none
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

func (q *syncQueue) push(jobs []syncJob) {
	if len(jobs) == 0 {
		return
	}
	q.mu.Lock()
	q.jobs = append(q.jobs, jobs...)
	q.mu.Unlock()
	q.some.Signal()
}

func (q *syncQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.some.Broadcast()
}

// lockForJobs waits until there is a job and returns with the lock held; or with false, and without it, when there will be none.
func (q *syncQueue) lockForJobs() bool {
	q.mu.Lock()
	for len(q.jobs) == 0 && !q.closed {
		q.some.Wait()
	}
	if len(q.jobs) == 0 {
		q.mu.Unlock()
		return false
	}
	return true
}

// syncBatch is how many syncs one goroutine begins at once. They share a commit of the file system's journal, which is what syncs cost.
const syncBatch = 256

// run is one goroutine of the pool. A sync that hangs holds up those that come to this one afterwards, and nobody else.
func (q *syncQueue) run(done *sync.WaitGroup) {
	defer done.Done()
	queue := durable.NewQueue(syncBatch)
	defer queue.Close()
	var taken []syncJob
	var ops []durable.Op
	for q.lockForJobs() {
		n := min(len(q.jobs), syncBatch)
		taken = append(taken[:0], q.jobs[:n]...)
		q.jobs = append(q.jobs[:0], q.jobs[n:]...)
		more := len(q.jobs) > 0
		q.mu.Unlock()
		if more {
			q.some.Signal()
		}
		ops = ops[:0]
		for _, j := range taken {
			ops = append(ops, durable.Op{File: j.file})
		}
		queue.Do(ops, func(i int, err error) { taken[i].done(err) })
		clear(taken) // their files can go
		clear(ops)
	}
}

// runTogether makes all files that wait durable by one call of syncVolume, and then those that came meanwhile. It is for a volume
// that is the recorder's own: one sync that hangs holds up all. There is one such goroutine.
//
// An error of the volume is told once, and may be anybody's, also that of a file which waits in the next batch or has just been
// written. But the kernel keeps a file's errors for its own descriptors, too: so after an error each file is asked once.
func (q *syncQueue) runTogether(done *sync.WaitGroup, syncVolume func() error) {
	defer done.Done()
	var taken []syncJob
	errs := uint64(0)
	for q.lockForJobs() {
		taken, q.jobs = q.jobs, taken[:0]
		q.mu.Unlock()
		if syncVolume() != nil {
			errs++
		}
		for _, j := range taken {
			var err error
			if *j.epoch != errs {
				err, *j.epoch = j.file.Sync(), errs
			}
			j.done(err)
		}
		clear(taken) // their files can go
	}
}

func (j syncJob) done(err error) {
	j.session.shard.result(syncResult{session: j.session, channel: j.channel, err: err})
}

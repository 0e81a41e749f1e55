package network

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// A Network carries the packets of many links, each delayed one by one goroutine.
type Network struct {
	model Model

	mu      sync.Mutex
	waiting queue
	order   uint64
	// delivering is the order of the packet that run has taken and not delivered yet; 0 if there is none.
	delivering uint64
	closed     bool

	wake chan struct{}
	done chan struct{}
}

// New makes a network. It must be closed.
func New(m Model) *Network {
	n := &Network{model: m, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go n.run()
	return n
}

// Close drops what is still under way. Nothing is delivered when it has returned.
func (n *Network) Close() {
	n.mu.Lock()
	n.closed = true
	n.waiting = nil
	n.mu.Unlock()
	n.nudge()
	<-n.done
}

// Drain returns when everything that was under way when it was called has been delivered, or when ctx ends.
func (n *Network) Drain(ctx context.Context) {
	n.mu.Lock()
	upTo := n.order
	n.mu.Unlock()
	for {
		last := time.Duration(-1)
		n.mu.Lock()
		for _, p := range n.waiting {
			if p.order <= upTo {
				last = max(last, time.Until(p.due))
			}
		}
		delivering := n.delivering != 0 && n.delivering <= upTo
		n.mu.Unlock()
		if last < 0 && !delivering {
			return
		}
		timer := time.NewTimer(max(last, time.Millisecond))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// underWay is a packet that is delayed.
type underWay struct {
	due   time.Time
	order uint64 // of two that are due together the first one sent comes first
	link  *Link
	data  []byte
}

type queue []underWay

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].due.Before(q[j].due) || q[i].due.Equal(q[j].due) && q[i].order < q[j].order
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(underWay)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	(*q)[last] = underWay{} // its packet can go
	*q = (*q)[:last]
	return x
}

// delay keeps a copy of a packet until it is due.
func (n *Network) delay(l *Link, p []byte, by time.Duration) {
	w := underWay{due: time.Now().Add(by), link: l, data: append([]byte(nil), p...)}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return
	}
	n.order++
	w.order = n.order
	heap.Push(&n.waiting, w)
	if n.waiting[0].order == w.order {
		n.nudge()
	}
}

func (n *Network) nudge() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// next takes the packet that is due, or says how long nothing will be.
func (n *Network) next() (p underWay, wait time.Duration, closed bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.closed:
		return p, 0, true
	case len(n.waiting) == 0:
		return p, time.Hour, false
	}
	if wait = time.Until(n.waiting[0].due); wait > 0 {
		return p, wait, false
	}
	p = heap.Pop(&n.waiting).(underWay)
	n.delivering = p.order
	return p, 0, false
}

func (n *Network) run() {
	defer close(n.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		p, wait, closed := n.next()
		if closed {
			return
		}
		if p.link != nil {
			p.link.deliver(p.data)
			n.mu.Lock()
			n.delivering = 0
			n.mu.Unlock()
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-n.wake:
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/ilenia-live/rec/cmd/rec-sim/network"
	"github.com/ilenia-live/rec/cmd/rec-sim/peer"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/internal/latency"
)

// calls are the senders of a run and their way to the recorder. They are connected before the sessions begin, so that no
// handshake is in a recording.
type calls struct {
	o       *runOptions
	plan    *plan
	network *network.Network
	host    *peer.Host // nil for plain RTP
	senders []*sender
	start   time.Time // when the first sample of each was spoken
	took    *latency.Shared
	stopped atomic.Bool
}

// sender is one channel's.
type sender struct {
	peer  peer.Peer
	ear   *ear
	turn  *opusTurn
	ppm   float64 // how fast its clock runs
	seq   uint16
	ts    uint32
	sent  atomic.Int64 // packets
	lane  *lane
	index int
}

// dialTime bounds how long all peers together may take to connect, for each of them.
const dialTime = 2 * time.Second

// dial connects a sender for each channel of each session.
func dial(ctx context.Context, o *runOptions, p *plan) (_ *calls, err error) {
	c := &calls{o: o, plan: p, network: network.New(o.network), took: latency.NewShared()}
	c.senders = make([]*sender, o.sessions*len(p.channels))
	defer func() {
		if err != nil {
			c.hangUp()
		}
	}()
	if o.transport == transportWebRTC {
		if c.host, err = peer.NewHost(); err != nil {
			return nil, exit.Envf("%w", err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second+time.Duration(len(c.senders))*dialTime)
	defer cancel()
	rng := rand.New(rand.NewPCG(o.network.Seed, 1))
	for i := range c.senders {
		s := &sender{ear: newEar(c.took, p.total/p.frame), turn: p.packets[i%len(p.channels)], ppm: o.driftPPM, index: i}
		if i%2 == 1 {
			s.ppm = -s.ppm
		}
		// Anywhere, as RFC 3550, 5.1 asks: in a long run some of them wrap.
		s.seq, s.ts = uint16(rng.Uint32()), rng.Uint32()
		s.ear.firstSeq = s.seq
		c.senders[i] = s
	}
	return c, inParallel(len(c.senders), func(i int) (err error) {
		s := c.senders[i]
		if c.host != nil {
			s.peer, err = c.host.Dial(ctx, c.network, i, s.ear)
		} else {
			s.peer, err = peer.DialRTP(c.network, i, s.ear)
		}
		if err != nil {
			return exit.Envf("%w", err)
		}
		s.peer.Link().Watch(s.ear.expect)
		return nil
	})
}

// join brings the senders to their sessions.
func (c *calls) join(live []*liveSession) *calls {
	c.start = time.Now()
	for i, l := range live {
		l.fed.first = c.start.Sub(l.created)
		for j, lane := range l.fed.lanes {
			s := c.senders[i*len(l.fed.lanes)+j]
			s.lane = lane
			s.ear.line.Store(&line{channel: lane.sink.(channelSink).c, start: c.start})
		}
	}
	return c
}

// hangUp ends all calls.
func (c *calls) hangUp() {
	c.network.Close()
	_ = inParallel(len(c.senders), func(i int) error {
		if s := c.senders[i]; s != nil && s.peer != nil {
			_ = s.peer.Close() // what it had to bring it has brought
		}
		return nil
	})
	if c.host != nil {
		_ = c.host.Close()
	}
}

func (c *calls) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { c.stopped.Store(true) })
	defer stop()
	var all sync.WaitGroup
	errs := make([]error, len(c.senders))
	for i, s := range c.senders {
		all.Go(func() { errs[i] = s.run(c) })
	}
	all.Wait()
	c.network.Drain(ctx)
	// What the network has delivered is on its way through the machine.
	time.Sleep(packetTime)
	for _, s := range c.senders {
		s.lane.accepted = s.sent.Load() * c.plan.frame
	}
	return errors.Join(errs...)
}

// reportEvery is the time between sender reports: RFC 3550, 6.2, has five seconds.
const reportEvery = 5 * time.Second

// run sends one packet after the other, when its last sample was spoken by the sender's clock.
func (s *sender) run(c *calls) error {
	packets := c.plan.total / c.plan.frame
	due := func(k int64) time.Duration {
		return time.Duration(float64(k+1) * float64(packetTime) / (1 + s.ppm*1e-6))
	}
	// Not all at the same time.
	nextReport := reportEvery * time.Duration(s.index%25) / 25
	for k := range packets {
		at := due(k)
		time.Sleep(time.Until(c.start.Add(at)))
		if c.stopped.Load() {
			return nil
		}
		s.ear.intend(s.seq, at)
		err := s.peer.Send(&rtp.Packet{
			Header:  rtp.Header{Version: 2, Marker: k == 0, SequenceNumber: s.seq, Timestamp: s.ts},
			Payload: s.turn.payloads[k%int64(len(s.turn.payloads))],
		})
		if err != nil {
			return fmt.Errorf("send packet %d of channel %d: %w", k, s.index, err)
		}
		s.seq, s.ts = s.seq+1, s.ts+uint32(packetTime*48000/time.Second)
		s.sent.Add(1)
		if at >= nextReport {
			nextReport += reportEvery
			if err := s.peer.Report(s.ts); err != nil {
				return fmt.Errorf("send report of channel %d: %w", s.index, err)
			}
		}
		if s.lane.last {
			s.lane.session.cues.upTo((k+1)*c.plan.frame, c.plan)
		}
	}
	if s.lane.last {
		s.lane.session.cues.upTo(c.plan.total, c.plan) // the last packet may have been a part of one
	}
	return nil
}

func (c *calls) sent() (n int64) {
	for _, s := range c.senders {
		n += s.sent.Load()
	}
	return n
}

func (c *calls) total() (accepted, refused, late int64, failed error) {
	return sumCounts(func(yield func(*counts) bool) {
		for _, s := range c.senders {
			if !yield(&s.ear.counts) {
				return
			}
		}
	})
}

func (c *calls) latency() *latency.Histogram { return c.took.Sum() }

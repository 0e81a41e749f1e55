package peer

import (
	"context"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/ilenia-live/rec/cmd/rec-sim/network"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sheet notes the sequence numbers that come, and says when all wanted are there.
type sheet struct {
	mu      sync.Mutex
	seen    map[uint16]int
	reports int
	want    int
	all     chan struct{}
}

func newSheet(want int) *sheet {
	return &sheet{seen: map[uint16]int{}, want: want, all: make(chan struct{})}
}

func (s *sheet) WriteRTP(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[binary.BigEndian.Uint16(p[2:])]++
	if len(s.seen) == s.want {
		close(s.all)
		s.want = 0
	}
	return nil
}

func (s *sheet) WriteRTCP([]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reports++
	return nil
}

// What the network delivers arrives, on either way, and nothing else does.
func TestPeers(t *testing.T) {
	const packets = 100
	host, err := NewHost()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	}()
	for name, dial := range map[string]func(n *network.Network, i int, s Sink) (Peer, error){
		"rtp": DialRTP,
		"webrtc": func(n *network.Network, i int, s Sink) (Peer, error) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			return host.Dial(ctx, n, i, s)
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := network.New(network.Model{Loss: 0.1, Jitter: 5 * time.Millisecond, Seed: 1})
			defer n.Close()
			// What a link loses depends on nothing but the seed, so as many arrive on either way.
			dry, lost := n.Link(7, func([]byte) error { return nil }), int64(0)
			for range packets {
				dry.Send([]byte{0x80, payloadType})
				lost = dry.Stats().Lost
			}
			s := newSheet(packets - int(lost))
			p, err := dial(n, 7, s)
			if err != nil {
				t.Fatal(err)
			}
			// As SRTP takes a packet for a replay that comes after 64 later ones (RFC 3711, 3.3.2), they don't go all at once.
			pace := time.NewTicker(time.Millisecond)
			defer pace.Stop()
			for i := range packets {
				<-pace.C
				k := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(i), Timestamp: uint32(960 * i)}, Payload: []byte{0xF8, 0xFF, 0xFE}}
				if err := p.Send(k); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case <-s.all:
			case <-t.Context().Done():
			case <-time.After(20 * time.Second):
				t.Error("too few came")
			}
			if err := p.Report(0); err != nil {
				t.Error(err)
			}
			n.Drain(t.Context())
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if got := p.Link().Stats(); got.Sent != packets || got.Lost != lost || got.Failed != 0 {
				t.Errorf("%+v, want %d lost", got, lost)
			}
			for seq, times := range s.seen {
				if times != 1 || seq >= packets {
					t.Errorf("packet %d came %d times", seq, times)
				}
			}
		})
	}
}

// A host that nobody answers gives up with its caller.
func TestDialGivesUp(t *testing.T) {
	host, err := NewHost()
	if err != nil {
		t.Fatal(err)
	}
	n := network.New(network.Model{})
	defer n.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := host.Dial(ctx, n, 0, newSheet(0)); err == nil {
		t.Error("connected")
		_ = p.Close()
	}
	if err := host.Close(); err != nil {
		t.Error(err)
	}
}

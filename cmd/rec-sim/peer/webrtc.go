package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/ilenia-live/rec/cmd/rec-sim/network"
	"github.com/ilenia-live/rec/track"
)

// A Host receives what WebRTC peers send, all on one socket, as a service does.
type Host struct {
	api  *webrtc.API
	conn net.PacketConn
	mux  ice.UDPMux
}

// NewHost makes a host on the loopback. It must be closed.
func NewHost() (*Host, error) {
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	_ = conn.(*net.UDPConn).SetReadBuffer(16 * socketBytes) // the system's own bound is as good
	h := &Host{conn: conn}
	if h.api, h.mux, err = newAPI(conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return h, nil
}

// Close ends the host. Its peers must have been closed.
func (h *Host) Close() error { return errors.Join(h.mux.Close(), closed(h.conn.Close())) }

// newAPI is pion on one socket, with sender and receiver reports, and without a word on standard error.
func newAPI(conn net.PacketConn) (*webrtc.API, ice.UDPMux, error) {
	var m webrtc.MediaEngine
	var i interceptor.Registry
	if err := errors.Join(track.RegisterCodecs(&m), webrtc.ConfigureRTCPReports(&i)); err != nil {
		return nil, nil, err
	}
	logs := &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	var s webrtc.SettingEngine
	s.LoggerFactory = logs
	s.SetIncludeLoopbackCandidate(true)
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	mux := webrtc.NewICEUDPMux(logs.NewLogger("ice"), conn)
	s.SetICEUDPMux(mux)
	return webrtc.NewAPI(webrtc.WithMediaEngine(&m), webrtc.WithInterceptorRegistry(&i), webrtc.WithSettingEngine(s)), mux, nil
}

// closed is err, unless it says that what was to be closed was.
func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// call is two peer connections, and the track between them.
type call struct {
	conn     *network.Conn
	mux      ice.UDPMux
	from, to *webrtc.PeerConnection
	track    *webrtc.TrackLocalStaticRTP
	reading  chan struct{} // closed when nobody reads the sender's RTCP any more

	mu        sync.Mutex
	closed    bool
	recording sync.WaitGroup // none is added once closed
}

// Dial makes a peer that sends to the host over the network's link number i, and returns when they are connected. The sink gets
// what track.Record reads.
func (h *Host) Dial(ctx context.Context, n *network.Network, i int, sink Sink) (_ Peer, err error) {
	socket, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &call{conn: network.NewConn(socket, n, i), reading: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("connect peer %d: %w", i, err), c.Close())
		}
	}()
	api, mux, err := newAPI(c.conn)
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	c.mux = mux
	if c.from, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, err
	}
	if c.to, err = h.api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, err
	}
	c.to.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		if !c.begin() {
			return
		}
		defer c.recording.Done()
		// It ends with the call. What the recorder refused, it counts.
		_, _ = track.Record(context.Background(), sink, remote, receiver)
	})
	c.track, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "audio", "rec-sim")
	if err != nil {
		return nil, err
	}
	sender, err := c.from.AddTrack(c.track)
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(c.reading)
		buf := make([]byte, 1500)
		for {
			if _, _, err := sender.Read(buf); err != nil {
				return
			}
		}
	}()
	return c, c.connect(ctx)
}

// connect exchanges offer and answer, and waits for both to hear each other.
func (c *call) connect(ctx context.Context) error {
	state := make(chan webrtc.PeerConnectionState, 1)
	c.from.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		// Whoever is connected may lose the other and find it again: only the first time is waited for.
		if s == webrtc.PeerConnectionStateConnected || s == webrtc.PeerConnectionStateFailed {
			select {
			case state <- s:
			default:
			}
		}
	})
	offer, err := c.from.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := describe(ctx, c.from, offer); err != nil {
		return err
	}
	if err := c.to.SetRemoteDescription(*c.from.LocalDescription()); err != nil {
		return err
	}
	answer, err := c.to.CreateAnswer(nil)
	if err != nil {
		return err
	}
	if err := describe(ctx, c.to, answer); err != nil {
		return err
	}
	if err := c.from.SetRemoteDescription(*c.to.LocalDescription()); err != nil {
		return err
	}
	select {
	case s := <-state:
		if s == webrtc.PeerConnectionStateFailed {
			return errors.New("ICE or DTLS failed")
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// describe sets a local description and waits for its candidates.
func describe(ctx context.Context, pc *webrtc.PeerConnection, d webrtc.SessionDescription) error {
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		return err
	}
	select {
	case <-gathered:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *call) Send(p *rtp.Packet) error { return c.track.WriteRTP(p) }

// Report does nothing: pion reports each second by itself.
func (c *call) Report(uint32) error { return nil }

func (c *call) Link() *network.Link { return c.conn.Link }

// begin reports whether the call goes on.
func (c *call) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.recording.Add(1)
	}
	return !c.closed
}

func (c *call) Close() (err error) {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	if c.from != nil {
		err = c.from.Close()
	}
	if c.to != nil {
		err = errors.Join(err, c.to.Close())
	}
	c.recording.Wait()
	if c.track != nil {
		<-c.reading
	}
	if c.mux != nil {
		err = errors.Join(err, c.mux.Close(), closed(c.conn.Close()))
	}
	return err
}

package track

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"github.com/ilenia-live/rec/recorder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a source that returns what it is told to, then waits for its deadline.
type script struct {
	reads   []any // []byte or error
	expired chan struct{}
}

func newScript(reads ...any) *script { return &script{reads, make(chan struct{}, 4)} }

func (s *script) Read(p []byte) (int, interceptor.Attributes, error) {
	if len(s.reads) == 0 {
		<-s.expired
		return 0, nil, os.ErrDeadlineExceeded
	}
	next := s.reads[0]
	s.reads = s.reads[1:]
	if err, ok := next.(error); ok {
		return 0, nil, err
	}
	return copy(p, next.([]byte)), nil, nil
}

func (s *script) SetReadDeadline(t time.Time) error {
	if !t.IsZero() {
		s.expired <- struct{}{}
	}
	return nil
}

// sheet is a channel that keeps what it gets.
type sheet struct {
	rtp, rtcp [][]byte
	refuse    map[int]error // by the number of the packet
}

func (s *sheet) WriteRTP(p []byte) error {
	s.rtp = append(s.rtp, bytes.Clone(p))
	return s.refuse[len(s.rtp)]
}

func (s *sheet) WriteRTCP(p []byte) error {
	s.rtcp = append(s.rtcp, bytes.Clone(p))
	return nil
}

func packet(pt byte, seq byte) []byte {
	return []byte{0x80, pt, 0, seq, 0, 0, 0, 0, 0, 0, 0, 1, 'x'}
}

func TestRecordEnds(t *testing.T) {
	broken := errors.New("broken")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, row := range []struct {
		name  string
		ctx   context.Context
		media *script
		sheet sheet
		want  Stats
		err   error
	}{
		{"with the track", t.Context(), newScript(packet(111, 1), packet(111, 2), io.EOF), sheet{}, Stats{Packets: 2, Reports: 1}, nil},
		{"with the connection", t.Context(), newScript(packet(111, 1), io.ErrClosedPipe), sheet{}, Stats{Packets: 1, Reports: 1}, nil},
		{"with the context", cancelled, newScript(), sheet{}, Stats{Reports: 1}, context.Canceled},
		{"with the session", t.Context(), newScript(packet(111, 1), packet(111, 2), packet(111, 3)),
			sheet{refuse: map[int]error{2: recorder.ErrEnded}}, Stats{Packets: 2, Reports: 1}, recorder.ErrEnded},
		{"with an error", t.Context(), newScript(packet(111, 1), broken), sheet{}, Stats{Packets: 1, Reports: 1}, broken},
		{"not with a full disk, nor with what isn't its codec", t.Context(),
			newScript(packet(111, 1), packet(126, 2), webrtc.ErrCodecNotFound, packet(111, 3), packet(111, 4), io.EOF),
			sheet{refuse: map[int]error{2: recorder.ErrOverflow}}, Stats{Packets: 3, Refused: 1, Skipped: 2, Reports: 1}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			last := byte(111)
			mime := func() string {
				if last == 126 {
					return "audio/telephone-event"
				}
				return webrtc.MimeTypeOpus
			}
			// pion knows the codec of the packet that it has just read.
			spy := &spied{script: row.media, last: &last}
			stats, err := record(row.ctx, &row.sheet, spy, newScript([]byte("report")), mime)
			if stats != row.want || !errors.Is(err, row.err) || (row.err == nil) != (err == nil) {
				t.Errorf("%+v, %v; want %+v, %v", stats, err, row.want, row.err)
			}
		})
	}
}

// slow is a source whose deadline takes its time to expire.
type slow struct {
	*script
	asked, proceed chan struct{}
	deadline       time.Time
}

func (s *slow) SetReadDeadline(at time.Time) error {
	if !at.IsZero() {
		close(s.asked)
		<-s.proceed
	}
	s.deadline = at
	return nil
}

// When the context ends together with the track, the deadline that its end sets is not what the track is left with.
func TestRecordLeavesNoDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		media := &slow{script: newScript(io.EOF), asked: make(chan struct{}), proceed: make(chan struct{})}
		done := make(chan error)
		go func() {
			_, err := record(ctx, &sheet{}, media, newScript(), func() string { return webrtc.MimeTypeOpus })
			done <- err
		}()
		<-media.asked
		synctest.Wait() // the track has ended, and all that can be done without the deadline is done
		close(media.proceed)
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		synctest.Wait()
		if !media.deadline.IsZero() {
			t.Errorf("reads are left with the deadline %s", media.deadline)
		}
	})
}

type spied struct {
	*script
	last *byte
}

func (s *spied) Read(p []byte) (int, interceptor.Attributes, error) {
	n, a, err := s.script.Read(p)
	if n > 1 {
		*s.last = p[1]
	}
	return n, a, err
}

func TestCodec(t *testing.T) {
	for _, row := range []struct {
		c    webrtc.RTPCodecCapability
		name string
		rate int
		n    int
	}{
		{webrtc.RTPCodecCapability{MimeType: "audio/opus", ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1"}, "opus", 48000, 1},
		{webrtc.RTPCodecCapability{MimeType: "audio/OPUS", ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10; stereo=1"}, "opus", 48000, 2},
		{webrtc.RTPCodecCapability{MimeType: "audio/opus", ClockRate: 48000, Channels: 2, SDPFmtpLine: "sprop-stereo=1"}, "opus", 48000, 1},
		{webrtc.RTPCodecCapability{MimeType: "audio/PCMU", ClockRate: 8000}, "pcmu", 8000, 1},
		{webrtc.RTPCodecCapability{MimeType: "audio/L16", ClockRate: 44100, Channels: 2}, "l16", 44100, 2},
		{webrtc.RTPCodecCapability{MimeType: "audio/G722", ClockRate: 8000}, "", 0, 0},
	} {
		if name, rate, n, ok := Codec(row.c); name != row.name || rate != row.rate || n != row.n || ok != (row.name != "") {
			t.Errorf("%+v: %s, %d Hz, %d channels, %v", row.c, name, rate, n, ok)
		}
	}
}

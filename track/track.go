// Package track records what a WebRTC peer sends: it carries the packets of a pion TrackRemote, and the sender reports that come
// with them, into a channel of the recorder. It is the only package of the recorder's that knows pion/webrtc; a host that
// takes its packets from elsewhere leaves it out, and the ICE stack with it.
package track

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"

	"github.com/ilenia-live/rec/recorder"
)

// Channel is what a track is recorded into; *recorder.Channel is one.
type Channel interface {
	WriteRTP(packet []byte) error
	WriteRTCP(packet []byte) error
}

// Stats counts what Record saw.
type Stats struct {
	Packets int64 // RTP packets handed to the channel
	Refused int64 // of them, those that the channel refused; what the disk refused is a gap of the recording
	Skipped int64 // packets of another codec than the first, telephone events say
	Reports int64 // RTCP packets handed to the channel
}

// Record reads the track until it ends, until ctx does, or until the channel's session has ended, and writes all that arrives to
// the channel. It is the whole of a host's OnTrack handler:
//
//	pc.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
//		name, rate, count, ok := track.Codec(remote.Codec().RTPCodecCapability)
//		…create the session with a channel of that codec…
//		stats, err := track.Record(ctx, channel, remote, receiver)
//	})
//
// Nobody else may read from either meanwhile. The channel must be of the track's codec, see Codec.
//
// The error is nil when the track ended, ctx's when that did, recorder.ErrEnded when the session did, else what pion said.
func Record(ctx context.Context, ch Channel, remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) (Stats, error) {
	mime := func() string { return remote.Codec().MimeType }
	return record(ctx, ch, remote, receiver, mime)
}

// source is a TrackRemote or an RTPReceiver.
type source interface {
	Read(p []byte) (int, interceptor.Attributes, error)
	SetReadDeadline(t time.Time) error
}

// packetBytes is more than pion's own buffers hold (1,460 by default, SettingEngine.SetReceiveMTU) and than a UDP datagram can.
const packetBytes = 1 << 16

func record(ctx context.Context, ch Channel, media, control source, mime func() string) (Stats, error) {
	// A read that waits is ended by its deadline.
	expired := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(expired)
		expire(media)
	})
	reports := make(chan int64, 1)
	go func() { reports <- forwardReports(ch, control) }()
	stats, err := forward(ch, media, mime)
	expire(control)
	stats.Reports = <-reports
	if !stop() {
		<-expired // else it might come after what follows
	}
	// Whoever reads next finds them as they were.
	err = errors.Join(err, ignoreClosed(media.SetReadDeadline(time.Time{})), ignoreClosed(control.SetReadDeadline(time.Time{})))
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return stats, err
}

func expire(s source) { _ = s.SetReadDeadline(time.Unix(1, 0)) } // one that is closed has ended already

func ignoreClosed(err error) error {
	if ended(err) {
		return nil
	}
	return err
}

// ended reports whether an error only says that there is nothing more to read.
func ended(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrDeadlineExceeded) || timedOut(err)
}

func timedOut(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func forward(ch Channel, s source, mime func() string) (stats Stats, err error) {
	buf := make([]byte, packetBytes)
	f := filter{mime: mime}
	for {
		n, _, err := s.Read(buf)
		switch {
		case errors.Is(err, webrtc.ErrCodecNotFound):
			stats.Skipped++ // a payload type that was never agreed on
			continue
		case ended(err):
			return stats, nil
		case err != nil:
			return stats, err
		}
		if !f.passes(buf[:n]) {
			stats.Skipped++
			continue
		}
		stats.Packets++
		if err := ch.WriteRTP(buf[:n]); errors.Is(err, recorder.ErrEnded) {
			return stats, err
		} else if err != nil {
			stats.Refused++ // this packet only; the disk's refusals are in the manifest
		}
	}
}

// filter lets the packets of one codec pass: the first one's.
type filter struct {
	mime        func() string
	codec       string
	payloadType byte
	known, pass bool
}

func (f *filter) passes(p []byte) bool {
	if len(p) < 2 {
		return true // the channel will say what is wrong with it
	}
	if pt := p[1] & 0x7F; !f.known || pt != f.payloadType {
		// pion has just looked the payload type up.
		name, ok := codecName(f.mime())
		if f.codec == "" && ok {
			f.codec = name
		}
		f.known, f.payloadType, f.pass = true, pt, ok && name == f.codec
	}
	return f.pass
}

func forwardReports(ch Channel, s source) (n int64) {
	buf := make([]byte, packetBytes)
	for {
		k, _, err := s.Read(buf)
		if err != nil {
			return n
		}
		n++
		if err := ch.WriteRTCP(buf[:k]); errors.Is(err, recorder.ErrEnded) {
			return n // the media's loop will find out likewise
		}
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/recorder"
	"github.com/spf13/cobra"
)

func newReplayCommand() *cobra.Command {
	var o replayOptions
	c := &cobra.Command{
		Use:   "replay FILE [flags]",
		Short: "Record what was captured from a network",
		Long: `replay makes one recording of the RTP packets in FILE: a capture (pcap or pcapng), or packets framed as RFC 4571 has it.
Each stream becomes a channel, named after its SSRC in hex. Without --ssrc and --payload-type those streams are recorded that
have the payload type which most packets have; what is left out is said. --dry-run only lists what there is.

Packets are recorded as they arrived: late, twice, in the wrong order, or not at all. The recording begins with the first
sample of the first stream. A file that keeps no times of arrival is taken for packets that came when they were spoken, by
their timestamps; pauses up to --max-gap are believed, and a sender that begins anew goes on where it was.

Encrypted packets (SRTP) must be decrypted first. It goes as fast as the recorder takes it. Ctrl-C ends the recording early,
and properly.

It exits with 1 if a packet was refused, if nothing of a channel could be decoded, or if the recording is not ok, and with 3
if FILE can't be read to its end; what was read is recorded.`,
		Example: `  rec-sim replay call.pcap --dry-run                             # which streams are there?
  rec-sim replay call.pcap --codec opus
  rec-sim replay call.pcap --codec pcmu --ssrc 0x1a2b3c4d
  rec-sim replay studio.rtp --codec l16 --rate 48000 --channels 2`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.file = args[0]
			if err := o.complete(c.Flags()); err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			// The second signal ends the process at once: the first one was heard.
			context.AfterFunc(ctx, stop)
			return replay(ctx, &o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.flags(c.Flags())
	c.Flags().SortFlags = false
	return c
}

// replay looks through the file, and then records it.
func replay(ctx context.Context, o *replayOptions, stdout, stderr io.Writer) error {
	human, live := stdout, stderr
	if o.json == "-" {
		human = stderr // standard output is for the machine that reads the JSON
	}
	if o.quiet {
		human, live = io.Discard, io.Discard
	}
	if o.clock != nil {
		defer o.clock.Close()
	}
	s, err := surveyFile(ctx, o, live)
	if err != nil {
		return err
	}
	r := newReplayReport(o, s)
	if o.dryRun {
		r.showStreams(human)
		return errors.Join(r.write(o, stdout), s.broken)
	}
	if len(s.chosen) == 0 {
		return s.nothing(o)
	}
	if err := recoverBefore(ctx, o.dir, human); err != nil {
		return err
	}
	p, err := newReplayer(ctx, o, s)
	if err != nil {
		return err
	}
	begun := time.Now()
	broken := p.feed(ctx, live)
	r.WallSeconds = time.Since(begun).Seconds()
	if err := p.finish(ctx, r, begun); err != nil {
		return err
	}
	r.show(human)
	return errors.Join(r.verdict(), broken, r.write(o, stdout)) // the first of them gives the exit code
}

// newReplayer opens a recorder and a session with a channel for each stream that was chosen.
func newReplayer(ctx context.Context, o *replayOptions, s *survey) (*replayer, error) {
	p := &replayer{o: o, survey: s, timing: o.newTiming(), lanes: s.newLanes()}
	rec, err := recorder.Open(ctx, recorder.Config{
		Root:   o.dir,
		Sync:   recorder.Sync{PerAudio: true}, // a second of audio, however fast it comes
		Buffer: o.buffer(len(s.chosen)),
		Opus:   o.opus,
		Idle:   -1,
	})
	if err != nil {
		return nil, replayError(err)
	}
	p.recorder = rec
	create := recorder.SessionCreate{Type: "SessionCreate", EventID: "rec-sim"}
	for _, l := range p.lanes {
		create.Channels = append(create.Channels, recorder.ChannelSpec{
			ID: l.id, Label: l.label(), Record: true, Codec: o.codec, SampleRate: o.rate, ChannelCount: o.channels,
		})
	}
	if p.session, err = rec.Create(ctx, create); err == nil {
		for _, l := range p.lanes {
			if l.channel, err = p.session.Channel(l.id); err != nil {
				break
			}
			l.room = &lane{sink: channelSink{l.channel}}
		}
	}
	if err != nil {
		return nil, errors.Join(replayError(err), rec.Close(context.WithoutCancel(ctx)))
	}
	return p, nil
}

// replayError gives an error of the recorder its exit code: a field that it refuses came from a flag.
func replayError(err error) error {
	if errors.As(err, new(*recorder.FieldError)) {
		return exit.Usagef("%w", err)
	}
	return exit.Envf("%w", err)
}

// finish ends the session and the recorder, and reports what came of it.
func (p *replayer) finish(ctx context.Context, r *replayReport, begun time.Time) error {
	ctx, interrupted := context.WithoutCancel(ctx), ctx.Err() != nil
	reason := "replay ended"
	if interrupted {
		reason = "replay interrupted"
	}
	for _, l := range p.lanes {
		l.chain = l.channel.Chain()
	}
	m, err := p.session.Destroy(ctx, reason)
	if err != nil {
		return errors.Join(fmt.Errorf("destroy session %s: %w; 'rec-sim recover' will finish it", p.session.ID(), err), p.recorder.Close(ctx))
	}
	r.Interrupted = interrupted
	r.fill(p, m)
	r.WallSeconds = time.Since(begun).Seconds()
	if err := p.recorder.Close(ctx); err != nil {
		return fmt.Errorf("close recorder: %w", err)
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/ilenia-live/rec/internal/latency"
	"github.com/spf13/cobra"
)

func newRunCommand() *cobra.Command {
	var o runOptions
	c := &cobra.Command{
		Use:   "run [flags]",
		Short: "Record pretend sessions and measure it",
		Long: `run records sessions of speech, of a signal that can be checked sample by sample, or of a file, in real time or as fast
as the recorder takes them. It first repairs what an earlier run left behind in the same directory.

With --source pattern, channel j of session s is labelled pattern:<c>, where c = s × channels + j, and its sample i is
int16(uint32(i*2654435761 + c*40503) >> 16) in uint32 arithmetic.

With --transport rtp or webrtc the voices are sent as Opus over the loopback, from plain sockets or from pion peers, through a network
that loses, delays, doubles and misorders packets as its flags say, by senders whose clocks may be off. Then each recording is held
against what was sent: its length, what is missing, and second by second where each word lies. Real time only.

With --speed max the recovery point counts audio time: a sync each second of audio, however fast it comes.

With --acks FILE, at byte 8·c of that shared memory map stands the number of samples accepted on ordinal c, as a little-endian
uint64, updated when the write has returned. With --promises FILE, at byte 8·c stands how many of them Sync has promised; and
behind that, for each session, 1 when Create has returned and 2 when Destroy has. Both survive kill -9.

With --json, a run of a second or more also tells what happened in each second ("series") and how write latencies are
distributed, for rec-sim plot.

With --ramp it looks for the largest number of channels that are recorded in real time without a late or refused frame and with
the recovery point kept (--sync): it doubles the number of sessions, each of --channels channels, until that fails, then
bisects until it is known to 3 %. It begins with --sessions of them (default 16) and goes no further than --ramp-max
channels. Each step lasts --duration, in fresh sessions in a directory of its own below --dir, which is removed
after it; a step that fails is tried once more. Only kill -9 leaves a rec-sim-ramp-* there. The measurements are those of the
largest step that was kept, with all steps under "ramp". It exits with 1 if not even one session could be recorded.

Ctrl-C ends the sessions early, and properly.`,
		Example: `  rec-sim run                                            # three voices for ten seconds, to listen to
  rec-sim run --source pattern --sessions 500 --channels 2 --duration 1m
  rec-sim run --source pattern --speed max --duration 1h --json -
  rec-sim run --transport webrtc --loss 5% --jitter 40ms --duration 1m
  rec-sim run --transport rtp --loss 20% --jitter 500ms --reorder 5% --dup 10% --drift-ppm 100 --duration 10m
  rec-sim run --ramp --source pattern --dir /mnt/recordings --json ramp.json
  rec-sim run --source concert.wav --rate 16000 --cues concert.jsonl`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.complete(c.Flags(), args); err != nil {
				return err
			}
			ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			// The second signal ends the process at once: the first one was heard.
			context.AfterFunc(ctx, stop)
			return run(ctx, &o, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.flags(c.Flags())
	c.Flags().SortFlags = false
	return c
}

// run is one simulation from the first directory to the last line of the report.
func run(ctx context.Context, o *runOptions, stdout, stderr io.Writer) (err error) {
	p, err := makePlan(o)
	if err != nil {
		return err
	}
	human, live := stdout, stderr
	if o.json == "-" {
		human = stderr // standard output is for the machine that reads the JSON
	}
	if o.quiet {
		human, live = io.Discard, io.Discard
	}
	if o.ramp {
		return runRamp(ctx, o, p, human, live, stdout)
	}
	if err := recoverBefore(ctx, o.dir, human); err != nil {
		return err
	}
	s := &simulation{o: o, plan: p, synced: latency.NewShared()}
	if o.json != "" {
		s.series = &series{}
	}
	if s.witness, err = newWitness(o, len(p.channels)); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.witness.close()) }()
	if err = s.simulate(ctx, live); s.live == nil {
		return err // nothing was recorded, so there is nothing to report
	}
	s.summary(human)
	if o.json != "" {
		err = errors.Join(err, writeJSON(&s.report, o.json, stdout))
	}
	return errors.Join(err, s.verdict())
}

package main

import (
	"regexp"

	"github.com/ilenia-live/rec/internal/exit"
	"github.com/spf13/pflag"
)

// options are the flags.
type options struct {
	dir             string
	channels        int // 0 for as many as fit, up to defaultChannels
	seconds         int
	rounds          int
	processes       int
	sessionChannels int
	syncers         int
	only            string
	json            string
	benchstat       string
	profile         string

	wanted *regexp.Regexp
}

const (
	defaultChannels = 2000
	maxChannels     = 20000
	maxSeconds      = 3600
)

func (o *options) flags(f *pflag.FlagSet) {
	f.StringVar(&o.dir, "dir", ".", "where to write: the file system that is measured")
	f.IntVar(&o.channels, "channels", 0, "channels at once (default 2000, or what fits memory and 3 GB of disk)")
	f.IntVar(&o.seconds, "seconds", 4, "audio on each channel, in seconds")
	f.IntVar(&o.rounds, "rounds", 5, "how often each is measured; the table has medians")
	f.IntVar(&o.processes, "processes", 50, "channels of those that run a program for each; they get the same bytes, as longer audio")
	f.IntVar(&o.sessionChannels, "session-channels", 2, "channels in one session of the recorder")
	f.IntVar(&o.syncers, "syncers", 64, "files that a peer syncs at once")
	f.StringVar(&o.only, "only", "", "only those whose name matches this regular expression")
	f.StringVar(&o.json, "json", "", "write all figures to this file, - for standard output")
	f.StringVar(&o.benchstat, "benchstat", "", "write lines for benchstat to this file, - for standard output")
	f.StringVar(&o.profile, "profile", "", "run one more round, which doesn't count, and write CPU profiles to this directory")
}

func (o *options) check() (err error) {
	switch {
	case o.dir == "":
		return exit.Usagef("--dir: want a directory")
	case o.channels < 0 || o.channels > maxChannels:
		return exit.Usagef("--channels %d: want 1 to %d", o.channels, maxChannels)
	case o.seconds < 1 || o.seconds > maxSeconds:
		return exit.Usagef("--seconds %d: want 1 to %d", o.seconds, maxSeconds)
	case o.rounds < 1 || o.rounds > 100:
		return exit.Usagef("--rounds %d: want 1 to 100", o.rounds)
	case o.processes < 1 || o.processes > 1000:
		return exit.Usagef("--processes %d: want 1 to 1000", o.processes)
	case o.sessionChannels < 1 || o.sessionChannels > 128:
		return exit.Usagef("--session-channels %d: want 1 to 128", o.sessionChannels)
	case o.syncers < 1 || o.syncers > 1000:
		return exit.Usagef("--syncers %d: want 1 to 1000", o.syncers)
	case o.json == "-" && o.benchstat == "-":
		return exit.Usagef("--json - --benchstat -: both can't have standard output")
	}
	if o.wanted, err = regexp.Compile(o.only); err != nil {
		return exit.Usagef("--only: %w", err)
	}
	return nil
}

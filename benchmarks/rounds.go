package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/ilenia-live/rec/internal/diskprobe"
)

// rounds measures everybody once a round: A B C A B C, so that what the machine does beside meets all alike. An error of
// one ends the run, as its figures could not be trusted; what was measured before is kept.
func (b *bench) rounds(ctx context.Context) error {
	r := &b.report
	for _, e := range r.Entries {
		if e.LeftOut = b.why(e.contestant); e.LeftOut != "" {
			fmt.Fprintf(b.stderr, "left out: %s: %s\n", e.Name, e.LeftOut)
		}
	}
	fmt.Fprintf(b.stderr, "%d channels × %d s, %.0f MB each time, in %s\n", b.channels, b.o.seconds, float64(b.task().Bytes())/1e6, b.place.dir)
	begun := time.Now()
	for round := range b.o.rounds {
		if err := b.round(ctx, round); err != nil {
			return err
		}
		r.Rounds = round + 1
		if left := b.o.rounds - r.Rounds; left > 0 {
			each := time.Since(begun) / time.Duration(r.Rounds)
			fmt.Fprintf(b.stderr, "about %s left\n", (each * time.Duration(left)).Round(time.Second))
		}
	}
	return b.profiles(ctx)
}

func (b *bench) round(ctx context.Context, round int) error {
	say := func(name, format string, args ...any) {
		fmt.Fprintf(b.stderr, "round %d/%d  %-38s %s\n", round+1, b.o.rounds, name, fmt.Sprintf(format, args...))
	}
	for _, e := range b.report.Entries {
		if e.LeftOut != "" {
			continue
		}
		m, err := b.once(ctx, e.contestant, "")
		if err != nil {
			return err
		}
		e.Rounds = append(e.Rounds, m)
		say(e.Name, "%6s CPU s per channel-hour, %s MB/s", significant(m.cpuPerHour()), e.megabytes(m.rate()))
	}
	rate, err := b.alone(ctx, sequential)
	if err != nil {
		return err
	}
	b.report.Sequential.Go = append(b.report.Sequential.Go, rate)
	say("one sequential writer", "%5.0f MB/s", rate/1e6)
	rate, err = b.alone(ctx, fio)
	if err != nil {
		return err
	}
	if rate > 0 {
		b.report.Sequential.Fio = append(b.report.Sequential.Fio, rate)
		say("fio", "%5.0f MB/s", rate/1e6)
	}
	return nil
}

// alone measures one sequential writer, of as many bytes as a contestant.
func (b *bench) alone(ctx context.Context, write func(context.Context, string, int64) (float64, error)) (rate float64, err error) {
	err = b.place.use(false, func(dir, _ string) (err error) {
		if _, err := diskprobe.Warm(b.report.Sequential.Size); err != nil {
			return err
		}
		rate, err = write(ctx, dir, b.report.Sequential.Size)
		return err
	})
	return rate, err
}

// sequential is what the file system takes from a single writer who has nothing else in mind, in bytes a second.
func sequential(ctx context.Context, dir string, size int64) (rate float64, err error) {
	w, err := diskprobe.Bench{Dir: dir, Most: time.Hour}.Sequential(ctx, size)
	if ctx.Err() != nil {
		return 0, errInterrupted
	}
	if err != nil {
		return 0, err
	}
	return w.Rate(), nil
}

// profiles is the round that doesn't count: profiling costs a little, and not everybody the same.
func (b *bench) profiles(ctx context.Context) error {
	if b.o.profile == "" {
		return nil
	}
	dir, err := filepath.Abs(b.o.profile)
	if err != nil {
		return err
	}
	for _, e := range b.report.Entries {
		if e.LeftOut != "" {
			continue
		}
		name := filepath.Join(dir, strings.NewReplacer("/", ",", "=", "-").Replace(e.Name)+".pprof")
		if _, err := b.once(ctx, e.contestant, name); err != nil {
			return err
		}
		fmt.Fprintln(b.stderr, "profile ", name)
	}
	return nil
}

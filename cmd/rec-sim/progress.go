package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

const (
	terminalEvery = 250 * time.Millisecond // people see it move
	plainEvery    = 5 * time.Second        // logs stay short
)

// showProgress tells how far the run is, on a bar if w is a terminal and else in a line now and then, until stop is
// called.
func (s *simulation) showProgress(w io.Writer) (stop func()) {
	var bar *progressbar.ProgressBar
	every, width := plainEvery, 0
	if isTerminal(w) {
		every = terminalEvery
		bar = newBar(w, s.framesToSend())
		width = terminalWidth(w) - barColumns
	}
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		speed := speedometer{at: time.Now()}
		for {
			select {
			case <-done:
				return
			case now := <-ticker.C:
				line := s.progressLine(speed.read(now, s.recorder.Stats().BytesWritten))
				sent := s.feeding.sent()
				if bar == nil {
					fmt.Fprintf(w, "%3d %%  %s\n", 100*sent/max(1, s.framesToSend()), line)
					continue
				}
				// A line that wraps can't be drawn over. A terminal that went away is no reason to stop recording.
				bar.Describe(line[:min(len(line), max(width, 0))])
				_ = bar.Set64(sent)
			}
		}
	})
	return func() {
		close(done)
		all.Wait()
		if bar != nil {
			_ = bar.Clear()
		}
	}
}

// A speedometer reads bytes per second over some seconds: a recorder writes in bursts, and a number that jumps tells
// nothing.
type speedometer struct {
	at    time.Time
	bytes int64
	speed float64
}

const speedOver = 2 * time.Second

func (s *speedometer) read(now time.Time, bytes int64) float64 {
	if d := now.Sub(s.at); d >= speedOver || s.speed == 0 && d > 0 {
		s.speed = float64(bytes-s.bytes) / d.Seconds()
		s.at, s.bytes = now, bytes
	}
	return s.speed
}

// framesToSend counts frames of all channels.
func (s *simulation) framesToSend() int64 {
	perChannel := (s.plan.total + s.plan.frame - 1) / s.plan.frame
	return perChannel * int64(len(s.live)*len(s.plan.channels))
}

func (s *simulation) progressLine(bytesPerSecond float64) string {
	st := s.recorder.Stats()
	_, refused, _, _ := s.feeding.total()
	s.synced.AtLeast(st.Unsynced)
	// With the bar it fits 80 columns up to thousands of channels.
	return fmt.Sprintf("sessions %d channels %d %.1f MB/s recovery %d ms refused %d",
		st.Sessions, st.Channels, bytesPerSecond/1e6, st.Unsynced.Milliseconds(), refused)
}

// barColumns is what the bar takes beside its description: percentage, frame and bar.
const barColumns = 9 + barWidth

const barWidth = 5

// terminalWidth is the number of columns of w, which is a terminal.
func terminalWidth(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
			return columns
		}
	}
	return 80
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// newBar is the bar that all commands use.
func newBar(w io.Writer, total int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetWidth(barWidth),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionThrottle(terminalEvery/2), // describing draws too: once a tick is enough
		progressbar.OptionClearOnFinish(),
	)
}

// countOn returns what shows the progress of work that counts its parts, on a bar if w is a terminal; nil otherwise.
func countOn(w io.Writer) func(done, total int) {
	if !isTerminal(w) {
		return nil
	}
	var bar *progressbar.ProgressBar
	return func(done, total int) {
		if bar == nil {
			bar = newBar(w, int64(total))
		}
		_ = bar.Set(done) // a terminal that went away is no reason to stop
	}
}

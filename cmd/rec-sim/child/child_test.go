package child_test

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ilenia-live/rec/cmd/rec-sim/child"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestChildren(t *testing.T) {
	sh := func(script string) *child.Child { return child.Start(t.Context(), "/bin/sh", "-c", script) }
	t.Run("ends well", func(t *testing.T) {
		c := sh("echo said")
		if err := c.WaitAtMost(time.Minute); err != nil || c.Failed() || c.Crashed() || string(c.Output()) != "said\n" {
			t.Errorf("%v, %q, %s", err, c.Output(), c.Complaint())
		}
	})
	t.Run("fails", func(t *testing.T) {
		c := sh("echo why >&2; exit 3")
		if err := c.Wait(); err != nil || !c.Failed() || c.Killed() || c.Crashed() || c.Complaint() != "exit status 3: why" {
			t.Errorf("%v, %s", err, c.Complaint())
		}
	})
	t.Run("is killed", func(t *testing.T) {
		c := sh("exec sleep 1000")
		if killed, err := c.KillAfter(time.Millisecond); err != nil || !killed || c.Crashed() {
			t.Errorf("killed %v, %v", killed, err)
		}
	})
	t.Run("is too fast to be killed", func(t *testing.T) {
		c := sh("exit 0")
		if killed, err := c.KillAfter(time.Minute); err != nil || killed {
			t.Errorf("killed %v, %v", killed, err)
		}
	})
	t.Run("hangs", func(t *testing.T) {
		c := sh("exec sleep 1000")
		if err := c.WaitAtMost(time.Millisecond); err != nil || !c.Crashed() || !strings.HasPrefix(c.Complaint(), "it hung") {
			t.Errorf("%v, %s", err, c.Complaint())
		}
	})
	t.Run("panics", func(t *testing.T) {
		c := sh("echo 'panic: oh' >&2; exit 2")
		if err := c.Wait(); err != nil || !c.Crashed() {
			t.Errorf("%v, %s", err, c.Complaint())
		}
	})
	t.Run("is not there", func(t *testing.T) {
		c := child.Start(t.Context(), "/does/not/exist")
		if err := c.Wait(); err == nil || c.PID() != 0 || c.Crashed() {
			t.Errorf("%v", err)
		}
	})
	t.Run("until", func(t *testing.T) {
		c := sh("exec sleep 1000")
		looked := 0
		if !c.Until(func() bool { looked++; return looked == 3 }) || c.Ended() {
			t.Error("it ended")
		}
		c.Kill()
		if c.Until(func() bool { return false }) || !c.Ended() {
			t.Error("it did not end")
		}
	})
}

package usage

import (
	"os"
	"testing"
	"time"
)

func TestTicks(t *testing.T) {
	before := parseTicks("cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3 4\ncpu1 1 2 3 4\nintr 1\n")
	if before != (Ticks{Idle: 8 * time.Second, Processors: 2}) {
		t.Errorf("%+v", before)
	}
	before.At = time.Now()
	// A second of two processors, of which 200 ms were idle, 100 ms a wait for the disk and 900 ms another machine's.
	after := parseTicks("cpu  160 10 110 720 110 0 0 90 0 0\ncpu0 1\ncpu1 1\n")
	after.At = before.At.Add(time.Second)
	if got := after.Used(before); got != 800*time.Millisecond {
		t.Errorf("used %s, want 800ms", got)
	}
	if got := before.Used(before) + before.Used(after); got != 0 {
		t.Errorf("used %s in no time", got)
	}
	if got := parseTicks("nonsense"); got != (Ticks{}) {
		t.Errorf("%+v", got)
	}
	if got := after.Used(Ticks{}); got != 0 {
		t.Errorf("used %s by a machine that didn't tell", got)
	}
}

func TestParseMemory(t *testing.T) {
	got := parseMemory("Name:\tx\nVmHWM:\t    5400 kB\nVmRSS:\t    5300 kB\nRssAnon:\t     300 kB\nRssFile:\t    4000 kB\nRssShmem:\t    1000 kB\nVmPTE:\t      80 kB\n")
	want := Memory{Anonymous: 300 << 10, File: 4000 << 10, Shared: 1000 << 10, Tables: 80 << 10, Peak: 5400 << 10}
	if got != want || got.Resident() != 5300<<10 {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestParseProcess(t *testing.T) {
	got, err := parseProcess("4711 (a) b (c)) S 1 4711 4711 0 -1 4194560 1 2 3 4 50 7 20 3 20 0 1 0 9 10 11\n")
	if want := (process{pid: 4711, parent: 1, used: 800 * time.Millisecond}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if got, err = parseProcess("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 1 2 0 0 20"); err != nil || !got.kernel {
		t.Errorf("%+v, %v, want a kernel thread", got, err)
	}
	for _, text := range []string{"", "1 (a", "1 (a) S 1", "1 (a) S x 0 0 0 0 0 0 0 0 0 1 2 3 4 5", "x (a) S 1 0 0 0 0 0 0 0 0 0 1 2 3 4 5"} {
		if got, err := parseProcess(text); err == nil {
			t.Errorf("%q: %+v and no error", text, got)
		}
	}
}

func TestStrangers(t *testing.T) {
	all := []process{
		{pid: 1, used: 1}, {pid: 2, kernel: true, used: 10}, {pid: 50, parent: 1, used: 100}, {pid: 51, parent: 50, used: 1000}, {pid: 52, parent: 51, used: 10000},
		{pid: 60, parent: 1, used: 100000}, {pid: 61, parent: 60, used: 1000000}, {pid: 70, parent: 71, used: 0}, {pid: 71, parent: 70, used: 0}, // as it may be seen when numbers are used again
	}
	// 50 is we, 51 and 52 are our children's.
	if got := strangers(all, 50); got != 1100001 {
		t.Errorf("%d, want 1100001", got)
	}
}

// TestReading holds readings of this very process against what it does.
func TestReading(t *testing.T) {
	ticks, cpu := ReadTicks(), Self()
	before, err := MemoryOf("self")
	if err != nil {
		t.Fatal(err)
	}
	held := make([]byte, 64<<20)
	for i := range held {
		held[i] = byte(i)
	}
	after, err := MemoryOf("self")
	if err != nil {
		t.Fatal(err)
	}
	if grown := after.Anonymous - before.Anonymous; grown < int64(len(held))/2 || after.Peak < after.Resident()/2 {
		t.Errorf("grew by %d bytes: %+v", grown, after)
	}
	if held[1] != 1 || Self().Total() <= cpu.Total() || ReadTicks().Processors != ticks.Processors || ticks.Processors == 0 {
		t.Errorf("%+v, %+v", Self(), ReadTicks())
	}
	if Others() <= 0 {
		t.Error("who started this test?")
	}
	if _, err := MemoryOf("0"); !os.IsNotExist(err) {
		t.Errorf("of no process: %v", err)
	}
	if Available() <= 0 {
		t.Error("the kernel doesn't say how much memory there is")
	}
}

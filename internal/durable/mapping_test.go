package durable_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/ilenia-live/rec/internal/durable"
)

func TestMappingIsTheFile(t *testing.T) {
	root := newRoot(t)
	const size = 3*4096 + 100
	m, err := root.CreateMapping("stage", size)
	must(t, err)
	if len(m.Bytes) != size || len(bytes.Trim(m.Bytes, "\x00")) > 0 {
		t.Fatalf("%d bytes, want %d zeros", len(m.Bytes), size)
	}
	copy(m.Bytes[4090:], "over the edge of a page")
	m.Bytes[size-1] = 'z'
	// Before Close: a process that is killed never gets there.
	got := read(t, root, "stage")
	if !bytes.Equal([]byte(got), m.Bytes) || len(got) != size {
		t.Fatal("the file differs from the memory")
	}
	must(t, m.Close())
	if m.Bytes != nil {
		t.Fatal("Bytes can still be reached")
	}
	if again := read(t, root, "stage"); again != got {
		t.Fatal("the file changed when it was unmapped")
	}
	info, err := root.Stat("stage")
	must(t, err)
	if room := info.Sys().(*syscall.Stat_t).Blocks * 512; room < size || info.Mode() != durable.FileMode {
		t.Fatalf("%d bytes allocated, mode %v; want all %d, so that no store is SIGBUS, and %v", room, info.Mode(), size, durable.FileMode)
	}
}

func TestMappingSurvivesKill(t *testing.T) {
	dir := t.TempDir()
	other := startHelper(t, dir, "map")
	if other.said != "ready" {
		t.Fatalf("helper: %s", other.said)
	}
	other.kill()
	if got := read(t, openRoot(t, dir), "stage"); got != mapped {
		t.Fatalf("%d bytes differ from what was stored before kill -9", len(got))
	}
}

func TestMappingNeverReplaces(t *testing.T) {
	root := newRoot(t)
	must(t, durable.WriteFile(root, "stage", []byte("old")))
	if _, err := root.CreateMapping("stage", 4096); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("error %v, want fs.ErrExist", err)
	}
	if got := read(t, root, "stage"); got != "old" {
		t.Fatalf("file holds %q", got)
	}
}

func TestMappingWithoutRoomLeavesNothing(t *testing.T) {
	dir, inMemory := volatileDir(t)
	var st unix.Statfs_t
	must(t, unix.Statfs(dir, &st))
	rows := map[string]int64{"nothing at all": 0, "less than nothing": -4096, "past any file system": math.MaxInt64 - 4096}
	if inMemory {
		// A tmpfs knows its size and refuses at once. A disk would be filled to the brim first, under everybody's feet.
		rows["more than there is"] = int64(st.Blocks)*st.Bsize + 4096
	}
	for what, size := range rows {
		t.Run(what, func(t *testing.T) {
			m, err := openRoot(t, dir).CreateMapping("stage", size)
			if err == nil {
				t.Fatalf("mapped %d bytes", len(m.Bytes))
			}
			if what == "more than there is" && st.Blocks > 0 && !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("error %v, want ENOSPC", err)
			}
			if diff := cmp.Diff([]string(nil), names(t, dir)); diff != "" {
				t.Errorf("left behind: %s", diff)
			}
		})
	}
}

func TestVolume(t *testing.T) {
	dir, inMemory := volatileDir(t)
	root := openRoot(t, dir)
	if got, err := root.InMemory(); got != inMemory && inMemory || err != nil {
		t.Errorf("InMemory() = %v, %v; want %v", got, err, inMemory)
	}
	var st unix.Statfs_t
	must(t, unix.Statfs(dir, &st))
	if free, err := root.FreeBytes(); err != nil || free < 0 || free > int64(st.Blocks)*st.Bsize {
		t.Errorf("FreeBytes() = %d, %v; the volume has %d", free, err, int64(st.Blocks)*st.Bsize)
	}
	// /proc is certainly not on a tmpfs.
	if got, err := openRoot(t, "/proc/self").InMemory(); got || err != nil {
		t.Errorf("InMemory() of /proc = %v, %v", got, err)
	}
}

// A lazy mapping takes room where it is backed, and nowhere else, and gives it back.
func TestLazyMappingTakesRoomByAndBy(t *testing.T) {
	dir, inMemory := volatileDir(t)
	root := openRoot(t, dir)
	const size = 64 * 4096
	m, err := root.CreateLazyMapping("stage", size)
	must(t, err)
	if !m.Lazy || !inMemory {
		must(t, m.Close())
		return // an old kernel, or no tmpfs
	}
	room := func() int64 {
		info, err := root.Stat("stage")
		must(t, err)
		return info.Sys().(*syscall.Stat_t).Blocks * 512 / 4096
	}
	before := room()
	must(t, m.Back(8*4096, 4*4096), m.Back(20*4096+100, 100), m.Back(30*4096, 0))
	if got := room() - before; got != 5 {
		t.Fatalf("%d pages more, want 5", got)
	}
	copy(m.Bytes[8*4096:], bytes.Repeat([]byte{'x'}, 4*4096))
	must(t, m.Drop(9*4096-10, 2*4096+20)) // the pages 9 and 10 are in it whole
	if got := room() - before; got != 3 {
		t.Fatalf("%d pages more after Drop, want 3", got)
	}
	must(t, m.Back(9*4096, 4096))
	if p := m.Bytes[8*4096 : 10*4096]; p[4095] != 'x' || len(bytes.Trim(p[4096:], "\x00")) > 0 {
		t.Fatal("what was dropped is not zero, or more was")
	}
	must(t, m.Close())
	if err := m.Back(0, 4096); !errors.Is(err, fs.ErrClosed) {
		t.Fatalf("Back after Close: %v", err)
	}
}

// No room is an error, where a store would be SIGBUS.
func TestLazyMappingWithoutRoom(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k,mode=700"); err != nil {
		t.Skipf("mount a tmpfs: %v (needs root)", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	m, err := openRoot(t, dir).CreateLazyMapping("stage", 1<<20)
	must(t, err)
	defer func() { must(t, m.Close()) }()
	must(t, m.Back(0, 32<<10))
	if err := m.Back(32<<10, 512<<10); err == nil {
		t.Fatal("half a mebibyte in 64 KiB")
	}
	m.Bytes[32<<10-1] = 'x'
}

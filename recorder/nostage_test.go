package recorder_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/ilenia-live/rec/recorder"
)

// A tmpfs that has become full takes no stage, also one with room for its first pages. The session goes on with one on the volume.
func TestCreateWhereTheTmpfsIsFull(t *testing.T) {
	dir := t.TempDir()
	err := syscall.Mount("rec-test", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "size=300m,mode=0700")
	if errors.Is(err, syscall.EPERM) {
		t.Skip("may not mount")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root, Staging: dir})
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err == nil {
		err = errors.Join(syscall.Fallocate(int(f.Fd()), 0, 0, int64(st.Bavail-4)*st.Bsize), f.Close()) // four pages are left
	}
	if err != nil {
		t.Fatal(err)
	}
	s := create(t, r, mono("floor"))
	feed(t, channel(t, s, "floor"), 0, 0, 10)
	destroy(t, s)
	if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(0, 0, 9600)) {
		t.Error("samples differ")
	}
}

package exit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"
)

func TestCode(t *testing.T) {
	_, missing := os.Open("/no/such/file")
	for _, row := range []struct {
		err  error
		want int
	}{
		{nil, OK}, {errors.New("frame 3 is not what was written"), Wrong}, {Wrongf("lost"), Wrong}, {Usagef("--rounds 0"), Usage},
		{Envf("no room"), Env}, {missing, Env}, {fmt.Errorf("write: %w", syscall.ENOSPC), Env}, {fs.ErrClosed, Wrong},
		{fmt.Errorf("run: %w", Usagef("--dir: %w", syscall.ENOSPC)), Usage}, // who made the error knows best
		{errors.Join(errors.New("first"), Envf("second")), Env},
	} {
		if got := Code(row.err); got != row.want {
			t.Errorf("%v: %d, want %d", row.err, got, row.want)
		}
	}
	if err := Envf("--dir: %w", missing); !errors.Is(err, fs.ErrNotExist) || err.Error() != "--dir: open /no/such/file: no such file or directory" {
		t.Errorf("%v", err)
	}
}

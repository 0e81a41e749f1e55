package live

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/ilenia-live/rec/internal/usage"
)

// Memory is what the channels take, in bytes, at the most that was seen: without what the process had before the recorder was
// opened.
//
// Not in it: the page cache of the recordings, which the kernel takes back when somebody wants it, and what the kernel keeps for
// open files and mappings.
type Memory struct {
	Process int64 `json:"process"` // heap, stacks, and mapped files that were touched
	Staging int64 `json:"staging"` // pages of the tmpfs that the stages take, touched or not; 0 on the volume, whose touched pages are the process's
	Tables  int64 `json:"tables"`  // page tables
}

// All is their sum.
func (m Memory) All() int64 { return m.Process + m.Staging + m.Tables }

// worst keeps the larger reading.
func (m *Memory) worst(now Memory) {
	if now.All() > m.All() {
		*m = now
	}
}

// A memoryMeter measures against what was there before.
type memoryMeter struct {
	before usage.Memory
	tmpfs  bool // what the process shares are the stages, which are counted by their files
}

func newMemoryMeter(t Task) (m memoryMeter, err error) {
	m.tmpfs = filepath.IsAbs(t.Staging)
	m.before, err = usage.MemoryOf("self")
	return m, err
}

// read is how much there is now. Of stages on a tmpfs it sees the pages that were touched, which is what they took if they take memory
// when they need it.
func (m memoryMeter) read() (Memory, error) {
	now, err := usage.MemoryOf("self")
	if err != nil {
		return Memory{}, err
	}
	got := Memory{Process: now.Anonymous + now.File - m.before.Anonymous - m.before.File, Tables: max(now.Tables-m.before.Tables, 0)}
	if shared := now.Shared - m.before.Shared; m.tmpfs {
		got.Staging = max(shared, 0)
	} else {
		got.Process += shared
	}
	got.Process = max(got.Process, 0)
	return got, nil
}

// allocated is what the files below a directory take.
func allocated(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sum += info.Sys().(*syscall.Stat_t).Blocks * statBlock
		return nil
	})
	if errors.Is(err, os.ErrNotExist) {
		err = nil // a session that ends meanwhile takes none
	}
	return sum, err
}

// statBlock is the unit of stat's blocks, whatever the file system's are.
const statBlock = 512

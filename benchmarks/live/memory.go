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

// read is how much there is now, but for stages on a tmpfs.
func (m memoryMeter) read() (Memory, error) {
	now, err := usage.MemoryOf("self")
	if err != nil {
		return Memory{}, err
	}
	own := func(u usage.Memory) int64 {
		if m.tmpfs {
			return u.Anonymous + u.File
		}
		return u.Resident()
	}
	return Memory{Process: max(own(now)-own(m.before), 0), Tables: max(now.Tables-m.before.Tables, 0)}, nil
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

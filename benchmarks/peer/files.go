package peer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// files are the files of all channels: what the peers have in common that write them from this process.
type files struct {
	task  Task
	syncs bool
	ext   string
	open  []*os.File
}

func (f *files) create() error {
	for channel := range f.task.Channels {
		file, err := os.OpenFile(f.name(channel), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o640)
		if err != nil {
			return err
		}
		f.open = append(f.open, file)
	}
	return nil
}

func (f *files) name(channel int) string { return fileName(f.task.Dir, channel, f.ext) }

func fileName(dir string, channel int, ext string) string {
	return filepath.Join(dir, fmt.Sprintf("ch%05d%s", channel, ext))
}

// sync makes what was written to all files durable: several at once, as their syncs then share the commits of the file
// system's journal. One after the other would cost these peers half as much again.
func (f *files) sync() error {
	if !f.syncs {
		return nil
	}
	var next atomic.Int64
	errs := make([]error, min(f.task.Syncers, len(f.open)))
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			for n := next.Add(1) - 1; n < int64(len(f.open)); n = next.Add(1) - 1 {
				if err := unix.Fdatasync(int(f.open[n].Fd())); err != nil {
					errs[i] = fmt.Errorf("fdatasync %s: %w", f.open[n].Name(), err)
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (f *files) Close() error {
	var errs []error
	for _, file := range f.open {
		errs = append(errs, file.Close())
	}
	f.open = nil
	return errors.Join(errs...)
}

// rawFile is the plainest way: a system call for each frame.
type rawFile struct{ files }

func newFile(t Task, c Contestant) Peer {
	return &rawFile{files{task: t, syncs: c.syncs(), ext: ".pcm"}}
}

func (r *rawFile) Open() error { return r.create() }

func (r *rawFile) Write(channel, frame int) error {
	_, err := r.open[channel].Write(r.task.Audio.Frame(channel, frame))
	return err
}

func (r *rawFile) Second() error { return r.sync() }
func (r *rawFile) Flush() error  { return nil } // the last second was synced when it ended
func (r *rawFile) Check() error  { return checkAll(r.task, r.name, rawSamples) }

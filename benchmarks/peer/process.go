package peer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

// processes is a program for each channel that reads samples from a pipe and writes a WAV file.
type processes struct {
	task    Task
	program string
	args    func(file string) []string
	running []*process
}

type process struct {
	cmd   *exec.Cmd
	pipe  *os.File
	said  bytes.Buffer // on standard error
	ended bool
}

func newFFmpeg(t Task, c Contestant) Peer {
	return &processes{task: t, program: c.Program, args: func(file string) []string {
		return []string{"-nostdin", "-loglevel", "error", "-f", "s16le", "-ar", fmt.Sprint(SampleRate), "-ac", "1", "-i", "pipe:0",
			"-c:a", "pcm_s16le", "-f", "wav", file}
	}}
}

func newSox(t Task, c Contestant) Peer {
	return &processes{task: t, program: c.Program, args: func(file string) []string {
		return []string{"-q", "-t", "raw", "-r", fmt.Sprint(SampleRate), "-e", "signed-integer", "-b", "16", "-c", "1", "-", file}
	}}
}

func (p *processes) name(channel int) string { return fileName(p.task.Dir, channel, ".wav") }

// Open returns when the programs have come to rest: what they do to start is not what they do to record.
func (p *processes) Open() error {
	for channel := range p.task.Channels {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		one := &process{cmd: exec.Command(p.program, p.args(p.name(channel))...), pipe: w}
		one.cmd.Stdin, one.cmd.Stderr = r, &one.said
		err = one.cmd.Start()
		if err != nil {
			return errors.Join(err, r.Close(), w.Close())
		}
		p.running = append(p.running, one)
		if err := r.Close(); err != nil {
			return err
		}
	}
	for before := time.Duration(-1); ; {
		now := OnCPU(p.PIDs())
		if now == before {
			return nil
		}
		before = now
		time.Sleep(atRest)
	}
}

// atRest is how long programs that start do nothing when they have started.
const atRest = 200 * time.Millisecond

func (p *processes) PIDs() (pids []int) {
	for _, one := range p.running {
		if !one.ended {
			pids = append(pids, one.cmd.Process.Pid)
		}
	}
	return pids
}

func (p *processes) Write(channel, frame int) error {
	_, err := p.running[channel].pipe.Write(p.task.Audio.Frame(channel, frame))
	return err
}

func (p *processes) Second() error { return nil }

// Flush waits until the pipes are empty. What the programs still have in their buffers comes with Close.
func (p *processes) Flush() error {
	for channel, one := range p.running {
		for {
			n, err := one.unread()
			if err != nil {
				return fmt.Errorf("pipe of channel %d: %w", channel, err)
			}
			if n == 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

func (one *process) unread() (n int, err error) {
	raw, err := one.pipe.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	// TIOCINQ is what Linux calls FIONREAD; a pipe answers at either end.
	err = raw.Control(func(fd uintptr) { n, failed = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return n, errors.Join(err, failed)
}

func (p *processes) Close() error {
	var errs []error
	for _, one := range p.running {
		if !one.ended {
			errs = append(errs, one.pipe.Close())
		}
	}
	for channel, one := range p.running {
		if one.ended {
			continue
		}
		one.ended = true
		if err := one.cmd.Wait(); err != nil {
			errs = append(errs, fmt.Errorf("%s of channel %d: %w: %s", p.program, channel, err, bytes.TrimSpace(one.said.Bytes())))
		}
	}
	return errors.Join(errs...)
}

func (p *processes) Check() error { return checkAll(p.task, p.name, wavSamples) }

package durable

import (
	"errors"
	"io/fs"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Op is one call of several that a Queue makes at once: WriteDirect of P at Off, or Sync where P is nil.
type Op struct {
	File File
	P    []byte
	Off  int64
}

// Queue makes calls of many files at once: one system call begins all of them, one waits for all (io_submit(2)). A goroutine for each
// costs several times as much processor time, since whoever blocks in a system call is watched by the runtime and woken by itself.
//
// Where the kernel has no such calls, or for files that aren't the real FS's, writes are made in turn and syncs side by side. A Queue
// must not be used by two goroutines at once.
type Queue struct {
	ctx    uintptr // 0 if there is none
	asked  bool    // for one
	size   int
	blocks []iocb
	begun  []*iocb
	events []ioEvent
}

// iocb and ioEvent are the kernel's, of <linux/aio_abi.h>, on a little-endian machine.
type iocb struct {
	data   uint64
	_      [2]uint32 // the kernel's key, flags
	opcode uint16
	_      int16 // priority
	fd     uint32
	buf    uint64
	n      uint64
	off    int64
	_      uint64
	_      [2]uint32 // flags, eventfd
}

type ioEvent struct {
	data uint64
	obj  uint64
	res  int64
	_    int64
}

const (
	opWrite    = 1 // IOCB_CMD_PWRITE
	opDatasync = 3 // IOCB_CMD_FDSYNC, since Linux 4.18
)

// NewQueue makes a queue for at most size calls at once.
func NewQueue(size int) *Queue { return &Queue{size: size} }

// setUp asks the kernel for its part, with the first call that needs it: giving it back takes some 30 ms.
func (q *Queue) setUp() {
	q.asked = true
	if _, _, errno := unix.Syscall(unix.SYS_IO_SETUP, uintptr(q.size), uintptr(unsafe.Pointer(&q.ctx)), 0); errno != 0 {
		q.ctx = 0
		return
	}
	q.blocks, q.begun, q.events = make([]iocb, q.size), make([]*iocb, 0, q.size), make([]ioEvent, q.size)
}

// Close gives the kernel's part back.
func (q *Queue) Close() {
	if q.ctx != 0 {
		_, _, _ = unix.Syscall(unix.SYS_IO_DESTROY, q.ctx, 0, 0) // nothing is under way
		q.ctx = 0
	}
}

// slow is how long Do waits for the last call before it tells of those that are done.
const slow = 50 * time.Millisecond

// Do makes the calls, at most the queue's size, and returns when all are done. done is told of each, by any goroutine and in any order,
// and of those that are done soon even if another one hangs. The memory of P must not be Go's, see Memory.
func (q *Queue) Do(ops []Op, done func(i int, err error)) {
	var others sync.WaitGroup
	q.begun = q.begun[:0]
	for i := range ops {
		if q.prepare(ops, i) {
			continue
		}
		if op := &ops[i]; op.P == nil {
			others.Go(func() { done(i, op.do()) })
		} else {
			done(i, op.do())
		}
	}
	q.submit(ops, done)
	others.Wait()
	runtime.KeepAlive(ops)
}

// prepare makes a call ready to be submitted, if the kernel can do it.
func (q *Queue) prepare(ops []Op, i int) bool {
	op := &ops[i]
	f, ok := op.File.(*osFile)
	if !ok || op.P != nil && f.Direct() == 0 {
		return false
	}
	if !q.asked {
		q.setUp()
	}
	if q.ctx == 0 {
		return false
	}
	cb := &q.blocks[len(q.begun)]
	*cb = iocb{data: uint64(i), fd: uint32(f.fd), opcode: opDatasync}
	if op.P != nil {
		if f.setDirect(true) != nil {
			return false // WriteDirect will tell
		}
		cb.opcode, cb.off = opWrite, op.Off
		cb.buf, cb.n = uint64(uintptr(unsafe.Pointer(unsafe.SliceData(op.P)))), uint64(len(op.P))
	}
	q.begun = append(q.begun, cb)
	return true
}

// submit begins what was prepared and waits for it.
func (q *Queue) submit(ops []Op, done func(int, error)) {
	under := 0
	for rest := q.begun; len(rest) > 0; {
		n, _, errno := unix.Syscall(unix.SYS_IO_SUBMIT, q.ctx, uintptr(len(rest)), uintptr(unsafe.Pointer(&rest[0])))
		if errno != 0 {
			// The first of the rest was refused. By itself it will do, or say why it doesn't.
			i := int(rest[0].data)
			done(i, ops[i].do())
			n = 1
		} else {
			under += int(n)
		}
		rest = rest[n:]
	}
	for under > 0 {
		under -= q.collect(under, ops, done)
	}
}

// do makes the call by itself.
func (op *Op) do() error {
	if op.P == nil {
		return op.File.Sync()
	}
	_, err := op.File.WriteDirect(op.P, op.Off)
	return err
}

// collect takes the results of calls under way: of all, or after a while of those that are done.
func (q *Queue) collect(under int, ops []Op, done func(int, error)) int {
	wait := unix.NsecToTimespec(int64(slow))
	n, _, errno := unix.Syscall6(unix.SYS_IO_GETEVENTS, q.ctx, uintptr(under), uintptr(under),
		uintptr(unsafe.Pointer(&q.events[0])), uintptr(unsafe.Pointer(&wait)), 0)
	if errno != 0 {
		return 0 // EINTR: nothing else can happen to a context and memory that are valid
	}
	for _, e := range q.events[:n] {
		i := int(e.data)
		done(i, ops[i].result(e.res))
	}
	return int(n)
}

// result is what the kernel's answer means: a count of bytes, or an error below zero.
func (op *Op) result(res int64) error {
	f := op.File.(*osFile)
	if res < 0 {
		errno := syscall.Errno(-res)
		if op.P != nil && errors.Is(errno, unix.EINVAL) {
			return op.do() // which knows what to do about it
		}
		name := "write"
		if op.P == nil {
			name = "fdatasync"
		}
		return &fs.PathError{Op: name, Path: f.Name(), Err: errno}
	}
	if n := int(res); n < len(op.P) { // as on a volume that becomes full
		_, err := f.WriteDirect(op.P[n/MaxAlign*MaxAlign:], op.Off+int64(n/MaxAlign*MaxAlign))
		return err
	}
	return nil
}

// hugePage is that of amd64 and of most arm64.
const hugePage = 2 << 20

// Memory returns n bytes, zeroed, that are not Go's and so may be given to a Queue, and a function that gives them back. They lie in huge
// pages, of which a disk is told in one piece and not in dozens, and take room when they are first written to.
func Memory(n int) (p []byte, free func()) {
	room := (n + hugePage - 1) / hugePage * hugePage
	all, err := unix.Mmap(-1, 0, room+hugePage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		// Out of memory, or of mappings. Go will say the former in its own way, and it moves nothing that lies in its heap.
		p = make([]byte, n+MaxAlign)
		skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(p)))) & (MaxAlign - 1)
		return p[skip : skip+n], func() {}
	}
	skip := -int(uintptr(unsafe.Pointer(unsafe.SliceData(all)))) & (hugePage - 1)
	_ = unix.Madvise(all[skip:skip+room], unix.MADV_HUGEPAGE)  // advice: of a kernel that doesn't take it, small pages do
	return all[skip : skip+n], func() { _ = unix.Munmap(all) } // of what was mapped there is nothing to go wrong
}

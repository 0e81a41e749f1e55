package pipeline

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"go.uber.org/goleak"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// disk is a volume in memory whose calls can be held up or refused.
type disk struct {
	durable.FS // nil: the pipeline asks for nothing but Open

	sector int        // what Direct returns
	cut    []int64    // what Truncate was asked for
	direct [][2]int64 // what WriteDirect wrote, by its offsets in the file

	lazy spool.Memory // of the stage, if not nil

	mu    sync.Mutex
	files map[string]*content
	write func(name string) error // asked before each write; may block
	sync  func(name string) error
}

type content struct {
	data   []byte
	opened int
	synced []int // the descriptors that were asked to sync, in order
}

// handle is one descriptor of a file.
type handle struct {
	disk   *disk
	name   string
	number int // counts the file's descriptors from 1
	closed bool
}

func newDisk() *disk { return &disk{sector: durable.MaxAlign, files: map[string]*content{}} }

func (d *disk) Open(name string) (durable.File, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.files[name]
	if c == nil {
		return nil, fs.ErrNotExist
	}
	c.opened++
	return &handle{disk: d, name: name, number: c.opened}, nil
}

func (d *disk) create(t *testing.T, name string) durable.File {
	t.Helper()
	d.files[name] = &content{}
	f, err := d.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (d *disk) set(write, sync func(name string) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.write, d.sync = write, sync
}

func (h *handle) WriteAt(p []byte, off int64) (int, error) {
	h.disk.mu.Lock()
	ask := h.disk.write
	h.disk.mu.Unlock()
	if ask != nil {
		if err := ask(h.name); err != nil {
			return 0, err
		}
	}
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	c := h.disk.files[h.name]
	if need := int(off) + len(p); need > len(c.data) {
		c.data = append(c.data, make([]byte, need-len(c.data))...)
	}
	return copy(c.data[off:], p), nil
}

func (h *handle) ReadAt(p []byte, off int64) (int, error) {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	c := h.disk.files[h.name]
	if off >= int64(len(c.data)) {
		return 0, io.EOF
	}
	n := copy(p, c.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (h *handle) Truncate(size int64) error {
	h.disk.mu.Lock()
	h.disk.cut = append(h.disk.cut, size)
	h.disk.mu.Unlock()
	return h.resize(size)
}

func (h *handle) resize(size int64) error {
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	c := h.disk.files[h.name]
	c.data = append(c.data, make([]byte, max(0, int(size)-len(c.data)))...)[:size]
	return nil
}

func (h *handle) Direct() int { return h.disk.sector }
func (h *handle) Reserve(off, n int64) error {
	return h.resize(max(off+n, int64(len(h.disk.files[h.name].data))))
}
func (h *handle) NextData(off int64) (int64, error) { return off, nil }

// WriteDirect refuses what a disk would.
func (h *handle) WriteDirect(p []byte, off int64) (int, error) {
	address := uintptr(unsafe.Pointer(unsafe.SliceData(p)))
	if a := h.disk.sector; a == 0 || len(p)%a != 0 || off%int64(a) != 0 || address%uintptr(a) != 0 {
		return 0, syscall.EINVAL
	}
	h.disk.mu.Lock()
	h.disk.direct = append(h.disk.direct, [2]int64{off, off + int64(len(p))})
	h.disk.mu.Unlock()
	return h.WriteAt(p, off)
}

func (h *handle) Size() (int64, error) { return int64(len(h.disk.files[h.name].data)), nil }

func (h *handle) Sync() error {
	h.disk.mu.Lock()
	ask := h.disk.sync
	c := h.disk.files[h.name]
	c.synced = append(c.synced, h.number)
	h.disk.mu.Unlock()
	if ask != nil {
		return ask(h.name)
	}
	return nil
}

func (h *handle) Close() error {
	if h.closed {
		return errors.New("closed twice")
	}
	h.closed = true
	return nil
}

// samples returns what a channel's file holds, up to the newest mark: behind it there may be room that is reserved.
func (d *disk) samples(s *Session, i int) []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	data := d.files[s.chans[i].partName()].data
	m, newer := spool.Marks(data)
	if len(newer) > 0 {
		m = newer[len(newer)-1]
	}
	return append([]byte(nil), data[min(len(data), wavfile.HeaderSize):][:m.Frames*s.chans[i].align]...)
}

// journal returns the records that the journal file holds.
func (d *disk) journal(t *testing.T) (records []spool.Record) {
	t.Helper()
	d.mu.Lock()
	rest := d.files["journal"].data
	d.mu.Unlock()
	for len(rest) > 0 {
		r, next, ok := spool.SplitRecord(rest)
		if !ok {
			t.Fatalf("journal: %d bytes are no record", len(rest))
		}
		records, rest = append(records, r), next
	}
	return records
}

const rate = 8000 // Hz; a frame of 20 ms is 160 samples, 320 bytes

// begin starts an engine with one session on d, of one channel or of those named. Each ring holds about a second.
func begin(t *testing.T, d *disk, cfg Config, channels ...string) (*Engine, *Session) {
	t.Helper()
	if len(channels) == 0 {
		channels = []string{"floor"}
	}
	var metas []spool.ChannelMeta
	for _, id := range channels {
		metas = append(metas, spool.ChannelMeta{ID: id, Codec: "pcm_s16le", SampleRate: rate, Channels: 1, RingBytes: 16 << 10})
	}
	return beginWith(t, d, cfg, metas...)
}

func beginWith(t *testing.T, d *disk, cfg Config, channels ...spool.ChannelMeta) (*Engine, *Session) {
	t.Helper()
	meta := spool.Meta{Schema: spool.Schema, RecordingID: "r", SessionID: "s", Instance: "i", StartedAt: time.Now(), Channels: channels}
	files := &spool.Files{Journal: d.create(t, "journal")}
	for _, c := range channels {
		files.Parts = append(files.Parts, d.create(t, meta.Dir()+"/"+c.ID+".wav.part"))
	}
	e := Start(cfg)
	mem := make([]byte, meta.StageBytes())
	stage, err := spool.FormatStage(mem, meta)
	if d.lazy != nil {
		stage, err = spool.FormatLazyStage(mem, d.lazy, meta, e.FirstRing)
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := e.Add(t.Context(), Spec{FS: d, Meta: meta, Start: time.Now(), Stage: stage, Files: files, Release: func() error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return e, s
}

func pattern(from, n int64) []byte {
	p := make([]byte, 0, 2*n)
	for i := from; i < from+n; i++ {
		p = binary.LittleEndian.AppendUint16(p, uint16(uint32(i)*2654435761>>16))
	}
	return p
}

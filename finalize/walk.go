package finalize

import (
	"errors"
	"io"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/level"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

// walker goes over the samples of one channel between two points of its timeline, computing what a mark claims.
type walker struct {
	file  durable.File
	align int64
	gaps  map[uint64]spool.Gap // by number
	fresh []spool.Gap          // found in the stage only
	crc   uint64
	meter level.Meter
	buf   []byte
}

const walkBytes = 256 << 10

// vouches reports whether the file holds what mark m says, given that it holds what base says.
func (w *walker) vouches(base, m spool.Mark) (bool, error) {
	// The gaps of a mark were in the journal before it was written.
	if m.Frames < base.Frames || m.Gaps < base.Gaps || m.Gaps-base.Gaps > uint64(len(w.gaps)) {
		return false, nil
	}
	w.crc = base.CRC
	at := base.Frames
	silence := func(from, to int64) (whole bool, err error) {
		if whole, err = w.read(at, from); whole {
			w.crc = checksum.Zeros(w.crc, (to-from)*w.align)
			at = to
		}
		return whole, err
	}
	// Known silence is a hole in the file: it need not be read, however long it is.
	for n := base.Gaps; n < m.Gaps; n++ {
		if g, ok := w.gaps[n]; ok && g.Silence() > 0 && g.Start >= at && g.End() <= m.Frames {
			if whole, err := silence(g.Start, g.End()); !whole || err != nil {
				return false, err
			}
		}
	}
	if from := m.Frames - m.Padding; m.Padding > 0 && from >= at {
		if whole, err := silence(from, m.Frames); !whole || err != nil {
			return false, err
		}
	}
	whole, err := w.read(at, m.Frames)
	return whole && w.crc == m.CRC, err
}

// read takes the frames [from, to) of the file into the checksum and the levels, and reports whether the file is that
// long.
func (w *walker) read(from, to int64) (whole bool, err error) {
	if w.buf == nil {
		w.buf = make([]byte, walkBytes)
	}
	at, end := wavfile.HeaderSize+from*w.align, wavfile.HeaderSize+to*w.align
	for at < end {
		p := w.buf[:min(int64(len(w.buf)), end-at)]
		if _, err := w.file.ReadAt(p, at); err != nil {
			if errors.Is(err, io.EOF) {
				return false, nil
			}
			return false, err
		}
		w.take(p)
		at += int64(len(p))
	}
	return true, nil
}

func (w *walker) take(p []byte) {
	w.crc = checksum.Update(w.crc, p)
	w.meter.Add(p)
}

// run is a stretch of samples without silence: payload bytes [from, to), the first at frame at; then silence.
type run struct {
	from, to uint64
	at       int64
	silence  int64 // frames
}

// replay brings what the stage holds beyond base into the file, provided that all of it, as the newest slot vouches for
// it, is there and unharmed. After a loss of power, a stage that lived on the disk is a mixture of old and new pages, and
// fails that.
//
// Replaying again writes the same bytes to the same places.
func (w *walker) replay(base spool.Mark, a *spool.Area) (spool.Mark, bool, error) {
	s := a.Read()
	runs, ok := w.plan(base, s, a)
	if !ok {
		return base, false, nil
	}
	ring := max(base.Payload, w.held(s, a))
	size, err := w.file.Size()
	if err != nil {
		return base, false, err
	}
	fromFile := func(end int64) func(run) uint64 { // up to a file offset
		frames := max(end-wavfile.HeaderSize, 0) / w.align
		return func(r run) uint64 { return r.from + min(uint64(max(frames-r.at, 0)*w.align), r.to-r.from) }
	}
	begin := wavfile.HeaderSize + base.Frames*w.align
	data, err := dataEnd(w.file, begin, max(begin, size))
	if err != nil {
		return base, false, err
	}
	for _, split := range []func(run) uint64{
		// As much as possible from the ring: after a loss of power the file's end may be torn.
		func(r run) uint64 { return min(r.to, max(ring, r.from)) },
		// As much as possible from the file: a writer killed in the middle of a frame has spoilt the oldest of the ring,
		// which was in the file by then. Room may be reserved behind what is: that ends where zeros begin, unless they were recorded.
		fromFile(data), fromFile(size),
	} {
		whole, err := w.sum(base, runs, split, s, a)
		if err != nil {
			return base, false, err
		}
		if whole && w.crc == s.CRC {
			if err := w.fill(runs, split, s, a); err != nil {
				return base, false, err
			}
			m := base
			m.Frames, m.Payload, m.CRC, m.Gaps, m.Level = s.Frames, s.Payload, s.CRC, s.Gaps, w.meter.State()
			m.Source = a.ReadSource()
			return m, true, nil
		}
	}
	w.fresh = nil
	return base, false, nil
}

// sum takes the runs into checksum and levels: each up to its split from the file, the rest from the ring. It reports
// whether file and ring reach that far.
func (w *walker) sum(base spool.Mark, runs []run, split func(run) uint64, s spool.Slot, a *spool.Area) (whole bool, err error) {
	w.crc, w.meter = base.CRC, level.FromState(base.Level)
	for _, r := range runs {
		at := split(r)
		if whole, err := w.read(r.at, r.at+int64(at-r.from)/w.align); err != nil || !whole {
			return false, err
		}
		if r.to-at > uint64(len(a.Ring)) || at < s.Origin && at < r.to {
			return false, nil
		}
		first, second := a.Payload(at, r.to, s.Origin)
		w.take(first)
		w.take(second)
		w.crc = checksum.Zeros(w.crc, r.silence*w.align)
		w.meter.AddZeros(r.silence * w.align / 2)
	}
	return true, nil
}

// fill writes into the file what sum took from the ring.
func (w *walker) fill(runs []run, split func(run) uint64, s spool.Slot, a *spool.Area) error {
	for _, r := range runs {
		from := split(r)
		first, second := a.Payload(from, r.to, s.Origin)
		at := wavfile.HeaderSize + r.at*w.align + int64(from-r.from)
		for _, piece := range [2][]byte{first, second} {
			if len(piece) == 0 {
				continue
			}
			if _, err := w.file.WriteAt(piece, at); err != nil {
				return err
			}
			at += int64(len(piece))
		}
	}
	return nil
}

// held is the first payload byte that the ring still holds, unless a frame was being copied over it. What came before it is in
// the file: its room was given back only then, and in whole frames.
func (w *walker) held(s spool.Slot, a *spool.Area) uint64 {
	size, align := uint64(len(a.Ring)), uint64(w.align)
	if s.Payload-s.Origin <= size {
		return s.Origin
	}
	return (s.Payload - size + align - 1) / align * align
}

// plan lists the runs from base to the slot s, or reports that the stage doesn't add up.
func (w *walker) plan(base spool.Mark, s spool.Slot, a *spool.Area) ([]run, bool) {
	if s.Payload < base.Payload || s.Frames < base.Frames || s.Gaps < base.Gaps {
		return nil, false
	}
	var runs []run
	cur := run{from: base.Payload, at: base.Frames}
	next := func(to uint64, endFrame, silence int64) bool {
		if to < cur.from || (to-cur.from)%uint64(w.align) != 0 || cur.at+int64(to-cur.from)/w.align != endFrame {
			return false
		}
		cur.to, cur.silence = to, silence
		runs = append(runs, cur)
		cur = run{from: to, at: endFrame + silence}
		return true
	}
	for n := base.Gaps; n < s.Gaps; n++ {
		g, ok := w.gaps[n]
		if !ok {
			if g, ok = a.Gap(n); ok {
				w.fresh = append(w.fresh, g)
				w.gaps[n] = g
			}
		}
		if !ok || !next(g.At, g.Start, g.Silence()) {
			return nil, false
		}
	}
	return runs, next(s.Payload, s.Frames, 0)
}

package finalize

import (
	"errors"
	"io"
	"math"

	"github.com/ilenia-live/rec/internal/checksum"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/level"
	"github.com/ilenia-live/rec/internal/spool"
	"github.com/ilenia-live/rec/internal/wavfile"
)

const (
	// scanBytes is read at once: a multiple of every sample frame's size, which is twice 1 to 8 bytes.
	scanBytes = 156 * 2 * 840
	// levelTolerance, in dB, allows for manifests that round and for sums of squares that were added in another order.
	levelTolerance = 0.1
)

// gaps reports whether the gaps of a channel are in order, apart, and inside the file: only then do they say where
// silence must be.
func (v *verifier) gaps(c *Channel) bool {
	v.report.Gaps += len(c.Gaps)
	sane := true
	end := int64(0)
	for i, g := range c.Gaps {
		if _, err := spool.ParseCause(g.Cause); err != nil {
			v.wrong(c.Audio.File, "gap %d: %v", i, err)
		}
		switch {
		case g.Start < 0 || g.Length <= 0:
			v.wrong(c.Audio.File, "gap %d at %d has length %d", i, g.Start, g.Length)
			sane = false
		case g.Start < end:
			v.wrong(c.Audio.File, "gap %d starts at %d, before the end of the one before at %d", i, g.Start, end)
			sane = false
		case g.Start > c.Audio.Samples || g.Length > c.Audio.Samples-g.Start:
			v.wrong(c.Audio.File, "gap %d at %d with length %d does not fit into %d samples", i, g.Start, g.Length, c.Audio.Samples)
			sane = false
		}
		if !sane {
			return false
		}
		end = g.Start + g.Length
	}
	return true
}

// audio reads a channel's file once, from the first byte to the last. Its error is ctx's.
func (v *verifier) audio(c *Channel, gapsMakeSense bool) error {
	f, size, ok := v.open(c.Audio.File)
	if !ok {
		return nil
	}
	defer func() { _ = f.Close() }() // only read
	v.report.Files++
	v.report.Bytes += size
	if size != c.Audio.Bytes {
		v.wrong(c.Audio.File, "%d bytes, manifest says %d", size, c.Audio.Bytes)
	}
	s := scan{v: v, c: c, pattern: -1}
	info, err := wavfile.Parse(f, size)
	if err != nil {
		v.wrong(c.Audio.File, "%v", err)
	} else {
		v.structure(c, info, size)
		s.audio = info.DataBytes > 0 && info.BitsPerSample == 16
		s.info = info
		v.report.AudioSeconds += float64(info.Frames()) / float64(info.SampleRate)
		if gapsMakeSense {
			s.gaps = c.Gaps
			s.received(c)
			s.pattern = patternOrdinal(c.Label)
		}
	}
	if err := s.run(f, size); err != nil {
		return err
	}
	return v.ctx.Err()
}

// structure compares what the file says about itself with what the manifest says.
func (v *verifier) structure(c *Channel, info wavfile.Info, size int64) {
	a := c.Audio
	same := func(what string, file, manifest any) {
		if file != manifest {
			v.wrong(a.File, "%s %v, manifest says %v", what, file, manifest)
		}
	}
	same("container", info.Container, a.Container)
	same("sample rate", info.SampleRate, a.SampleRate)
	same("channels", info.Channels, a.Channels)
	same("samples", info.Frames(), a.Samples)
	if info.BitsPerSample != 16 {
		v.wrong(a.File, "%d bits per sample, want 16", info.BitsPerSample)
	}
	if info.DataOffset != wavfile.HeaderSize {
		v.wrong(a.File, "samples begin at byte %d, want %d", info.DataOffset, wavfile.HeaderSize)
	}
	if end := info.DataOffset + info.DataBytes; end != size {
		v.wrong(a.File, "%d bytes behind the samples, which end at byte %d", size-end, end)
	}
	if info.DataBytes%int64(info.BlockAlign()) != 0 {
		v.wrong(a.File, "%d bytes of samples end inside a sample frame", info.DataBytes)
	}
}

// A scan is one pass over a file: whatever must look at samples looks at them here, block by block.
type scan struct {
	v    *verifier
	c    *Channel
	info wavfile.Info
	// audio says that the samples were found, and are 16 bits wide.
	audio   bool
	gaps    []Gap // those not wholly passed
	pattern int64 // ordinal, or -1

	crc    uint64
	meter  level.Meter
	loud   bool // a gap that is not silent was reported
	broken bool // a sample that is not the pattern's was reported
}

func (s *scan) run(f durable.File, size int64) error {
	for off := int64(0); off < size; {
		if err := s.v.ctx.Err(); err != nil {
			return err
		}
		// The first block is the header, so that blocks of samples start with a sample frame.
		want := min(scanBytes, size-off)
		if off < s.info.DataOffset {
			want = min(want, s.info.DataOffset-off)
		}
		p := s.v.buf[:want]
		if n, err := f.ReadAt(p, off); int64(n) < want {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			s.v.wrong(s.c.Audio.File, "read %d bytes at %d: %v", want, off, err)
			return nil
		}
		s.crc = checksum.Update(s.crc, p)
		if s.audio && off >= s.info.DataOffset {
			s.samples(p, off-s.info.DataOffset)
		}
		off += want
	}
	s.verdict()
	return nil
}

// samples looks at the block p, which lies at byte at of the samples.
func (s *scan) samples(p []byte, at int64) {
	align := int64(s.info.BlockAlign())
	left := s.info.DataBytes - at
	if left <= 0 {
		return
	}
	p = p[:min(int64(len(p)), left)/align*align]
	s.meter.Add(p)
	frame := at / align
	for len(p) > 0 {
		gap, n := s.stretch(frame, int64(len(p))/align)
		piece := p[:n*align]
		if gap {
			s.silence(piece, frame)
		} else if s.pattern >= 0 {
			s.matches(piece, frame)
		}
		p = p[n*align:]
		frame += n
	}
}

// stretch returns how many of the n frames from frame on are alike, all in a gap or all outside of any.
func (s *scan) stretch(frame, n int64) (gap bool, length int64) {
	for len(s.gaps) > 0 && frame >= s.gaps[0].Start+s.gaps[0].Length {
		s.gaps = s.gaps[1:]
	}
	switch {
	case len(s.gaps) == 0:
		return false, n
	case frame < s.gaps[0].Start:
		return false, min(n, s.gaps[0].Start-frame)
	default:
		return !s.gaps[0].Concealed, min(n, s.gaps[0].Start+s.gaps[0].Length-frame)
	}
}

// silence asks for zeros. One report a file is enough: a gap in the wrong place is wrong throughout.
func (s *scan) silence(p []byte, frame int64) {
	if s.loud {
		return
	}
	for i, b := range p {
		if b != 0 {
			s.loud = true
			s.v.wrong(s.c.Audio.File, "sample %d is not silent, though the gap at %d with length %d says so",
				frame+int64(i)/int64(s.info.BlockAlign()), s.gaps[0].Start, s.gaps[0].Length)
			return
		}
	}
}

// verdict compares the sums with the manifest's.
func (s *scan) verdict() {
	if got := checksum.Hex(s.crc); got != s.c.Audio.CRC64NVME {
		s.v.wrong(s.c.Audio.File, "crc64nvme %s, manifest says %s", got, s.c.Audio.CRC64NVME)
	}
	if s.info.DataOffset == 0 {
		return // it was not understood, and that was said
	}
	l := s.c.Levels
	peak, rms := s.meter.PeakDBFS(), s.meter.RMSDBFS()
	if !(math.Abs(peak-l.PeakDBFS) <= levelTolerance) || !(math.Abs(rms-l.RMSDBFS) <= levelTolerance) {
		s.v.wrong(s.c.Audio.File, "peak %.2f dBFS, rms %.2f dBFS; manifest says %.2f and %.2f", peak, rms, l.PeakDBFS, l.RMSDBFS)
	}
}

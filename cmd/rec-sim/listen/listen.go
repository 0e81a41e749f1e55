// Package listen compares a recording with what was played to it, by ear and not by bytes: codecs, losses and clocks that are
// followed leave no sample as it was, but what is heard at a moment is still what was spoken at that moment, or the timeline
// lies.
package listen

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

const (
	// rate is what both are brought down to: a quarter of a millisecond, and where most of a voice's energy is.
	rate = 4000
	// blockTime is how long a piece must be for one place to be the only one that fits: a few words.
	blockTime = time.Second
	// reach is how far from where it should be a piece is looked for.
	reach = 100 * time.Millisecond
	// clear is the correlation from which on a piece was found. Speech correlates with other speech below 0.5.
	clear = 0.7
	// quiet is the energy, as a share of the loudest piece's, below which there is nothing to be heard in a piece.
	quiet = 0.05

	block = int(blockTime * rate / time.Second)
	span  = int(reach * rate / time.Second)
)

// A Source is audio that was played over and over.
type Source struct {
	turn    []float64
	loudest float64 // energy of a block
}

// NewSource takes one turn, 16-bit mono PCM at a rate that 4000 Hz divides.
func NewSource(pcm []byte, sampleRate int) (*Source, error) {
	d, err := newDecimator(sampleRate)
	if err != nil {
		return nil, err
	}
	s := &Source{turn: d.add(nil, pcm)}
	if len(s.turn) < block {
		return nil, fmt.Errorf("source of %d bytes: shorter than %s", len(pcm), blockTime)
	}
	for at := 0; at+block <= len(s.turn); at += block / 2 {
		s.loudest = max(s.loudest, energy(s.turn[at:at+block]))
	}
	return s, nil
}

// Placement says when the source was played.
type Placement struct {
	First time.Duration // when its first sample was spoken, on the recording's timeline
	Speed float64       // seconds of the source in one of the timeline: 1, but for the error of the sender's clock
	Until time.Duration // when its last sample was
}

// Piece is a second of the recording in which the source was heard.
type Piece struct {
	At          time.Duration // in the recording
	Lag         time.Duration // how much later than it was spoken it is there; within 0.1 s of its place
	Correlation float64       // 1 is the source itself
}

// Report is what was heard.
type Report struct {
	Spoken int     // pieces in which there was something to be heard
	Heard  []Piece // of those, the ones in which it was found
}

// Compare reads a recording, 16-bit mono PCM.
func (s *Source) Compare(pcm io.Reader, sampleRate int, where Placement) (r Report, err error) {
	d, err := newDecimator(sampleRate)
	if err != nil {
		return r, err
	}
	in := bufio.NewReaderSize(pcm, 1<<16)
	raw := make([]byte, 2*int64(sampleRate)*int64(blockTime)/int64(time.Second))
	for at := time.Duration(0); ; at += blockTime {
		if _, err := io.ReadFull(in, raw); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return r, nil
		} else if err != nil {
			return r, err
		}
		piece := d.add(nil, raw)
		if at < where.First+reach || at+blockTime+reach > where.Until {
			continue
		}
		from := int(math.Round((at - where.First).Seconds() * where.Speed * rate))
		if energy(s.cut(from, block)) < quiet*s.loudest {
			continue
		}
		r.Spoken++
		if lag, c := s.find(piece, from); c >= clear {
			r.Heard = append(r.Heard, Piece{At: at, Lag: time.Duration(lag) * time.Second / rate, Correlation: c})
		}
	}
}

// find returns how much later than source sample from a piece is, and how like it.
func (s *Source) find(piece []float64, from int) (lag int, best float64) {
	around := s.cut(from-span, block+2*span)
	own := energy(piece)
	if own == 0 {
		return 0, 0
	}
	other := energy(around[:block])
	for i := 0; ; i++ {
		sum := 0.0
		for k, v := range around[i : i+block] {
			sum += v * piece[k]
		}
		if c := sum / math.Sqrt(own*max(other, 1)); c > best {
			lag, best = span-i, c
		}
		if i == 2*span {
			return lag, best
		}
		other += around[i+block]*around[i+block] - around[i]*around[i]
	}
}

// cut returns n samples of the source from that one on.
func (s *Source) cut(from, n int) []float64 {
	out := make([]float64, n)
	at := ((from % len(s.turn)) + len(s.turn)) % len(s.turn)
	for i := range out {
		out[i] = s.turn[at]
		if at++; at == len(s.turn) {
			at = 0
		}
	}
	return out
}

func energy(x []float64) (sum float64) {
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// Lags returns the median and the largest distance from the right place, and where that was. All are 0 if nothing was heard.
func (r Report) Lags() (median, worst, at time.Duration) {
	var off []time.Duration
	for _, p := range r.Heard {
		off = append(off, max(p.Lag, -p.Lag))
		if max(p.Lag, -p.Lag) > max(worst, -worst) {
			worst, at = p.Lag, p.At
		}
	}
	if len(off) == 0 {
		return 0, 0, 0
	}
	slices.Sort(off)
	return off[len(off)/2], worst, at
}

// Correlation is the median of all that was heard.
func (r Report) Correlation() float64 {
	var all []float64
	for _, p := range r.Heard {
		all = append(all, p.Correlation)
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// decimator takes means of as many samples as make one.
type decimator struct{ by int }

func newDecimator(sampleRate int) (decimator, error) {
	if sampleRate < rate || sampleRate%rate != 0 {
		return decimator{}, fmt.Errorf("sample rate %d, want a multiple of %d", sampleRate, rate)
	}
	return decimator{by: sampleRate / rate}, nil
}

func (d decimator) add(out []float64, pcm []byte) []float64 {
	for ; len(pcm) >= 2*d.by; pcm = pcm[2*d.by:] {
		sum := 0
		for i := range d.by {
			sum += int(int16(binary.LittleEndian.Uint16(pcm[2*i:])))
		}
		out = append(out, float64(sum)/float64(d.by))
	}
	return out
}

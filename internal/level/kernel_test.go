package level

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
)

// A candidate is a kernel under test.
type candidate struct {
	name string
	run  func(p []byte) (peak uint32, sumsq uint64)
}

// candidates are all kernels that this processor can run.
var candidates = append([]candidate{{"go", plain}}, native()...)

// expect compares a kernel with the definition.
func (c candidate) expect(t *testing.T, what string, p []byte) {
	t.Helper()
	want := naive(samplesOf(p))
	peak, sumsq := c.run(p)
	if peak != want.Peak || float64(sumsq) != want.SumSquares {
		t.Errorf("%s: %s: peak %d, squares %d; want %d and %.0f", c.name, what, peak, sumsq, want.Peak, want.SumSquares)
	}
}

func samplesOf(p []byte) []int16 {
	samples := make([]int16, len(p)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(p[2*i:]))
	}
	return samples
}

// manySamples is enough for several rounds of any kernel's loop, and a remainder.
const manySamples = 150

// Each sample counts once, wherever it lies, and its sign doesn't.
func TestKernelsSeeEachSample(t *testing.T) {
	for _, c := range candidates {
		for _, v := range []int16{-32768, -32767, 32767, -256, 255, -1, 1} {
			for i := range manySamples {
				samples := make([]int16, manySamples)
				samples[i] = v
				c.expect(t, fmt.Sprintf("only sample %d is %d", i, v), pcm(samples...))
			}
		}
	}
}

// Any length at any alignment, between neighbours that are louder than all that is measured.
func TestKernelsSeeNothingElse(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, 0, 2*manySamples)
	for range manySamples {
		p = binary.LittleEndian.AppendUint16(p, uint16(random.IntN(2001)-1000))
	}
	for _, c := range candidates {
		for offset := range 64 {
			for n := 0; n <= len(p); n += 2 {
				loud := bytes.Repeat([]byte{0x80}, offset+n+64)
				copy(loud[offset:], p[:n])
				c.expect(t, fmt.Sprintf("%d bytes at offset %d", n, offset), loud[offset:offset+n:offset+n])
			}
		}
	}
}

// The squares of two neighbours of -32768 make 2^31, the first number too large for a signed sum of 32 bits. Each
// length up to a whole chunk, by doubling, takes the sums further beyond 32 bits.
func TestKernelsAddTheLoudest(t *testing.T) {
	for _, c := range candidates {
		for n := 2; n <= chunkBytes; n *= 2 {
			p := bytes.Repeat([]byte{0x00, 0x80}, n/2)
			peak, sumsq := c.run(p)
			if want := uint64(n/2) << 30; peak != 32768 || sumsq != want {
				t.Errorf("%s: %d bytes of -32768: peak %d, squares %d; want 32768 and %d", c.name, n, peak, sumsq, want)
			}
		}
	}
}

func TestKernelsOfNothing(t *testing.T) {
	for _, c := range candidates {
		c.expect(t, "nil", nil)
		c.expect(t, "empty", []byte{})
	}
}

// Any bytes, at any alignment, whole and in two pieces.
func FuzzKernels(f *testing.F) {
	loudest := bytes.Repeat([]byte{0x00, 0x80}, manySamples)
	f.Add([]byte{}, uint8(0), uint16(0))
	f.Add(loudest, uint8(1), uint16(33))
	f.Add(pcm(sine(manySamples, 32768, 3)...), uint8(31), uint16(16))
	f.Add(bytes.Repeat([]byte{0xff, 0x7f, 0x00, 0x80, 0x01, 0x00, 0xff, 0xff}, 20), uint8(2), uint16(79))
	f.Fuzz(func(t *testing.T, input []byte, offset uint8, cut uint16) {
		n := len(input) &^ 1
		p := append(make([]byte, offset, int(offset)+n), input[:n]...)[offset:]
		want := naive(samplesOf(p)) // fuzzing stays far below 2^53, where its float64 is exact
		cutAt := min(2*int(cut), n)
		for _, c := range candidates {
			peak, sumsq := c.run(p)
			peak1, sumsq1 := c.run(p[:cutAt])
			peak2, sumsq2 := c.run(p[cutAt:])
			if peak != want.Peak || float64(sumsq) != want.SumSquares {
				t.Errorf("%s: peak %d, squares %d; want %d and %.0f", c.name, peak, sumsq, want.Peak, want.SumSquares)
			}
			if max(peak1, peak2) != peak || sumsq1+sumsq2 != sumsq {
				t.Errorf("%s: cut at %d: peaks %d and %d, squares %d and %d; whole %d and %d",
					c.name, cutAt, peak1, peak2, sumsq1, sumsq2, peak, sumsq)
			}
		}
	})
}

// Command asm writes kernel_amd64.s, the inner loop of package level for processors with AVX2. It is a module of its
// own so that avo, which is only needed here, is no dependency of anything that records.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// blockBytes is what one round of the loop reads: one register of 16 samples. With two registers a round, frames of 20 ms
// to 1 s took 9 to 17 % less time on an AMD EPYC of family 26, with four no less than with two. But what doesn't fill a
// round is left to the kernel in Go, where a sample costs over ten times as much, and there would be twice as much of it.
const blockBytes = 32

func main() {
	TEXT("blocksAVX2", NOSPLIT, "func(p *byte, blocks int) (peak uint32, sumsq uint64)")
	Pragma("noescape")
	Doc("blocksAVX2 is a kernel for the given number of blocks of 32 bytes, from p on.")
	p := Load(Param("p"), GP64())
	blocks := Load(Param("blocks"), GP64())

	magnitudes, squares := YMM(), YMM() // the largest of 16 lanes of 16 bits; the sums of 4 lanes of 64 bits
	VPXOR(magnitudes, magnitudes, magnitudes)
	VPXOR(squares, squares, squares)
	zero := YMM()
	VPXOR(zero, zero, zero)

	TESTQ(blocks, blocks) // none at all must not become 2^64 rounds
	JLE(LabelRef("done"))
	Label("loop")
	samples := YMM()
	VMOVDQU(Mem{Base: p}, samples) // p may have any alignment
	largest(samples, magnitudes)
	addSquares(samples, zero, squares)
	ADDQ(Imm(blockBytes), p)
	DECQ(blocks)
	JNZ(LabelRef("loop"))

	Label("done")
	Store(highestLane(magnitudes), ReturnIndex(0))
	Store(sumOfLanes(squares), ReturnIndex(1))
	VZEROUPPER() // or the SSE code of the caller would pay for the upper halves
	RET()
	Generate()
}

// largest keeps in magnitudes the larger of each lane and of the magnitude of the sample there. The magnitude of -32768
// doesn't fit a signed word: VPABSW leaves the bits 0x8000, which is 32768 to the unsigned comparison.
func largest(samples, magnitudes VecVirtual) {
	abs := YMM()
	VPABSW(samples, abs)
	VPMAXUW(abs, magnitudes, magnitudes)
}

// addSquares adds the squares of 16 samples to the 4 lanes of squares. VPMADDWD adds the squares of two neighbours in 32
// bits. Two of -32768 make 2^31, which is negative to a signed reader: so the 32 bits are widened with zeros, even and
// odd ones apart.
func addSquares(samples, zero, squares VecVirtual) {
	pairs, even, odd := YMM(), YMM(), YMM()
	VPMADDWD(samples, samples, pairs)
	VPBLENDD(Imm(0b10101010), zero, pairs, even)
	VPSRLQ(Imm(32), pairs, odd)
	VPADDQ(even, odd, odd)
	VPADDQ(odd, squares, squares)
}

// highestLane returns the largest of 16 unsigned words. The processor can only find the smallest of eight in one step,
// so it is asked for the smallest complement.
func highestLane(words VecVirtual) Register {
	upper, ones := XMM(), XMM()
	lower := words.AsX()
	VEXTRACTI128(Imm(1), words, upper)
	VPMAXUW(upper, lower, lower)
	VPCMPEQW(ones, ones, ones)
	VPXOR(ones, lower, lower)
	VPHMINPOSUW(lower, lower)
	found := GP32()
	VMOVD(lower, found) // the position of the lane is in the upper half
	NOTL(found)
	MOVWLZX(found.As16(), found)
	return found
}

// sumOfLanes adds 4 lanes of 64 bits.
func sumOfLanes(sums VecVirtual) Register {
	upper := XMM()
	lower := sums.AsX()
	VEXTRACTI128(Imm(1), sums, upper)
	VPADDQ(upper, lower, lower)
	VPSRLDQ(Imm(8), lower, upper)
	VPADDQ(upper, lower, lower)
	total := GP64()
	VMOVQ(lower, total)
	return total
}

package level

import "golang.org/x/sys/cpu"

//go:generate go run -C asm . -out ../blocks_amd64.s -stubs ../blocks_amd64.go -pkg level

// hasAVX2 says that the processor has the instructions and that the system saves their registers. The environment can
// deny it, so that anybody can run the other kernel: GODEBUG=cpu.avx2=off.
var hasAVX2 = cpu.X86.HasAVX2

// kernel is the one that Add calls. It decides by a branch, not through a variable: samples given to a function that the
// compiler doesn't know would escape to the heap.
func kernel(p []byte) (peak uint32, sumsq uint64) {
	if hasAVX2 {
		return avx2(p)
	}
	return plain(p)
}

// blockBytes is what blocksAVX2 takes at a time. It is the generator's, too.
const blockBytes = 32

// avx2 is a kernel that leaves to plain what doesn't fill a block, at most 15 samples. A chunk of Add is full of blocks,
// so that is once an Add.
func avx2(p []byte) (peak uint32, sumsq uint64) {
	whole := len(p) / blockBytes * blockBytes
	if whole > 0 {
		peak, sumsq = blocksAVX2(&p[0], whole/blockBytes)
	}
	if whole < len(p) {
		restPeak, restSumsq := plain(p[whole:])
		peak = max(peak, restPeak)
		sumsq += restSumsq
	}
	return peak, sumsq
}

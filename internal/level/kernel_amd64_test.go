package level

import "testing"

// native are the kernels written for this processor.
func native() []candidate {
	if !hasAVX2 {
		return nil
	}
	return []candidate{{"avx2", avx2}}
}

// No blocks must not become 2^64 of them. On a processor without AVX2 there is nothing to ask.
func TestNoBlocks(t *testing.T) {
	if !hasAVX2 {
		return
	}
	for _, blocks := range []int{0, -1} {
		if peak, sumsq := blocksAVX2(nil, blocks); peak != 0 || sumsq != 0 {
			t.Errorf("%d blocks: peak %d, squares %d; want 0 and 0", blocks, peak, sumsq)
		}
	}
}

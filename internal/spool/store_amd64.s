//go:build !race

#include "textflag.h"

// func storeWords(first *atomic.Uint64, words *[slotWords]uint64)
TEXT ·storeWords(SB), NOSPLIT, $0-16
	MOVQ first+0(FP), DI
	MOVQ words+8(FP), SI
	MOVQ 0(SI), AX
	MOVQ 8(SI), BX
	MOVQ 16(SI), CX
	MOVQ 24(SI), DX
	MOVQ 32(SI), R8
	MOVQ 40(SI), R9
	MOVQ 48(SI), R10
	MOVQ 56(SI), R11
	MOVQ AX, 0(DI)
	MOVQ BX, 8(DI)
	MOVQ CX, 16(DI)
	MOVQ DX, 24(DI)
	MOVQ R8, 32(DI)
	MOVQ R9, 40(DI)
	MOVQ R10, 48(DI)
	MOVQ R11, 56(DI)
	RET

// func willStore(p *byte, n int)
TEXT ·willStore(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), DI
	MOVQ n+8(FP), SI
line:
	BYTE $0x0F; BYTE $0x0D; BYTE $0x0F // PREFETCHW (DI), which the assembler has no name for; processors that know it not take it for a NOP
	ADDQ $64, DI
	SUBQ $64, SI
	JGT line
	RET

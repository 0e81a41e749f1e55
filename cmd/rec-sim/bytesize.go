package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/ilenia-live/rec/internal/exit"
)

// byteSize is a flag for an amount of data: 1GiB, 256MB or 1048576.
type byteSize int64

// sizeUnits are what a size may end with, the longer ones first: every one of them ends with B.
var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

func (b *byteSize) Type() string { return "size" }

func (b *byteSize) String() string {
	for i := 3; i >= 0; i-- {
		if u := sizeUnits[i]; *b != 0 && int64(*b)%u.bytes == 0 {
			return strconv.FormatInt(int64(*b)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}

func (b *byteSize) Set(text string) error {
	digits, unit := text, int64(1)
	for _, u := range sizeUnits {
		if rest, ok := strings.CutSuffix(text, u.name); ok {
			digits, unit = strings.TrimSpace(rest), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !(n >= 0 && n*float64(unit) < math.MaxInt64) {
		return exit.Usagef("want a size such as 1GiB, 256MB or 1048576")
	}
	*b = byteSize(n * float64(unit))
	return nil
}

package main

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestLoopGoesRound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		align := rapid.Int64Range(1, 8).Draw(t, "align")
		turn := rapid.SliceOfN(rapid.Byte(), int(align), int(align)*20).Draw(t, "turn")
		turn = turn[:int64(len(turn))/align*align]
		l := &loop{samples: turn, align: align}
		pos := rapid.Int64Range(0, 100).Draw(t, "pos")
		n := rapid.Int64Range(0, 100).Draw(t, "n")
		endless := bytes.Repeat(turn, 210)
		want := endless[pos%l.frames()*align:][:n*align]
		if got := l.pcm(make([]byte, n*align), pos, n); !bytes.Equal(got, want) {
			t.Fatalf("%d frames from %d: %v, want %v", n, pos, got, want)
		}
	})
}

func TestLoopPad(t *testing.T) {
	l := &loop{samples: []byte{1, 2, 3, 4}, align: 2}
	l.pad(3)
	l.pad(1) // never shortens
	if want := []byte{1, 2, 3, 4, 0, 0}; !bytes.Equal(l.samples, want) {
		t.Errorf("padded to %v, want %v", l.samples, want)
	}
}

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestAcks(t *testing.T) {
	name := filepath.Join(t.TempDir(), "acks")
	if got, err := readAcks(name, 2); err != nil || !slices.Equal(got, []uint64{0, 0}) {
		t.Errorf("before the file: %v, %v", got, err)
	}
	a, err := createAcks(name, 3)
	if err != nil {
		t.Fatal(err)
	}
	storeAck(a.counter(0), 960)
	storeAck(a.counter(2), 1<<40+7)
	// Read through the file while it is still mapped: that is what a judge does after a kill.
	p, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want := []byte{0xc0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 1, 0, 0}
	if !slices.Equal(p, want) {
		t.Errorf("file holds %v, want %v", p, want)
	}
	if got, err := readAcks(name, 4); err != nil || !slices.Equal(got, []uint64{960, 0, 1<<40 + 7, 0}) {
		t.Errorf("read %v, %v", got, err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}

	// Another run starts from nothing.
	a, err = createAcks(name, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readAcks(name, 1); err != nil || got[0] != 0 {
		t.Errorf("a new run begins with %v, %v", got, err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	var none *ackFile
	if none.counter(5) != nil || none.Close() != nil {
		t.Error("no file, and yet a counter or an error")
	}
}

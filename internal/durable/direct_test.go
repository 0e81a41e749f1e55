package durable_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"github.com/ilenia-live/rec/internal/durable"
)

// block returns n bytes that a file takes directly, all of one value.
func block(t *testing.T, n int, value byte) []byte {
	t.Helper()
	p, free := durable.Memory(n)
	t.Cleanup(free)
	for i := range p {
		p[i] = value
	}
	return p
}

// What is written past the cache, through it, and past it again is one file. Where the file system can't, it is the same.
func TestDirectAndCachedWritesAreOneFile(t *testing.T) {
	root := newRoot(t)
	f, err := root.Create("f")
	must(t, err)
	defer func() { _ = f.Close() }()
	if a := f.Direct(); a != 0 && a != durable.MaxAlign {
		t.Fatalf("Direct() = %d", a)
	}
	want := make([]byte, 3*durable.MaxAlign)
	write := func(call func([]byte, int64) (int, error), p []byte, off int64) {
		t.Helper()
		if n, err := call(p, off); n != len(p) || err != nil {
			t.Fatalf("%d bytes of %d at %d: %v", n, len(p), off, err)
		}
		copy(want[off:], p)
	}
	write(f.WriteDirect, block(t, 2*durable.MaxAlign, 'a'), 0)
	write(f.WriteAt, []byte("header"), 100)
	write(f.WriteDirect, block(t, durable.MaxAlign, 'b'), 2*durable.MaxAlign)
	write(f.WriteAt, []byte("over the edge"), durable.MaxAlign-5)
	write(f.WriteDirect, block(t, durable.MaxAlign, 'c'), durable.MaxAlign)
	must(t, f.Sync())
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, 0); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("read back differs, %v", err)
	}
	if read(t, root, "f") != string(want) {
		t.Fatal("another descriptor reads something else")
	}
}

// The kernel refuses what isn't aligned; the file takes it all the same.
func TestDirectWriteOfAnyShape(t *testing.T) {
	root := newRoot(t)
	f, err := root.Create("f")
	must(t, err)
	defer func() { _ = f.Close() }()
	for i := range 2 {
		if n, err := f.WriteDirect([]byte("askew"), int64(3+5*i)); n != 5 || err != nil {
			t.Fatalf("WriteDirect = %d, %v", n, err)
		}
	}
	if got := read(t, root, "f"); got != "\x00\x00\x00askewaskew" {
		t.Fatalf("%q", got)
	}
}

func TestReserveReadsAsZerosAndIsGivenBack(t *testing.T) {
	root := newRoot(t)
	f, err := root.Create("f")
	must(t, err)
	defer func() { _ = f.Close() }()
	_, err = f.WriteAt([]byte("abc"), 0)
	must(t, errors.Join(err, f.Reserve(0, 100<<10)))
	size, err := f.Size()
	must(t, err)
	if got := read(t, root, "f"); size != 100<<10 || got != "abc"+string(make([]byte, 100<<10-3)) {
		t.Fatalf("%d bytes", size)
	}
	switch at, err := f.NextData(50 << 10); {
	case err != nil, at != -1 && at != 50<<10: // what is reserved is no data, where the file system can tell
		t.Fatalf("NextData = %d, %v", at, err)
	}
	if at, err := f.NextData(0); at != 0 || err != nil {
		t.Fatalf("NextData(0) = %d, %v", at, err)
	}
	must(t, f.Truncate(3))
	if at, err := f.NextData(3); at != -1 && at != 3 || err != nil {
		t.Fatalf("NextData at the end = %d, %v", at, err)
	}
	if got := read(t, root, "f"); got != "abc" {
		t.Fatalf("%q", got)
	}
}

// Many writes and syncs at once, of files that the kernel takes together and of one that it doesn't know.
func TestQueueDoesEach(t *testing.T) {
	root := newRoot(t)
	q := durable.NewQueue(16)
	defer q.Close()
	var files []durable.File
	var ops []durable.Op
	for i := range 8 {
		f, err := root.Create(fmt.Sprint(i))
		must(t, err)
		defer func() { _ = f.Close() }()
		if i == 3 {
			f = stranger{f}
		}
		files = append(files, f)
		ops = append(ops, durable.Op{File: f, P: block(t, 2*durable.MaxAlign, byte('a'+i)), Off: int64(i%3) * durable.MaxAlign})
	}
	for _, f := range files {
		ops = append(ops, durable.Op{File: f})
	}
	var mu sync.Mutex
	done := make([]int, len(ops))
	q.Do(ops, func(i int, err error) {
		mu.Lock()
		defer mu.Unlock()
		done[i]++
		if err != nil {
			t.Errorf("op %d: %v", i, err)
		}
	})
	for i, n := range done {
		if n != 1 {
			t.Errorf("op %d was told of %d times", i, n)
		}
	}
	for i := range files {
		want := string(make([]byte, i%3*durable.MaxAlign)) + string(bytes.Repeat([]byte{byte('a' + i)}, 2*durable.MaxAlign))
		if read(t, root, fmt.Sprint(i)) != want {
			t.Errorf("file %d differs", i)
		}
	}
}

// stranger is a file that isn't the real FS's, as far as anybody can tell.
type stranger struct{ durable.File }

// One that fails doesn't keep the others from it, and says what it was.
func TestQueueTellsErrorsApart(t *testing.T) {
	root := newRoot(t)
	q := durable.NewQueue(4)
	defer q.Close()
	must(t, durable.NewFile(root, "read-only", make([]byte, durable.MaxAlign)))
	good, err := root.Create("good")
	must(t, err)
	defer func() { _ = good.Close() }()
	bad, err := root.OpenRead("read-only")
	must(t, err)
	defer func() { _ = bad.Close() }()
	errs := map[int]error{}
	p := block(t, durable.MaxAlign, 'x')
	q.Do([]durable.Op{{File: good, P: p}, {File: bad, P: p}, {File: good, P: p, Off: durable.MaxAlign}}, func(i int, err error) { errs[i] = err })
	var where *fs.PathError
	if len(errs) != 3 || errs[0] != nil || errs[2] != nil || !errors.As(errs[1], &where) {
		t.Fatalf("%v; want an error of the second, with its name", errs)
	}
	if got := read(t, root, "good"); got != string(bytes.Repeat([]byte{'x'}, 2*durable.MaxAlign)) {
		t.Fatalf("%d bytes of the good one", len(got))
	}
}

package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
)

// FuzzReadJournal edits a journal of several records: three bytes of edits set one byte, the first two say which. With sign their
// checksums are put right, as far as their lengths lead from one to the next.
func FuzzReadJournal(f *testing.F) {
	good, ends := example(f)
	f.Add([]byte{}, 0, false)
	f.Add([]byte{}, 1, false)
	f.Add([]byte{0, 0, 0xff}, 0, true)
	f.Add([]byte{0, 8, 0, 0, 9, 0}, 0, true)
	for _, end := range ends {
		f.Add([]byte{byte(end >> 8), byte(end), 0, byte((end + 8) >> 8), byte(end + 8), 1}, 0, true)
		f.Add([]byte{byte((end + 17) >> 8), byte(end + 17), '}'}, 3, true)
	}
	root := newRoot(f)
	f.Fuzz(func(t *testing.T, edits []byte, cut int, sign bool) {
		p := bytes.Clone(good)
		for ; len(edits) >= 3; edits = edits[3:] {
			p[int(binary.BigEndian.Uint16(edits))%len(p)] = edits[2]
		}
		p = p[:len(p)-min(max(cut, 0), len(p))]
		for rest := p; sign && len(rest) >= recordHeader; {
			n := int(binary.LittleEndian.Uint32(rest))
			if n > len(rest)-recordHeader {
				break
			}
			binary.LittleEndian.PutUint32(rest[4:], crc32.Checksum(rest[8:recordHeader+n], castagnoli))
			rest = rest[recordHeader+n:]
		}
		must(t, durable.RemoveTree(root, "s"), root.Mkdir("s"), durable.NewFile(root, "s/"+layout.JournalFile, p))
		j, err := ReadJournal(root, "s")
		must(t, err)
		if j.Bytes > int64(len(p)) {
			t.Fatalf("%d bytes of %d are whole", j.Bytes, len(p))
		}
		last := uint64(0)
		for _, r := range j.Records {
			if r.Seq > 0 && r.Seq <= last {
				t.Fatalf("record %d after %d", r.Seq, last)
			}
			if last = max(last, r.Seq); r.Gap != nil {
				if g, err := r.Gap.Gap(); err == nil && !g.valid() {
					t.Fatalf("gap %+v", g)
				}
			}
		}
		// What is whole is read alike once more, which is what recovery does after it has cut the rest off.
		must(t, durable.WriteFile(root, "s/"+layout.JournalFile, p[:j.Bytes]))
		if again, err := ReadJournal(root, "s"); err != nil || len(again.Records) != len(j.Records) || again.Bytes != j.Bytes {
			t.Fatalf("%d records in %d bytes, and then %d in %d: %v", len(j.Records), j.Bytes, len(again.Records), again.Bytes, err)
		}
	})
}

// FuzzHold edits the memory in which packets wait: three bytes of edits set one byte, the first two say which. What is found there
// had been put there; chains of blocks that lead in circles, or nowhere, end.
func FuzzHold(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 44, 0, 0, 45, 0, 0, 46, 0})          // the first block follows itself
	f.Add([]byte{0, 44, 0xff, 0, 45, 0xff, 0, 46, 0xff}) // nowhere
	f.Add([]byte{0, 40, 0xff, 0, 41, 0xff})              // longer than all there is
	f.Add([]byte{0, 47, 0x85, 1, 0, 1})
	f.Fuzz(func(t *testing.T, edits []byte) {
		h, stage, mem, m := newHold1(t)
		put := map[uint64][]byte{}
		for n, size := range []int{10, 80, 81, 500, 1500} {
			p := bytes.Repeat([]byte{byte(n + 1)}, size)
			h.Put(Held{Number: uint64(n + 1), Span: 160}, p)
			put[uint64(n+1)] = p
		}
		at := len(mem) - len(stage.Areas[0].Hold.mem)
		for ; len(edits) >= 3; edits = edits[3:] {
			mem[at+int(binary.BigEndian.Uint16(edits))%HoldBytes] = edits[2]
		}
		again, err := OpenStage(mem, m)
		must(t, err)
		for _, p := range again.Areas[0].Hold.All() {
			if want, ok := put[p.Number]; !ok || !bytes.Equal(p.Payload, want) || p.Span != 160 {
				t.Fatalf("packet %+v was never put there", p.Held)
			}
		}
	})
}

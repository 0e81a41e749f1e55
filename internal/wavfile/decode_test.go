package wavfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"
)

func TestDecodeNamesTheDamage(t *testing.T) {
	mono, six, big := example(1, 960), example(6, 960), example(1, 1<<33)
	put16 := func(at int, v uint16) func([]byte) []byte {
		return func(p []byte) []byte { binary.LittleEndian.PutUint16(p[at:], v); return p }
	}
	put32 := func(at int, v uint32) func([]byte) []byte {
		return func(p []byte) []byte { binary.LittleEndian.PutUint32(p[at:], v); return p }
	}
	put64 := func(at int, v uint64) func([]byte) []byte {
		return func(p []byte) []byte { binary.LittleEndian.PutUint64(p[at:], v); return p }
	}
	put := func(at int, s string) func([]byte) []byte {
		return func(p []byte) []byte { copy(p[at:], s); return p }
	}
	for _, row := range []struct {
		name   string
		h      Header
		damage func(p []byte) []byte
		want   string
	}{
		{"nothing", mono, func([]byte) []byte { return nil }, "length 0, want at least 4096"},
		{"a byte short", mono, func(p []byte) []byte { return p[:4095] }, "length 4095, want at least 4096"},
		{"zeros", mono, func([]byte) []byte { return make([]byte, 4096) }, `RIFF chunk at 0: id "\x00\x00\x00\x00", want "RIFF"`},
		{"big endian", mono, put(0, "RIFX"), `RIFF chunk at 0: id "RIFX", want "RIFF"`},
		{"another form", mono, put(8, "AVI "), `RIFF chunk at 0: id "AVI ", want "WAVE"`},
		{"data too early", mono, put(12, "data"), `JUNK chunk at 12: id "data", want "JUNK"`},
		{"ds64 in a RIFF", mono, put(12, "ds64"), `JUNK chunk at 12: id "ds64", want "JUNK"`},
		{"JUNK in an RF64", big, put(12, "JUNK"), `ds64 chunk at 12: id "JUNK", want "ds64"`},
		{"first chunk longer", mono, put32(16, 30), "JUNK chunk at 12: size 30, want 28"},
		{"first chunk not empty", mono, put(40, "x"), "JUNK chunk at 40: byte 0x78, want 0x00"},
		{"history shorter", mono, put32(52, 602), "bext chunk at 48: size 602, want 912"},
		{"bext version", mono, put16(402, 2), "bext chunk at 402: byte 0x02, want 0x01"},
		{"text behind the text", mono, put(61, "x"), "bext chunk at 61: byte 0x78, want 0x00"},
		{"text not ASCII", mono, put(57, "\xe9"), "bext chunk at 57: byte 0xe9, want 0x3f"},
		{"30 February", mono, put(376, "2026-02-30"), "bext chunk at 376: byte 0x32, want 0x00"},
		{"another separator", mono, put(380, ":"), "bext chunk at 380: byte 0x3a, want 0x2d"},
		{"no fmt", mono, put(968, "fact"), `fmt chunk at 968: id "fact", want "fmt "`},
		{"plain for six", six, put32(972, 16), "fmt chunk at 968: size 16, want 40"},
		{"extensible for one", mono, put32(972, 40), "fmt chunk at 968: size 40, want 16"},
		{"float", mono, put16(976, 3), "fmt chunk at 976: byte 0x03, want 0x01"},
		{"no channels", mono, put16(978, 0), "fmt chunk at 968: channels 0, want 1 to 8"},
		{"rate", mono, put32(980, 11025), "fmt chunk at 968: sample rate 11025, want 8000, 16000, 24000, 32000, 44100 or 48000"},
		{"bytes per second", mono, put32(984, 48000), "fmt chunk at 984: byte 0x80, want 0x00"},
		{"24 bits", mono, put16(990, 24), "fmt chunk at 990: byte 0x18, want 0x10"},
		{"mask", six, put32(996, 0x3f), "fmt chunk at 996: byte 0x3f, want 0x37"},
		{"GUID", six, put(1015, "r"), "fmt chunk at 1015: byte 0x72, want 0x71"},
		{"filler longer", mono, put32(996, 3090), "JUNK chunk at 992: size 3090, want 3088"},
		{"filler not empty", mono, put(1010, "x"), "JUNK chunk at 1010: byte 0x78, want 0x00"},
		{"no data", mono, put(4088, "dat\x00"), `data chunk at 4088: id "dat\x00", want "data"`},
		{"torn: the end is older", mono, put32(4092, 480), "RIFF chunk at 0: size 5048, want 4568"},
		{"torn: the front is older", mono, put32(4, 4568), "RIFF chunk at 0: size 4568, want 5048"},
		{"torn: only the front is RF64", big, put32(4092, 960), "data chunk at 4088: size 960, want 4294967295"},
		{"half a sample", mono, func(p []byte) []byte { return put32(4, 5049)(put32(4092, 961)(p)) },
			"data chunk at 4088: size 961, want a multiple of 2"},
		{"RIFF size of an RF64", big, put32(4, 4088), "RF64 chunk at 0: size 4088, want 4294967295"},
		{"ds64 disagrees", big, put64(20, 4088), "ds64 chunk at 12: RIFF size 4088, want 8589938680"},
		{"ds64 past int64", big, put64(28, math.MaxUint64), "ds64 chunk at 12: data size 9223372036854775807, want at most 9223372036854771711"},
		{"ds64 near int64", big, put64(28, math.MaxInt64-4094), "ds64 chunk at 12: data size 9223372036854771713, want at most 9223372036854771711"},
		{"ds64 frames", big, put64(36, 1), "ds64 chunk at 36: byte 0x01, want 0x00"},
		{"ds64 table", big, put32(44, 1), "ds64 chunk at 44: byte 0x01, want 0x00"},
		{"RF64 without need", big, func(p []byte) []byte { return put64(20, 5048)(put64(28, 960)(p)) }, "RIFF chunk at 1: byte 0x46, want 0x49"},
	} {
		_, err := Decode(row.damage(encode(t, row.h)))
		var he *HeaderError
		if want := "wavfile: decode header: " + row.want; !errors.As(err, &he) || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", row.name, err, want)
		}
	}
}

// Any single bit: refused, or part of the meaning and given back when encoded again, or reserved and ignored.
func TestEveryBitCounts(t *testing.T) {
	for _, h := range []Header{example(2, 960), example(5, 960), example(1, 1<<33)} {
		good := encode(t, h)
		for i := range good {
			reserved := i >= ReservedOffset && i < ReservedOffset+ReservedSize
			for bit := range 8 {
				if reserved && bit > 0 {
					break // one is enough to show that the byte is not looked at
				}
				p := bytes.Clone(good)
				p[i] ^= 1 << bit
				got, err := Decode(p)
				switch {
				case reserved && (err != nil || got != h):
					t.Errorf("bit %d of reserved byte %d: %v", bit, i, err)
				case !reserved && err == nil && got == h:
					t.Errorf("bit %d of byte %d is ignored", bit, i)
				case err == nil:
					checkCanonical(t, p, got)
				}
			}
		}
	}
}

// checkCanonical says that h, decoded from p, is encoded as p.
func checkCanonical(t *testing.T, p []byte, h Header) {
	t.Helper()
	again := [HeaderSize]byte(p)
	if err := h.Encode(&again); err != nil || !bytes.Equal(again[:], p[:HeaderSize]) {
		t.Errorf("%+v is not encoded as it was decoded: %v", h, err)
	}
}

// FuzzDecode edits a good header: three bytes of edits set one byte of it, the first two say which. From nothing, a fuzzer
// would never get as far as the second chunk; and it is slow to shorten inputs of 4096 bytes.
func FuzzDecode(f *testing.F) {
	edit := func(at int, s string) (edits []byte) {
		for i := range len(s) {
			edits = append(edits, byte((at+i)>>8), byte(at+i), s[i])
		}
		return edits
	}
	f.Add(uint8(0), false, 4096, []byte{})
	f.Add(uint8(7), true, 4096, []byte{})
	f.Add(uint8(0), false, 5000, edit(4092, u32(962)))
	f.Add(uint8(1), false, 4096, append(edit(4092, u32(964)), edit(4, u32(964+4088))...))
	f.Add(uint8(2), true, 4096, append(edit(20, u64(1<<40)), edit(28, u64(1<<40-4088))...))
	f.Add(uint8(0), true, 4096, edit(28, u64(math.MaxInt64)))
	f.Add(uint8(0), false, 4096, edit(376, "2024-02-29"))
	f.Add(uint8(0), false, 4095, edit(968, "data"))
	f.Fuzz(func(t *testing.T, channels uint8, big bool, length int, edits []byte) {
		h := example(int(channels%MaxChannels)+1, 0)
		if h.DataBytes = int64(h.BlockAlign()); big {
			h.DataBytes <<= 33
		}
		p := append(encode(t, h), make([]byte, HeaderSize)...)
		for ; len(edits) >= 3; edits = edits[3:] {
			p[int(binary.BigEndian.Uint16(edits))%HeaderSize] = edits[2]
		}
		p = p[:max(0, min(length, len(p)))]

		h, err := Decode(p)
		if err != nil {
			var he *HeaderError
			if !errors.As(err, &he) || err.Error() == "" {
				t.Fatalf("error of type %T", err)
			}
			return
		}
		checkCanonical(t, p[:HeaderSize], h)
		info, err := Parse(sparse{p[:HeaderSize], HeaderSize + h.DataBytes}, HeaderSize+h.DataBytes)
		if err != nil || info.DataBytes != h.DataBytes || info.DataOffset != HeaderSize {
			t.Fatalf("parsed %+v, %v; decoded %+v", info, err, h)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	p := encode(b, example(1, 96000))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(p); err != nil {
			b.Fatal(err)
		}
	}
}

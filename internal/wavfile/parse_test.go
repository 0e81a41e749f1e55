package wavfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// sparse is a file of which only the front has been written.
type sparse struct {
	head []byte
	size int64
}

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	n := int(max(0, min(int64(len(p)), s.size-off)))
	clear(p[:n])
	if off < int64(len(s.head)) {
		copy(p[:n], s.head[off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// ck lays out a chunk; the size is that of the body unless another is given.
func ck(id, body string, size ...uint32) string {
	n := uint32(len(body))
	if len(size) > 0 {
		n = size[0]
	}
	return id + u32(n) + body
}

func u16(v uint16) string { return string(binary.LittleEndian.AppendUint16(nil, v)) }
func u32(v uint32) string { return string(binary.LittleEndian.AppendUint32(nil, v)) }
func u64(v uint64) string { return string(binary.LittleEndian.AppendUint64(nil, v)) }

// wave puts the twelve bytes before some chunks.
func wave(chunks ...string) string {
	body := "WAVE" + strings.Join(chunks, "")
	return ck("RIFF", body)
}

func fmtBody(tag, channels uint16, rate uint32, bits uint16) string {
	align := channels * bits / 8
	return u16(tag) + u16(channels) + u32(rate) + u32(rate*uint32(align)) + u16(align) + u16(bits)
}

func extensible(subTag, channels uint16, rate uint32, bits uint16) string {
	return fmtBody(0xfffe, channels, rate, bits) + u16(22) + u16(bits) + u32(0) + u16(subTag) + guidTail
}

var (
	cdFmt   = ck("fmt ", fmtBody(1, 2, 44100, 16))
	eight   = "12345678"
	someBxt = ck("bext", "Sala"+strings.Repeat("\x00", 598)+"A=PCM\r\n\x00")
)

func TestParseAccepts(t *testing.T) {
	cd := func(offset, bytes int64) Info {
		return Info{Container: "wav", SampleRate: 44100, Channels: 2, BitsPerSample: 16, DataOffset: offset, DataBytes: bytes}
	}
	for _, row := range []struct {
		name string
		file string
		want Info
	}{
		{"the smallest", wave(cdFmt, ck("data", "")), cd(44, 0)},
		{"plain", wave(cdFmt, ck("data", eight)), cd(44, 8)},
		{"fmt of 18", wave(ck("fmt ", fmtBody(1, 2, 44100, 16)+u16(0)), ck("data", eight)), cd(46, 8)},
		{"8 bits", wave(ck("fmt ", fmtBody(1, 1, 8000, 8)), ck("data", "odd")), Info{"wav", 8000, 1, 8, 44, 3, nil}},
		{"24 bits", wave(ck("fmt ", fmtBody(1, 1, 96000, 24)), ck("data", "abc")), Info{"wav", 96000, 1, 24, 44, 3, nil}},
		{"32 bits", wave(ck("fmt ", fmtBody(1, 2, 192000, 32)), ck("data", eight)), Info{"wav", 192000, 2, 32, 44, 8, nil}},
		{"extensible", wave(ck("fmt ", extensible(1, 6, 48000, 16)), ck("data", eight+"1234")), Info{"wav", 48000, 6, 16, 68, 12, nil}},
		{"unknown chunks", wave(ck("LIST", "INFO"), ck("\x00\xff!?", eight), cdFmt, ck("fact", u32(2)), ck("data", eight)), cd(12+12+16+24+12+8, 8)},
		{"odd chunk, padded", wave(ck("LIST", "abc")+"\x00", cdFmt, ck("data", eight)), cd(56, 8)},
		{"odd chunk, not padded", wave(ck("LIST", "abc"), cdFmt, ck("data", eight)), cd(55, 8)},
		{"odd chunk, padded with a letter", wave(ck("LIST", "abc")+"f", cdFmt, ck("data", eight)), cd(56, 8)},
		{"the first of two", wave(cdFmt, ck("fmt ", fmtBody(1, 1, 8000, 8)), ck("data", eight), ck("data", "1234")), cd(68, 8)},
		{"fmt behind the samples", wave(ck("data", eight), cdFmt), cd(20, 8)},
		{"RIFF size 0", ck("RIFF", "WAVE"+cdFmt+ck("data", eight), 0), cd(44, 8)},
		{"RIFF size too large", ck("RIFF", "WAVE"+cdFmt+ck("data", eight), 1<<31), cd(44, 8)},
		{"a stream", ck("RIFF", "WAVE"+cdFmt+ck("data", eight, 0xffffffff), 0xffffffff), cd(44, 8)},
		{"samples not yet counted", wave(cdFmt, ck("data", eight)) + ck("bext", strings.Repeat("x", 602)), cd(44, 8)},
		{"rubbish behind", wave(cdFmt, ck("data", eight), ck("LIST", "abcd", 1<<31)), cd(44, 8)},
		{"less than a chunk behind", wave(cdFmt, ck("data", eight), "abc"), cd(44, 8)},
		{"a bext too short", wave(ck("bext", "Sala"), cdFmt, ck("data", eight)), cd(56, 8)},
		{"RF64", ck("RF64", "WAVE"+ck("ds64", u64(72)+u64(8)+u64(2)+u32(0))+cdFmt+ck("data", eight, 0xffffffff), 0xffffffff),
			Info{"rf64", 44100, 2, 16, 80, 8, nil}},
		{"BW64", ck("BW64", "WAVE"+ck("ds64", u64(72)+u64(8)+u64(0)+u32(0))+cdFmt+ck("data", eight, 0xffffffff), 0xffffffff),
			Info{"rf64", 44100, 2, 16, 80, 8, nil}},
		{"RF64 with a small data size", ck("RF64", "WAVE"+ck("ds64", u64(72)+u64(99)+u64(2)+u32(0))+cdFmt+ck("data", eight), 0xffffffff),
			Info{"rf64", 44100, 2, 16, 80, 8, nil}},
		{"a table in ds64", ck("RF64", "WAVE"+ck("ds64", u64(0)+u64(8)+u64(2)+u32(2)+"huge"+u64(4)+"LIST"+u64(6))+
			ck("LIST", "abcdef", 0xffffffff)+cdFmt+ck("data", eight, 0xffffffff), 0xffffffff),
			Info{"rf64", 44100, 2, 16, 118, 8, nil}},
	} {
		got, err := Parse(strings.NewReader(row.file), int64(len(row.file)))
		if err != nil || got != row.want {
			t.Errorf("%s: %+v, %v\nwant %+v", row.name, got, err, row.want)
		}
	}
}

func TestParseFindsBext(t *testing.T) {
	for _, row := range []struct{ name, file string }{
		{"before", wave(someBxt, cdFmt, ck("data", eight))},
		{"behind the samples", wave(cdFmt, ck("data", eight), someBxt)},
		{"behind odd samples, padded", wave(ck("fmt ", fmtBody(1, 1, 8000, 8)), ck("data", "abc")+"\x00", someBxt)},
		{"behind odd samples, not padded", wave(ck("fmt ", fmtBody(1, 1, 8000, 8)), ck("data", "abc"), someBxt)},
	} {
		got, err := Parse(strings.NewReader(row.file), int64(len(row.file)))
		if err != nil || got.Bext == nil || *got.Bext != (Bext{Description: "Sala", CodingHistory: "A=PCM\r\n"}) {
			t.Errorf("%s: %+v, %v", row.name, got.Bext, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	pcm := fmtBody(1, 2, 44100, 16)
	with := func(at int, field string) string { // a plain file whose fmt body was changed
		body := []byte(pcm)
		copy(body[at:], field)
		return wave(ck("fmt ", string(body)), ck("data", eight))
	}
	for _, row := range []struct{ name, file, want string }{
		{"nothing", "", "length 0, want at least 12"},
		{"eleven bytes", "RIFF\x00\x00\x00\x00WAV", "length 11, want at least 12"},
		{"another file", "OggS" + wave()[4:], `RIFF chunk at 0: id "OggS", want "RIFF"`},
		{"another form", ck("RIFF", "AVI "+cdFmt), `RIFF chunk at 0: id "AVI ", want "WAVE"`},
		{"no chunks", wave(), "number of fmt chunks 0, want 1"},
		{"no samples", wave(cdFmt), "number of data chunks 0, want 1"},
		{"no format", wave(ck("data", eight)), "number of fmt chunks 0, want 1"},
		{"samples cut off", wave(cdFmt, ck("data", eight, 10)), "data chunk at 36: size 10, want at most 8"},
		{"a chunk past the end", wave(ck("LIST", "abcd", 1<<31), cdFmt, ck("data", eight)), "LIST chunk at 12: size 2147483648, want at most 44"},
		{"fmt cut off", wave(ck("fmt ", pcm[:14]), ck("data", eight)), "fmt chunk at 12: size 14, want at least 16"},
		{"float", with(0, u16(3)), "fmt chunk at 12: format 3, want 1"},
		{"µ-law", with(0, u16(7)), "fmt chunk at 12: format 7, want 1"},
		{"extensible cut off", with(0, u16(0xfffe)), "fmt chunk at 12: size 16, want at least 40"},
		{"extensible float", wave(ck("fmt ", extensible(3, 2, 48000, 32)), ck("data", eight)), "fmt chunk at 12: format 3, want 1"},
		{"another GUID", wave(ck("fmt ", strings.Replace(extensible(1, 2, 48000, 32), "\x71", "\x72", 1)), ck("data", eight)),
			"fmt chunk at 12: format 65534, want 1"},
		{"no channels", with(2, u16(0)), "fmt chunk at 12: channels 0, want at least 1"},
		{"no rate", with(4, u32(0)), "fmt chunk at 12: sample rate 0, want at least 1"},
		{"a rate past 31 bits", with(4, u32(1<<31)), "fmt chunk at 12: sample rate 2147483648, want at most 2147483647"},
		{"no bits", with(14, u16(0)), "fmt chunk at 12: bits per sample 0, want a multiple of 8"},
		{"12 bits", with(14, u16(12)), "fmt chunk at 12: bits per sample 12, want a multiple of 8"},
		{"64 bits", with(14, u16(64)), "fmt chunk at 12: bits per sample 64, want at most 32"},
		{"block align", with(12, u16(2)), "fmt chunk at 12: block align 2, want 4"},
		{"ds64 cut off", ck("RF64", "WAVE"+ck("ds64", eight)+cdFmt+ck("data", eight), 0xffffffff), "ds64 chunk at 12: size 8, want at least 28"},
		{"no ds64", ck("RF64", "WAVE"+cdFmt+ck("data", eight, 0xffffffff), 0xffffffff), "data chunk at 36: size 4294967295, want at most 8"},
		{"ds64 past int64", ck("RF64", "WAVE"+ck("ds64", u64(0)+u64(math.MaxUint64)+u64(0)+u32(0))+cdFmt+ck("data", eight, 0xffffffff), 0xffffffff),
			"data chunk at 72: size 9223372036854775807, want at most 8"},
		{"a table past its chunk", ck("RF64", "WAVE"+ck("ds64", u64(0)+u64(8)+u64(2)+u32(math.MaxUint32))+ck("LIST", "", 0xffffffff)+cdFmt+ck("data", eight), 0xffffffff),
			"LIST chunk at 48: size 4294967295, want at most 40"},
		{"nothing but chunks", wave(strings.Repeat(ck("JUNK", ""), 5000)), "JUNK chunk at 32780: number 4097, want at most 4096"},
	} {
		_, err := Parse(strings.NewReader(row.file), int64(len(row.file)))
		var he *HeaderError
		if want := "wavfile: parse: " + row.want; !errors.As(err, &he) || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", row.name, err, want)
		}
	}
}

// failing is a disk that fails at its nth read.
type failing struct {
	r io.ReaderAt
	n *int
}

var errDisk = errors.New("the disk is gone")

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if *f.n--; *f.n < 0 {
		return 0, errDisk
	}
	return f.r.ReadAt(p, off)
}

func TestParseReportsEveryFailedRead(t *testing.T) {
	file := ck("RF64", "WAVE"+ck("ds64", u64(0)+u64(8)+u64(2)+u32(1)+"LIST"+u64(3))+
		ck("LIST", "abc\x00", 0xffffffff)+cdFmt+ck("data", eight, 0xffffffff)+someBxt, 0xffffffff)
	for n := 0; ; n++ {
		left := n
		_, err := Parse(failing{strings.NewReader(file), &left}, int64(len(file)))
		if err == nil {
			if n < 8 {
				t.Fatalf("%d reads were enough", n)
			}
			return
		}
		var he *HeaderError
		if !errors.Is(err, errDisk) || errors.As(err, &he) {
			t.Fatalf("read %d failed: %v", n, err)
		}
	}
}

func TestParseOfAFileShorterThanSaid(t *testing.T) {
	file := wave(cdFmt)
	if _, err := Parse(strings.NewReader(file), 1000); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("%v, want %v", err, io.ErrUnexpectedEOF)
	}
}

// Recordings past 4 GiB as holes on a real file system.
func TestParseSparseFiles(t *testing.T) {
	const last = 0xfffff006 // the last RIFF; see TestBorderOf32Bits
	for _, row := range []struct {
		dataBytes int64
		container string
	}{{last, "wav"}, {last + 2, "rf64"}, {1 << 36, "rf64"}} {
		path := filepath.Join(t.TempDir(), "floor.wav")
		if err := os.WriteFile(path, encode(t, example(1, row.dataBytes)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, HeaderSize+row.dataBytes); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		got, err := Parse(f, HeaderSize+row.dataBytes)
		if err != nil || got.Container != row.container || got.DataBytes != row.dataBytes || got.Frames() != row.dataBytes/2 {
			t.Errorf("%d bytes: %+v, %v, want %s", row.dataBytes, got, err, row.container)
		}
		// The header was patched before the samples it counts reached the disk.
		if _, err := Parse(f, HeaderSize+row.dataBytes-2); err == nil {
			t.Errorf("%d bytes, two of them missing: accepted", row.dataBytes)
		}
	}
}

// Sizes in the file do not become sizes in memory.
func TestParseMemory(t *testing.T) {
	const huge = 1 << 40
	head := ck("RF64", "WAVE"+ck("ds64", u64(huge)+u64(huge-4096)+u64(0)+u32(math.MaxUint32), 1<<30), 0xffffffff)
	bext := ck("bext", strings.Repeat("x", 602), 0xfffffffe)
	for name, file := range map[string]string{"ds64": head, "bext": wave(bext)} {
		const runs = 100 // the runtime counts whole spans, so a single run says little
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			if _, err := Parse(sparse{[]byte(file), huge}, huge); err == nil {
				t.Errorf("%s: accepted", name)
			}
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / runs; n > 1<<14 {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		wave(cdFmt, ck("data", eight)),
		wave(ck("LIST", "abc"), someBxt, ck("fmt ", extensible(1, 6, 48000, 24)), ck("data", eight)),
		wave(ck("fmt ", fmtBody(1, 1, 8000, 8)), ck("data", "abc"), someBxt),
		ck("RF64", "WAVE"+ck("ds64", u64(0)+u64(8)+u64(2)+u32(1)+"LIST"+u64(3))+ck("LIST", "abc\x00", 0xffffffff)+cdFmt+ck("data", eight, 0xffffffff), 0xffffffff),
		ck("RIFF", "WAVE"+cdFmt+ck("data", eight, 0xffffffff), 0xffffffff),
	} {
		f.Add([]byte(s), int64(0))
	}
	f.Fuzz(func(t *testing.T, p []byte, more int64) {
		// Past what was written, the file is a hole, so that large sizes can be right.
		size := int64(len(p)) + max(0, min(more, math.MaxInt64-int64(len(p))))
		info, err := Parse(sparse{p, size}, size)
		if err != nil {
			var he *HeaderError
			if !errors.As(err, &he) || err.Error() == "" {
				t.Fatalf("error of type %T: %v", err, err)
			}
			return
		}
		if info.DataOffset < 20 || info.DataBytes < 0 || info.DataOffset > size-info.DataBytes {
			t.Fatalf("samples [%d, +%d) of %d", info.DataOffset, info.DataBytes, size)
		}
		if info.Container != "wav" && info.Container != "rf64" || info.SampleRate < 1 || info.BlockAlign() < 1 ||
			info.Frames()*int64(info.BlockAlign()) > info.DataBytes {
			t.Fatalf("%+v", info)
		}
		if id := p[info.DataOffset-8 : info.DataOffset-4]; !bytes.Equal(id, []byte("data")) {
			t.Fatalf("samples behind %q", id)
		}
	})
}

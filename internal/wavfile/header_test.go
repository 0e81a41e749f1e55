package wavfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// example is a header with every field in use.
func example(channels int, dataBytes int64) Header {
	return Header{
		Format:    Format{SampleRate: 48000, Channels: channels},
		DataBytes: dataBytes,
		Bext: Bext{
			Description:         "Sala",
			Originator:          "rec",
			OriginatorReference: "0192f3c4",
			CodingHistory:       "A=PCM,F=48000,W=16,M=mono\r\n",
			OriginationTime:     time.Date(2026, 11, 23, 17, 9, 5, 0, time.UTC),
			TimeReference:       61745 * 48000,
		},
	}
}

// encode returns the header area, with the reserved part filled so that a change there shows.
func encode(t testing.TB, h Header) []byte {
	t.Helper()
	var dst [HeaderSize]byte
	for i := range dst {
		dst[i] = 0xa5
	}
	if err := h.Encode(&dst); err != nil {
		t.Fatal(err)
	}
	return dst[:]
}

// drawHeader draws headers which Decode gives back as they are: texts that fit, whole seconds in UTC.
func drawHeader(t *rapid.T) Header {
	text := func(name string, most int) string {
		return rapid.StringOfN(rapid.SampledFrom([]rune("Aa09 ~-,=\t\r\n")), 0, most, most).Draw(t, name)
	}
	var h Header
	h.SampleRate = rapid.SampledFrom([]int{8000, 16000, 24000, 32000, 44100, 48000}).Draw(t, "rate")
	h.Channels = rapid.IntRange(1, MaxChannels).Draw(t, "channels")
	align := int64(h.BlockAlign())
	frames := rapid.OneOf(
		rapid.Int64Range(0, 1000),
		rapid.Int64Range((1<<32-5000)/align, (1<<32)/align), // where RIFF ends
		rapid.Int64Range(0, MaxDataBytes/align),
	).Draw(t, "frames")
	h.DataBytes = frames * align
	h.Bext = Bext{
		Description:         text("description", MaxDescription),
		Originator:          text("originator", MaxOriginator),
		OriginatorReference: text("reference", MaxOriginatorReference),
		CodingHistory:       text("history", MaxCodingHistory),
		TimeReference:       rapid.Uint64().Draw(t, "timeReference"),
	}
	if s := rapid.Int64Range(-62167219200, 253402300799).Draw(t, "unix"); s != (time.Time{}).Unix() { // 0000 to 9999
		h.Bext.OriginationTime = time.Unix(s, 0).UTC()
	}
	return h
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHeader(t)
		var p [HeaderSize]byte
		if err := h.Encode(&p); err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(p[:]); err != nil || got != h {
			t.Fatalf("decoded %+v, %v\nwant %+v", got, err, h)
		}
		// The tolerant reader agrees with the strict one. MaxDataBytes is chosen so that the file has a size at all.
		info, err := Parse(sparse{p[:], HeaderSize + h.DataBytes}, HeaderSize+h.DataBytes)
		if err != nil {
			t.Fatal(err)
		}
		if info.Bext == nil || *info.Bext != h.Bext {
			t.Fatalf("parsed %+v, want %+v", info.Bext, h.Bext)
		}
		info.Bext = nil
		if want := (Info{h.Container(), h.SampleRate, h.Channels, 16, HeaderSize, h.DataBytes, nil}); info != want {
			t.Fatalf("parsed %+v, want %+v", info, want)
		}
	})
}

// The bytes, written down once by hand from the specifications.
func TestBytes(t *testing.T) {
	for _, row := range []struct {
		name string
		h    Header
		at   map[int]string
	}{
		{"mono", example(1, 960), map[int]string{
			0:    "RIFF\xb8\x13\x00\x00WAVEJUNK\x1c\x00\x00\x00" + strings.Repeat("\x00", 28), // 4088+960 = 0x13b8
			48:   "bext\x90\x03\x00\x00Sala\x00",
			312:  "rec\x00",
			344:  "0192f3c4\x00",
			376:  "2026-11-2317:09:05\x80\x63\xa7\xb0\x00\x00\x00\x00\x01\x00" + strings.Repeat("\x00", 64+190),
			658:  "A=PCM,F=48000,W=16,M=mono\r\n\x00",
			968:  "fmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\xbb\x00\x00\x00\x77\x01\x00\x02\x00\x10\x00",
			992:  "JUNK\x10\x0c\x00\x00" + strings.Repeat("\x00", 24),
			4088: "data\xc0\x03\x00\x00",
		}},
		{"six channels", example(6, 12), map[int]string{
			968: "fmt \x28\x00\x00\x00\xfe\xff\x06\x00\x80\xbb\x00\x00\x00\xca\x08\x00\x0c\x00\x10\x00" +
				"\x16\x00\x10\x00\x37\x01\x00\x00" +
				"\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71",
			1016: "JUNK\xf8\x0b\x00\x00",
		}},
		{"RF64", example(2, 1<<33), map[int]string{
			0: "RF64\xff\xff\xff\xffWAVEds64\x1c\x00\x00\x00" +
				"\xf8\x0f\x00\x00\x02\x00\x00\x00" + "\x00\x00\x00\x00\x02\x00\x00\x00" +
				"\x00\x00\x00\x80\x00\x00\x00\x00" + "\x00\x00\x00\x00",
			4088: "data\xff\xff\xff\xff",
		}},
	} {
		p := encode(t, row.h)
		for at, want := range row.at {
			if got := string(p[at : at+len(want)]); got != want {
				t.Errorf("%s at %d: % x\nwant % x", row.name, at, got, want)
			}
		}
		if !bytes.Equal(p[1024:4088], bytes.Repeat([]byte{0xa5}, 3064)) {
			t.Errorf("%s: the reserved area was written", row.name)
		}
	}
}

// The last RIFF and the first RF64, for block aligns which meet the border differently.
func TestBorderOf32Bits(t *testing.T) {
	for _, row := range []struct {
		channels int
		last     int64 // the largest DataBytes of a RIFF: at most 0xffffffff - 4088
	}{
		{1, 0xfffff006},
		{2, 0xfffff004},
		{3, 0xfffff006},
		{8, 0xfffff000},
	} {
		align := int64(2 * row.channels)
		if row.last%align != 0 || row.last+4088 > math.MaxUint32 || row.last+4088+align <= math.MaxUint32 {
			t.Fatalf("row %+v is not at the border", row)
		}
		p := encode(t, example(row.channels, row.last))
		if id, size := string(p[:4]), binary.LittleEndian.Uint32(p[4:]); id != "RIFF" || int64(size) != row.last+4088 {
			t.Errorf("%d channels, %d bytes: %s of %d", row.channels, row.last, id, size)
		}
		if size := binary.LittleEndian.Uint32(p[4092:]); int64(size) != row.last {
			t.Errorf("%d channels: data size %d, want %d", row.channels, size, row.last)
		}
		first := row.last + align
		p = encode(t, example(row.channels, first))
		if string(p[:8]) != "RF64\xff\xff\xff\xff" || string(p[4088:4096]) != "data\xff\xff\xff\xff" {
			t.Errorf("%d channels, %d bytes: %q and %q, want RF64 and unknown sizes", row.channels, first, p[:8], p[4088:4096])
		}
		for at, want := range map[int]int64{20: first + 4088, 28: first, 36: first / align} {
			if got := int64(binary.LittleEndian.Uint64(p[at:])); got != want {
				t.Errorf("%d channels, %d bytes: ds64 at %d: %d, want %d", row.channels, first, at, got, want)
			}
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, row := range []struct {
		name   string
		damage func(h *Header)
		want   string
	}{
		{"rate", func(h *Header) { h.SampleRate = 44000 },
			"wavfile: encode header: fmt chunk at 968: sample rate 44000, want 8000, 16000, 24000, 32000, 44100 or 48000"},
		{"no channel", func(h *Header) { h.Channels = 0 },
			"wavfile: encode header: fmt chunk at 968: channels 0, want 1 to 8"},
		{"nine channels", func(h *Header) { h.Channels = 9 },
			"wavfile: encode header: fmt chunk at 968: channels 9, want 1 to 8"},
		{"negative", func(h *Header) { h.DataBytes = -2 },
			"wavfile: encode header: data chunk at 4088: size -2, want at least 0"},
		{"half a frame", func(h *Header) { h.DataBytes = 962 },
			"wavfile: encode header: data chunk at 4088: size 962, want a multiple of 4"},
		{"too long", func(h *Header) { h.DataBytes = math.MaxInt64 },
			"wavfile: encode header: data chunk at 4088: size 9223372036854775807, want at most 9223372036854771711"},
		{"year", func(h *Header) { h.Bext.OriginationTime = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
			"wavfile: encode header: bext chunk at 48: year 10000, want at most 9999"},
		{"before the years", func(h *Header) { h.Bext.OriginationTime = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) },
			"wavfile: encode header: bext chunk at 48: year -1, want at least 0"},
	} {
		h := example(2, 960)
		row.damage(&h)
		dst := [HeaderSize]byte{1, 2, 3}
		before := dst
		err := h.Encode(&dst)
		var he *HeaderError
		if !errors.As(err, &he) || err.Error() != row.want {
			t.Errorf("%s: %v\nwant %s", row.name, err, row.want)
		}
		if dst != before {
			t.Errorf("%s: a refused header was written", row.name)
		}
	}
}

func TestFormatErrorReachesTheCaller(t *testing.T) {
	var fe *FormatError
	if err := (Header{Format: Format{11025, 1}}).Encode(new([HeaderSize]byte)); !errors.As(err, &fe) || *fe != (FormatError{"SampleRate", 11025}) {
		t.Errorf("Encode: %v, want a FormatError for SampleRate 11025", err)
	}
	if err := (Format{48000, 9}).Validate(); !errors.As(err, &fe) || *fe != (FormatError{"Channels", 9}) {
		t.Errorf("Validate: %v, want a FormatError for Channels 9", err)
	}
}

// No layout may contain the low-frequency channel, and each must name as many positions as there are channels.
func TestChannelMasks(t *testing.T) {
	for channels := 3; channels <= MaxChannels; channels++ {
		mask, n := channelMasks[channels], 0
		for m := mask; m != 0; m &= m - 1 {
			n++
		}
		if n != channels || mask&0x8 != 0 {
			t.Errorf("%d channels: mask %#x names %d positions", channels, mask, n)
		}
	}
}

func TestEncodeDoesNotAllocate(t *testing.T) {
	h := example(3, 96000)
	h.Bext.OriginationTime = h.Bext.OriginationTime.In(time.FixedZone("", 7200))
	var dst [HeaderSize]byte
	if n := testing.AllocsPerRun(100, func() {
		h.DataBytes += 6
		if err := h.Encode(&dst); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Fatalf("%v allocations, want 0", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	h := example(1, 96000)
	var dst [HeaderSize]byte
	b.ReportAllocs()
	for b.Loop() {
		if err := h.Encode(&dst); err != nil {
			b.Fatal(err)
		}
	}
}

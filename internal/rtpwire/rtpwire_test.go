package rtpwire

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

func TestParse(t *testing.T) {
	full := []byte{0xB1, 0xEF, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8, // P, X, one CSRC, M, 111
		9, 9, 9, 9, 0xBE, 0xDE, 0, 1, 0x10, 0xFF, 0, 0, 'a', 'b', 'c', 0, 2}
	p, err := Parse(full)
	want := Packet{SSRC: 0x05060708, Timestamp: 0x01020304, Seq: 0x1234, PayloadType: 111, Marker: true}
	if err != nil || !bytes.Equal(p.Payload, []byte("abc")) {
		t.Fatalf("%+v, %v", p, err)
	}
	if p.Payload = nil; p.SSRC != want.SSRC || p.Timestamp != want.Timestamp || p.Seq != want.Seq || p.PayloadType != want.PayloadType || !p.Marker {
		t.Errorf("%+v, want %+v", p, want)
	}
	for n := range full {
		if n == 28 || n == 27 {
			continue // cut there, the last byte is padding that counts itself wrongly or text; either is looked at below
		}
		if p, err := Parse(full[:n]); err == nil && n < 24 {
			t.Errorf("cut to %d bytes: %+v", n, p)
		}
	}
	for name, p := range map[string][]byte{
		"version 1": {0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "no padding where there should be": {0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"padding of 0": {0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "padding of 200": {0xA0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200},
	} {
		var bad *WireError
		if _, err := Parse(p); !errors.As(err, &bad) || bad.What == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What pion/rtp and this package both take, they read alike. (pion takes extensions of profiles that it then splits up, and
// refuses some that this package passes over.)
func FuzzParse(f *testing.F) {
	f.Add([]byte{0x80, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 'x'})
	f.Add([]byte{0xB1, 0xEF, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 0xBE, 0xDE, 0, 1, 0x10, 0xFF, 0, 0, 'a', 'b', 'c', 0, 2})
	f.Fuzz(func(t *testing.T, p []byte) {
		got, err := Parse(p)
		if err == nil && len(got.Payload) > len(p)-rtpHeader {
			t.Fatalf("payload of %d bytes in %d", len(got.Payload), len(p))
		}
		var theirs rtp.Packet
		if err != nil || theirs.Unmarshal(p) != nil {
			return
		}
		if got.SSRC != theirs.SSRC || got.Timestamp != theirs.Timestamp || got.Seq != theirs.SequenceNumber || got.PayloadType != theirs.PayloadType ||
			got.Marker != theirs.Marker || !bytes.Equal(got.Payload, theirs.Payload) {
			t.Fatalf("%+v, pion %+v", got, theirs)
		}
	})
}

func compound(t testing.TB) []byte {
	t.Helper()
	p, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.SenderReport{SSRC: 7, NTPTime: 0xE6000000_80000000, RTPTime: 4800, PacketCount: 10, OctetCount: 999, Reports: []rtcp.ReceptionReport{{SSRC: 1}}},
		&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: 7, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "x"}}}}},
		&rtcp.SenderReport{SSRC: 8, NTPTime: 1, RTPTime: 2},
		&rtcp.Goodbye{Sources: []uint32{7}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestReports(t *testing.T) {
	p := compound(t)
	want := []SenderReport{{7, 0xE6000000_80000000, 4800, 10, 999}, {8, 1, 2, 0, 0}}
	if got := slices.Collect(Reports(p)); !slices.Equal(got, want) || Check(p) != nil || !IsRTCP(p) {
		t.Errorf("%+v, %v", got, Check(p))
	}
	if got, want := want[0].Time(), int64(0xE6000000)*1e9+5e8; got != want {
		t.Errorf("time %d, want %d", got, want)
	}
	// What came before the fault counts.
	cut := p[:len(p)-3]
	var bad *WireError
	if got := slices.Collect(Reports(cut)); len(got) != 2 || !errors.As(Check(cut), &bad) {
		t.Errorf("%+v, %v", got, Check(cut))
	}
	if err := Check(nil); err == nil {
		t.Error("nothing is no packet")
	}
	if IsRTCP([]byte{0x80, 111}) || IsRTCP([]byte{0x80, 0x80 | 111}) || IsRTCP([]byte{0x80}) {
		t.Error("RTP was taken for RTCP")
	}
	if n := testing.AllocsPerRun(100, func() {
		for r := range Reports(p) {
			_ = r
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzReports(f *testing.F) {
	f.Add(compound(f))
	f.Add([]byte{0x80, 200, 0, 6})
	f.Fuzz(func(t *testing.T, p []byte) {
		got := slices.Collect(Reports(p))
		theirs, err := rtcp.Unmarshal(p)
		if err != nil || Check(p) != nil {
			return
		}
		n := 0
		for _, k := range theirs {
			if sr, ok := k.(*rtcp.SenderReport); ok {
				if n >= len(got) || got[n] != (SenderReport{sr.SSRC, sr.NTPTime, sr.RTPTime, sr.PacketCount, sr.OctetCount}) {
					t.Fatalf("report %d: %+v, pion %+v", n, got, sr)
				}
				n++
			}
		}
		if n != len(got) {
			t.Fatalf("%d reports, pion %d", len(got), n)
		}
	})
}

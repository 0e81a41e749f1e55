package dump

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ilenia-live/rec/testdata"
)

var (
	le = binary.LittleEndian
	be = binary.BigEndian
)

// read returns all of a file, its packets copied.
func read(t testing.TB, p []byte, format Format) (packets []Packet, r *Reader, err error) {
	t.Helper()
	// One byte at a time: nothing may depend on how much a read returns.
	r, err = NewReader(iotest.OneByteReader(bytes.NewReader(p)), format)
	if err != nil {
		return nil, nil, err
	}
	for k, e := range r.Packets() {
		if err = e; err == nil {
			k.Data = bytes.Clone(k.Data)
			packets = append(packets, k)
		}
	}
	return packets, r, err
}

// The same three packets come out of every kind of file, on every kind of link.
func TestFormats(t *testing.T) {
	media := [][]byte{rtp(7, 111, 1, "one"), rtp(7, 111|0x80, 2, ""), rtcp(7)}
	wrapped := func(wrap func([]byte) []byte) (frames [][]byte) {
		for _, p := range media {
			frames = append(frames, wrap(p))
		}
		return frames
	}
	in4 := wrapped(udp4)
	cooked := func(p []byte) []byte { return append(append(make([]byte, 14), 8, 0), udp4(p)...) }
	cooked2 := func(p []byte) []byte { return append(append([]byte{0x86, 0xDD}, make([]byte, 18)...), udp6(p)...) }
	family := func(n byte, wrap func([]byte) []byte) func([]byte) []byte {
		return func(p []byte) []byte { return append([]byte{n, 0, 0, 0}, wrap(p)...) }
	}
	plain6 := func(p []byte) []byte { return udp6(p) }
	for _, row := range []struct {
		name   string
		file   []byte
		format Format
		six    bool
	}{
		{"pcap, µs, little-endian", pcapOf(le, false, linkRaw, in4...), PCAP, false},
		{"pcap, µs, big-endian", pcapOf(be, false, linkRaw, in4...), PCAP, false},
		{"pcap, ns, little-endian", pcapOf(le, true, linkRaw, in4...), PCAP, false},
		{"pcap, ns, big-endian", pcapOf(be, true, linkRaw, in4...), PCAP, false},
		{"Ethernet", pcapOf(le, false, linkEthernet, wrapped(func(p []byte) []byte { return ether(etherIPv4, udp4(p)) })...), PCAP, false},
		{"Ethernet with checksums", pcapOf(le, false, 0x14000000|linkEthernet, wrapped(func(p []byte) []byte { return ether(etherIPv4, udp4(p)) })...), PCAP, false},
		{"one VLAN tag", pcapOf(le, false, linkEthernet, wrapped(func(p []byte) []byte { return ether(etherIPv4, udp4(p), tagC) })...), PCAP, false},
		{"two VLAN tags", pcapOf(le, false, linkEthernet, wrapped(func(p []byte) []byte { return ether(etherIPv6, udp6(p), tagS, tagC) })...), PCAP, true},
		{"IPv6 with headers", pcapOf(le, false, linkIPv6, wrapped(func(p []byte) []byte { return udp6(p, protoHopByHop, protoRouting, protoOptions) })...), PCAP, true},
		{"Linux cooked", pcapOf(le, false, linkCooked, wrapped(cooked)...), PCAP, false},
		{"Linux cooked v2", pcapOf(le, false, linkCooked2, wrapped(cooked2)...), PCAP, true},
		{"loopback", pcapOf(le, false, linkNull, wrapped(family(2, udp4))...), PCAP, false},
		{"loopback, IPv6 of a Mac", pcapOf(le, false, linkNull, wrapped(family(30, plain6))...), PCAP, true},
		{"loopback, IPv6 of OpenBSD", pcapOf(le, false, linkLoop, wrapped(family(0, plain6))...), PCAP, true},
		{"pcapng, µs", pcapngOf(le, 6, 1e6, linkRaw, in4...), PCAPNG, false},
		{"pcapng, ns, big-endian", pcapngOf(be, 9, 1e9, linkRaw, in4...), PCAPNG, false},
		{"pcapng, 2^-20 s", pcapngOf(le, 0x80|20, 1<<20, linkRaw, in4...), PCAPNG, false},
		{"pcapng, two sections", append(pcapngOf(le, 6, 1e6, linkRaw), pcapngOf(be, 9, 1e9, linkRaw, in4...)...), PCAPNG, false},
		{"RFC 4571", frame4571(media...), RFC4571, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, r, err := read(t, row.file, Auto)
			if err != nil || r.Format() != row.format || r.Offset() != int64(len(row.file)) || len(r.Skipped()) > 0 {
				t.Fatalf("%v; format %s, want %s; %d bytes read of %d; skipped %v", err, r.Format(), row.format, r.Offset(), len(row.file), r.Skipped())
			}
			if len(got) != len(media) {
				t.Fatalf("%d packets, want %d", len(got), len(media))
			}
			from, to := netip.MustParseAddrPort("10.0.0.1:5004"), netip.MustParseAddrPort("10.0.0.2:5006")
			if row.six {
				from, to = netip.MustParseAddrPort("[::1]:5004"), netip.MustParseAddrPort("[::2]:5006")
			}
			if row.format == RFC4571 {
				from, to = netip.AddrPort{}, netip.AddrPort{}
			}
			for i, p := range got {
				// Units of time that aren't decimal round.
				at, off := time.Duration(i)*20*time.Millisecond, p.Arrival-time.Duration(i)*20*time.Millisecond
				if row.format == RFC4571 {
					at, off = Unknown, p.Arrival-Unknown
				}
				if !bytes.Equal(p.Data, media[i]) || p.RTCP != (i == 2) || p.From != from || p.To != to || off > time.Microsecond || off < -time.Microsecond {
					t.Errorf("packet %d: % x, arrived %s, RTCP %v, %s to %s; want % x, %s, %s to %s", i, p.Data, p.Arrival, p.RTCP, p.From, p.To, media[i], at, from, to)
				}
			}
			if forced, _, err := read(t, row.file, row.format); err != nil || len(forced) != len(got) {
				t.Errorf("told that it is %s: %d packets, %v", row.format, len(forced), err)
			}
		})
	}
}

// What is no RTP is passed over, and its kind is counted.
func TestSkipped(t *testing.T) {
	good := rtp(7, 111, 1, "x")
	with := func(p []byte, at int, bytes ...byte) []byte { // p with those bytes changed
		p = slices.Clone(p)
		copy(p[at:], bytes)
		return p
	}
	for _, row := range []struct {
		name  string
		link  uint32
		frame []byte
		want  Reason
	}{
		{"ARP", linkEthernet, ether(0x0806, make([]byte, 28)), SkipNotIP},
		{"three VLAN tags", linkEthernet, ether(etherIPv4, udp4(good), tagS, tagC, tagC), SkipNotIP},
		{"half an Ethernet header", linkEthernet, make([]byte, 13), SkipMalformed},
		{"half a VLAN tag", linkEthernet, append(make([]byte, 12), 0x81, 0, 0, 7), SkipMalformed},
		{"half of a loopback's", linkNull, make([]byte, 3), SkipMalformed},
		{"Bluetooth", 187, udp4(good), SkipLink},
		{"IP version 5", linkRaw, with(udp4(good), 0, 0x55), SkipNotIP},
		{"nothing", linkRaw, nil, SkipMalformed},
		{"an IPv4 header of 16 bytes", linkRaw, with(udp4(good), 0, 0x44), SkipMalformed},
		{"IPv4 options that aren't there", linkRaw, with(udp4(nil), 0, 0x4F), SkipMalformed},
		{"TCP", linkRaw, with(udp4(good), 9, 6), SkipNotUDP},
		{"TCP in IPv6", linkRaw, with(udp6(good), 6, 6), SkipNotUDP},
		{"a first fragment", linkRaw, with(udp4(good), 6, 0x20), SkipFragment},
		{"a later fragment", linkRaw, with(udp4(good), 7, 5), SkipFragment},
		{"a fragment of IPv6", linkRaw, udp6(good, protoFragment), SkipFragment},
		{"IPv6 headers without end", linkRaw, udp6(good, make([]byte, 9)...), SkipNotUDP},
		{"an IPv6 header longer than its packet", linkRaw, with(udp6(good, protoOptions), 41, 200), SkipMalformed},
		{"half an IPv6 header", linkRaw, udp6(good)[:39], SkipMalformed},
		{"UDP longer than its packet", linkRaw, with(udp4(good), 24, 1), SkipMalformed},
		{"UDP shorter than its header", linkRaw, with(udp4(good), 24, 0, 7), SkipMalformed},
		{"half a UDP header", linkRaw, udp4(nil)[:25], SkipMalformed},
		{"no payload", linkRaw, udp4(nil), SkipEmpty},
		{"STUN", linkRaw, udp4([]byte{0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), SkipNotRTP},
		{"RTP of 11 bytes", linkRaw, udp4(good[:11]), SkipNotRTP},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, r, err := read(t, pcapOf(le, false, row.link, row.frame), Auto)
			if want := []Skip{{row.want, 1}}; err != nil || len(got) != 0 || !slices.Equal(r.Skipped(), want) {
				t.Errorf("%d packets, %v; skipped %v, want %v", len(got), err, r.Skipped(), want)
			}
		})
	}
	// A packet of which the capture kept only the beginning is not malformed.
	cut := pcapOf(le, false, linkRaw, udp4(good)[:30], udp4(good))
	cut[24+12]++
	got, r, err := read(t, cut, Auto)
	if want := []Skip{{SkipCut, 1}}; err != nil || len(got) != 1 || !slices.Equal(r.Skipped(), want) {
		t.Errorf("%d packets, %v; skipped %v, want %v", len(got), err, r.Skipped(), want)
	}
	// Nulls and strangers between framed packets.
	got, r, err = read(t, frame4571(good, nil, []byte("hello"), good), Auto)
	if want := []Skip{{SkipEmpty, 1}, {SkipNotRTP, 1}}; err != nil || len(got) != 2 || !slices.Equal(r.Skipped(), want) {
		t.Errorf("%d packets, %v; skipped %v, want %v", len(got), err, r.Skipped(), want)
	}
}

// Cut off anywhere, a file gives what came before, and says where it ends.
func TestTruncated(t *testing.T) {
	media := [][]byte{rtp(7, 111, 1, "one"), rtp(7, 111, 2, "two")}
	frames := [][]byte{udp4(media[0]), udp4(media[1])}
	for name, whole := range map[string][]byte{
		"rfc4571": frame4571(media...), "pcap": pcapOf(le, false, linkRaw, frames...), "pcapng": pcapngOf(le, 6, 1e6, linkRaw, frames...),
	} {
		t.Run(name, func(t *testing.T) {
			all, _, err := read(t, whole, Auto)
			if err != nil || len(all) != 2 {
				t.Fatalf("%d packets, %v", len(all), err)
			}
			for n := range len(whole) {
				got, _, err := read(t, whole[:n], Format(name))
				complete := 0
				atBoundary := n == 0 && name != "pcap" || n == int(all[0].Offset) || n == int(all[1].Offset)
				if n >= int(all[1].Offset) {
					complete = 1
				}
				if name == "pcapng" && len(section(le)) <= n && n < int(all[0].Offset) {
					continue // between its blocks it may end as well
				}
				var bad *FormatError
				if len(got) != complete || (err == nil) != atBoundary ||
					err != nil && (!errors.As(err, &bad) || bad.Offset != int64(n) || !errors.Is(err, io.ErrUnexpectedEOF) || bad.Format != Format(name)) {
					t.Errorf("cut to %d bytes: %d packets, %v", n, len(got), err)
				}
			}
		})
	}
}

func TestHostile(t *testing.T) {
	frame := udp4(rtp(7, 111, 1, "x"))
	raw := func(kind uint32, length uint32, body ...byte) []byte {
		return append(le.AppendUint32(le.AppendUint32(nil, kind), length), body...)
	}
	iface := block(le, blockInterface, describe(le, linkRaw, 6))
	for _, row := range []struct {
		name    string
		file    []byte
		format  Format
		offset  int64
		packets int
	}{
		{"nothing", nil, Auto, 0, 0},
		{"text", []byte("Lorem ipsum dolor sit amet."), Auto, 0, 0},
		{"a WAV", testdata.Speeches()[0].WAV, Auto, 0, 0},
		{"pcap that is none", make([]byte, 24), PCAP, 0, 0},
		{"pcap of version 3", pcapOf(le, false, linkRaw)[:4:4], PCAP, 4, 0},
		{"pcap, a packet of 4 GiB", append(pcapOf(le, false, linkRaw, frame), 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255), Auto, 24 + 16 + 41 + 8, 1},
		{"pcapng that is none", raw(6, 32), PCAPNG, 0, 0},
		{"pcapng without byte order", raw(blockSection, 28, 1, 2, 3, 4), Auto, 8, 0},
		{"pcapng, short section", append(raw(blockSection, 24), le.AppendUint32(nil, sectionMagic)...), Auto, 4, 0},
		{"pcapng, block of 8 bytes", append(section(le), raw(6, 8)...), Auto, 28 + 4, 0},
		{"pcapng, block of 13 bytes", append(section(le), raw(6, 13)...), Auto, 28 + 4, 0},
		{"pcapng, packet of 4 GiB", append(section(le), raw(6, 1<<32-4)...), Auto, 28 + 4, 0},
		{"pcapng, interface of 4 bytes", append(section(le), block(le, blockInterface, make([]byte, 4))...), Auto, 28, 0},
		{"pcapng, time in units of 10^-20 s", append(section(le), block(le, blockInterface, describe(le, linkRaw, 20))...), Auto, 28, 0},
		{"pcapng, time in units of 2^-64 s", append(section(le), block(le, blockInterface, describe(le, linkRaw, 0x80|64))...), Auto, 28, 0},
		{"pcapng, packet of no interface", append(section(le), block(le, blockEnhanced, make([]byte, 20))...), Auto, 28 + 8, 0},
		{"pcapng, simple packet of no interface", append(section(le), block(le, blockSimple, make([]byte, 20))...), Auto, 28, 0},
		{"pcapng, packet without a header", append(append(section(le), iface...), block(le, blockEnhanced, make([]byte, 16))...), Auto, 28 + int64(len(iface)), 0},
		{"pcapng, packet longer than its block", append(append(section(le), iface...), block(le, blockEnhanced, append(make([]byte, 12), 9, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4))...), Auto, 28 + int64(len(iface)), 0},
		{"pcapng, interfaces without end", append(section(le), bytes.Repeat(iface, interfacesMost+1)...), Auto, 28 + interfacesMost*int64(len(iface)), 0},
		{"an unknown format", nil, "rtpdump", 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.name == "pcap of version 3" {
				row.file = append(row.file, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
			}
			got, _, err := read(t, row.file, row.format)
			var bad *FormatError
			if !errors.As(err, &bad) || bad.Offset != row.offset || bad.What == "" || len(got) != row.packets {
				t.Errorf("%d packets, want %d; %v, want a *FormatError at byte %d", len(got), row.packets, err, row.offset)
			}
		})
	}
	// What a disk says is told as it said it.
	broken := errors.New("input/output error")
	if _, err := NewReader(iotest.ErrReader(broken), Auto); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// Times of other units, with offsets and beyond what is sensible, neither overflow nor divide by nothing.
func TestCaptureTime(t *testing.T) {
	for _, row := range []struct {
		perSec uint64
		offset int64
		ticks  uint64
		want   int64
	}{
		{1e6, 0, 1_790_000_000_123_456, 1_790_000_000_123_456_000},
		{1e9, 10, 1_790_000_000_123_456_789, 1_790_000_010_123_456_789},
		{1e9, -10, 1_790_000_000_123_456_789, 1_789_999_990_123_456_789},
		{1, 0, 7, 7_000_000_000},
		{1 << 63, 0, 1<<63 + 1<<62, 1_500_000_000},
		{1e19, 0, 15e18, 1_500_000_000},
		{1, 0, 1<<64 - 1, 1<<63 - 1},
		{1, 1<<63 - 1, 1<<64 - 1, 1<<63 - 1},
		{1, -1 << 63, 5, 0},
	} {
		i := captureInterface{perSec: row.perSec, offset: row.offset}
		if got := i.time(row.ticks); got != row.want {
			t.Errorf("%d ticks of 1/%d s after %d s: %d ns, want %d", row.ticks, row.perSec, row.offset, got, row.want)
		}
	}
}

// A simple packet has no time, and its length is the interface's limit.
func TestSimplePackets(t *testing.T) {
	frame := udp4(rtp(7, 111, 1, "abc"))
	iface := describe(le, linkRaw, 6)
	le.PutUint32(iface[4:], uint32(len(frame)))
	simple := func(original int) []byte {
		return block(le, blockSimple, append(le.AppendUint32(nil, uint32(original)), frame...))
	}
	file := slices.Concat(section(le), block(le, blockInterface, iface), simple(len(frame)), simple(9999))
	got, _, err := read(t, file, Auto)
	if err != nil || len(got) != 2 || got[0].Arrival != Unknown || !bytes.Equal(got[1].Data, frame[28:]) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestList(t *testing.T) {
	var frames [][]byte
	for seq := range uint16(50) {
		frames = append(frames, udp4(rtp(7, 111, 65530+seq, "x")), udp4(rtcp(7)))
		if seq >= 10 && seq < 20 {
			frames = append(frames, udp6(rtp(7, 111, seq, "y")))
		}
		if seq%10 == 9 {
			frames = append(frames, udp4(rtp(7, 101, seq, "tone")))
		}
	}
	r, err := NewReader(bytes.NewReader(pcapOf(le, false, linkRaw, frames...)), Auto)
	if err != nil {
		t.Fatal(err)
	}
	c, err := List(r)
	if err != nil {
		t.Fatal(err)
	}
	from, to := netip.MustParseAddrPort("10.0.0.1:5004"), netip.MustParseAddrPort("10.0.0.2:5006")
	from6, to6 := netip.MustParseAddrPort("[::1]:5004"), netip.MustParseAddrPort("[::2]:5006")
	ms := time.Millisecond
	want := []Stream{
		{Key: Key{7, 111, from, to}, Packets: 50, FirstSeq: 65530, LastSeq: 43, First: 0, Last: 2240 * ms},
		{Key: Key{7, 101, from, to}, Packets: 5, FirstSeq: 9, LastSeq: 49, Ticks: 40 * 960, First: 400 * ms, Last: 2280 * ms},
		{Key: Key{7, 111, from6, to6}, Packets: 10, FirstSeq: 10, LastSeq: 19, Ticks: 9 * 960, First: 460 * ms, Last: 1000 * ms},
	}
	var got []Stream
	for _, s := range c.Streams() {
		s.timestamp = 0
		got = append(got, *s)
	}
	// The builder makes timestamps of sequence numbers, so those of the first stream run backward where they wrap.
	got[0].Ticks = 0
	if d := cmp.Diff(want, got, cmp.AllowUnexported(Stream{}), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); d != "" {
		t.Error(d)
	}
	if got := (&Stream{Ticks: 72000, First: Unknown, Last: Unknown}).Duration(48000); got != 1500*ms {
		t.Errorf("72,000 ticks are %s, want 1.5s", got)
	}
}

// Traffic in which every packet looks like a new stream doesn't fill the memory.
func TestCatalogIsBounded(t *testing.T) {
	var file []byte
	for i := range uint32(StreamsMost + 5) {
		file = append(file, frame4571(rtp(i, 111, 1, "x"))...)
	}
	r, err := NewReader(bytes.NewReader(file), Auto)
	if err != nil {
		t.Fatal(err)
	}
	c, err := List(r)
	if err != nil || len(c.Streams()) != StreamsMost || c.Dropped != 5 {
		t.Errorf("%d streams, %d packets dropped, %v; want %d and 5", len(c.Streams()), c.Dropped, err, StreamsMost)
	}
}

// The fixtures come out of their framing as the package that made them takes them apart.
func TestFixtures(t *testing.T) {
	for _, s := range testdata.Streams() {
		got, r, err := read(t, s.Packets, Auto)
		want := testdata.Split(s.Packets)
		if err != nil || r.Format() != RFC4571 || len(got) != len(want) {
			t.Fatalf("%s: %d packets as %s, want %d: %v", s.Name, len(got), r.Format(), len(want), err)
		}
		for i := range want {
			if !bytes.Equal(got[i].Data, want[i]) || got[i].RTCP || got[i].Arrival != Unknown {
				t.Errorf("%s: packet %d is % x", s.Name, i, got[i].Data)
			}
		}
	}
}

// A reader's memory is the same whatever the length of the file.
func TestReadsWithoutGrowing(t *testing.T) {
	frame := udp4(rtp(7, 111, 1, "x"))
	cost := func(write func(n int) []byte, n int) float64 {
		p := write(n)
		return testing.AllocsPerRun(3, func() {
			r, err := NewReader(bytes.NewReader(p), Auto)
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range r.Packets() {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	for name, write := range map[string]func(n int) []byte{
		"pcap":     func(n int) []byte { return pcapOf(le, false, linkRaw, slices.Repeat([][]byte{frame}, n)...) },
		"pcapng":   func(n int) []byte { return pcapngOf(le, 6, 1e6, linkRaw, slices.Repeat([][]byte{frame}, n)...) },
		"rfc 4571": func(n int) []byte { return frame4571(slices.Repeat([][]byte{frame[28:]}, n)...) },
	} {
		if few, many := cost(write, 10), cost(write, 10_000); many > few {
			t.Errorf("%s: %.0f allocations for 10,000 packets, %.0f for 10", name, many, few)
		}
	}
}

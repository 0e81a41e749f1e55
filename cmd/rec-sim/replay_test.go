package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ilenia-live/rec/testdata"
)

// TestReplayScripts runs the scripts that need packets: those of the fixtures, and a call that was captured.
func TestReplayScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  filepath.Join("testdata", "replay"),
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits, "keys": keys},
		Setup: func(env *testscript.Env) error {
			files := map[string][]byte{"es.rtp": testdata.Speeches()[0].Opus, "call.pcap": call().file}
			files["cut.pcap"] = files["call.pcap"][:len(files["call.pcap"])-7]
			for _, s := range testdata.Streams() {
				files[s.Name+".rtp"] = s.Packets
			}
			var errs []error
			for name, p := range files {
				errs = append(errs, os.WriteFile(filepath.Join(env.WorkDir, name), p, 0o640))
			}
			return errors.Join(errs...)
		},
	})
}

// capture is a pcap file, of raw IPv4.
type capture struct{ file []byte }

func newCapture() *capture {
	le := binary.LittleEndian
	p := le.AppendUint32(nil, 0xA1B2C3D4)
	p = append(p, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return &capture{le.AppendUint32(le.AppendUint32(p, 65535), 101)}
}

// add appends a packet of UDP from 10.0.0.<from> to 10.0.0.9.
func (c *capture) add(at time.Duration, from byte, port uint16, payload []byte) {
	le, be := binary.LittleEndian, binary.BigEndian
	at += 1_790_000_000 * time.Second
	c.file = le.AppendUint32(le.AppendUint32(c.file, uint32(at/time.Second)), uint32(at%time.Second/time.Microsecond))
	n := uint32(28 + len(payload))
	c.file = le.AppendUint32(le.AppendUint32(c.file, n), n)
	c.file = be.AppendUint16(append(c.file, 0x45, 0), uint16(n))
	c.file = append(c.file, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 0, 9)
	c.file = be.AppendUint16(be.AppendUint16(c.file, port), port)
	c.file = append(be.AppendUint16(c.file, uint16(8+len(payload))), 0, 0)
	c.file = append(c.file, payload...)
}

// retyped is a packet with another payload type.
func retyped(p []byte, payloadType byte) []byte {
	p = slices.Clone(p)
	p[1] = payloadType
	return p
}

// call is a capture of two speakers, of whom the second joins after 2 s, with losses, copies and packets that overtake each
// other; of their sender reports; of telephone events; and of what else was on the wire.
func call() *capture {
	c := newCapture()
	floor, ca := testdata.Speeches()[0].Packets(), testdata.Speeches()[1].Packets()
	for i := range 300 {
		at := time.Duration(i+1) * 20 * ms
		switch {
		case i == 100 || i == 150 || i == 151: // lost
		case i == 120: // overtaken by the next one
		case i == 121:
			c.add(at, 1, 5004, floor[121])
			c.add(at+ms, 1, 5004, floor[120])
		case i == 130:
			c.add(at, 1, 5004, floor[i])
			c.add(at+3*ms, 1, 5004, floor[i])
		case i == 200: // a telephone event, on the same sequence numbers
			c.add(at, 1, 5004, retyped(floor[i][:16], 101))
		default:
			c.add(at, 1, 5004, floor[i])
		}
		if i >= 100 {
			c.add(at+5*ms, 2, 5004, ca[i-100])
		}
		if i%50 == 25 {
			report, err := (&rtcp.SenderReport{SSRC: 1, NTPTime: uint64(0xEC000000+i/50) << 32, RTPTime: uint32(i/50*48000 + 960), PacketCount: uint32(i)}).Marshal()
			if err != nil {
				panic(err)
			}
			c.add(at+6*ms, 1, 5005, report)
			c.add(at+7*ms, 3, 5353, []byte("no media at all"))
		}
	}
	return c
}

// replayed replays a file in this process and returns its report.
func replayed(t *testing.T, file []byte, args ...string) (r replayReport, code int, stderr string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, file, 0o640); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(t.TempDir(), "rec")
	code, stdout, stderr := command(append([]string{"replay", name, "--dir", root, "--quiet", "--json", "-"}, args...)...)
	if stdout != "" {
		if err := json.Unmarshal([]byte(stdout), &r); err != nil {
			t.Fatalf("%v: %s", err, stdout)
		}
	}
	if _, err := os.Stat(root); err == nil {
		if code, _, stderr := command("verify", root); code != 0 {
			t.Errorf("verify: %s", stderr)
		}
	}
	return r, code, stderr
}

func TestReplayCall(t *testing.T) {
	r, code, stderr := replayed(t, call().file, "--codec", "opus")
	if code != 0 || len(r.Channels) != 2 || r.Outcome != "ok" || r.Control != 6 || r.Skipped["not RTP"] != 6 {
		t.Fatalf("exit code %d, %s; %+v", code, stderr, r)
	}
	var leftOut []string
	for _, s := range r.Streams {
		if s.LeftOut != "" {
			leftOut = append(leftOut, s.SSRC+" "+s.LeftOut)
		}
	}
	if want := []string{"0x00000001 payload type 111 has more packets"}; !slices.Equal(leftOut, want) {
		t.Errorf("left out %q, want %q", leftOut, want)
	}
	floor, ca := r.Channels[0], r.Channels[1]
	// Three were lost; 120 and 121 came in the wrong order; 200 carried no speech, and was none of the lost ones.
	if floor.ID != "00000001" || floor.Packets != 297 || floor.Lost != 3 || floor.Late != 0 || floor.Duplicate != 1 || floor.Damaged != 0 || floor.Control != 6 {
		t.Errorf("floor: %+v", floor)
	}
	if floor.Seconds != 6 || floor.Adjusted != 0 || floor.Refused != 0 {
		t.Errorf("floor: %.4f s, %d frames adjusted, %d packets refused; want 6 s", floor.Seconds, floor.Adjusted, floor.Refused)
	}
	if got := floor.Gaps["dtx"]; got != (replayGap{1, 0.02}) {
		t.Errorf("floor: where the telephone event was there is %+v; all gaps: %v", got, floor.Gaps)
	}
	// The second begins 2 s and 5 ms after the first, and says so.
	if ca.ID != "00000002" || ca.Packets != 200 || ca.Lost != 0 || ca.Seconds != 6.005 || ca.Gaps["late_join"] != (replayGap{1, 2.005}) || len(ca.Gaps) != 1 || ca.Control != 0 {
		t.Errorf("ca: %+v", ca)
	}
	for _, c := range r.Channels {
		missing := 0.0
		for _, g := range c.Gaps {
			missing += g.Seconds
		}
		if got := missing + float64(c.Received)/48000; got < c.Seconds-1e-9 || got > c.Seconds+1e-9 {
			t.Errorf("%s: gaps and packets make %.6f s of %.6f", c.ID, got, c.Seconds)
		}
	}
}

// Every stream of the fixtures is as long as its timestamps say, without a gap but for DTX.
func TestReplayFixtures(t *testing.T) {
	lengths := map[string]float64{
		"opus-stereo-20ms": 3, "opus-silk-60ms": 3.96, "opus-celt-2.5ms": 2.5, "opus-dtx": 4, "opus-changes": 3, "pcmu-20ms": 4, "l16-10ms": 1.1,
	}
	for _, s := range testdata.Streams() {
		t.Run(s.Name, func(t *testing.T) {
			args := []string{"--codec", s.Codec}
			if s.Codec == "l16" {
				args = append(args, "--rate", "16000")
			}
			if s.Channels == 2 {
				args = append(args, "--channels", "2")
			}
			r, code, stderr := replayed(t, s.Packets, args...)
			if code != 0 || len(r.Channels) != 1 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			c := r.Channels[0]
			causes := slices.Collect(maps.Keys(c.Gaps))
			if dtx := s.Name == "opus-dtx"; dtx != (len(causes) == 1 && causes[0] == "dtx") || !dtx && len(causes) > 0 {
				t.Errorf("gaps %v", c.Gaps)
			}
			if c.Seconds != lengths[s.Name] || c.Adjusted != 0 || c.Lost != 0 || c.Packets != int64(len(testdata.Split(s.Packets))) || r.Anew != 0 {
				t.Errorf("%+v, want %g s", c, lengths[s.Name])
			}
		})
	}
}

// What comes all at once after a stall finds room, and so does a long file.
func TestReplayRefusesNothing(t *testing.T) {
	packet := make([]byte, 12+160)
	packet[0], packet[11] = 0x80, 5
	next := func(n int) []byte {
		binary.BigEndian.PutUint16(packet[2:], uint16(n))
		binary.BigEndian.PutUint32(packet[4:], uint32(160*n))
		return packet
	}
	burst, long := newCapture(), []byte{}
	for n := range 3000 {
		at := time.Duration(n+1) * 20 * ms
		if n >= 1000 && n < 1400 {
			at = 1400 * 20 * ms
		}
		burst.add(at, 1, 5004, next(n))
	}
	for n := range 15 * 60 * 50 {
		long = append(binary.BigEndian.AppendUint16(long, uint16(len(packet))), next(n)...)
	}
	for name, row := range map[string]struct {
		file    []byte
		seconds float64
		packets int64
	}{"a burst of 8 s": {burst.file, 60, 3000}, "15 minutes": {long, 900, 45000}} {
		t.Run(name, func(t *testing.T) {
			r, code, stderr := replayed(t, row.file, "--codec", "pcmu")
			if code != 0 || len(r.Channels) != 1 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			c := r.Channels[0]
			if c.Refused != 0 || c.Packets != row.packets || c.Received != 160*row.packets || len(c.Gaps) != 0 || c.Seconds != row.seconds {
				t.Errorf("%+v, want %g s without a gap", c, row.seconds)
			}
		})
	}
}

// A sender that begins anew goes on where it was; a pause is as long as it was.
func TestReplayJumps(t *testing.T) {
	var file []byte
	seq, ts := uint16(1), uint32(0)
	send := func(n int) {
		for range n {
			p := make([]byte, 12+160)
			p[0] = 0x80
			binary.BigEndian.PutUint16(p[2:], seq)
			binary.BigEndian.PutUint32(p[4:], ts)
			file = append(binary.BigEndian.AppendUint16(file, uint16(len(p))), p...)
			seq, ts = seq+1, ts+160
		}
	}
	send(200)
	ts += 60 * 8000 // a minute in which nothing was sent
	send(200)
	seq, ts = seq+20000, ts-1<<30 // begins anew
	send(200)
	r, code, stderr := replayed(t, file, "--codec", "pcmu")
	if code != 0 || len(r.Channels) != 1 || r.Anew != 1 {
		t.Fatalf("exit code %d: %s; %+v", code, stderr, r)
	}
	if c := r.Channels[0]; c.Seconds != 72 || c.Gaps["dtx"] != (replayGap{1, 60}) || len(c.Gaps) != 1 || c.Packets != 600 || c.Late != 0 {
		t.Errorf("%+v, want 72 s with a pause of 60", c)
	}
	// Not believed, it takes no time.
	r, _, stderr = replayed(t, file, "--codec", "pcmu", "--max-gap", "59s")
	if len(r.Channels) != 1 || r.Channels[0].Seconds != 12 || r.Anew != 2 {
		t.Errorf("%+v, want 12 s: %s", r, stderr)
	}
}

// What the recorder refuses ends with 1, and so does what can't be decoded.
func TestReplayVerdict(t *testing.T) {
	c := newCapture()
	garbage := append([]byte{0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7}, 0xFF, 0) // no frames in it (RFC 6716, 3.2.5)
	for i := range 10 {
		garbage[3], garbage[6] = byte(i), byte(4*i)
		c.add(time.Duration(i)*20*ms, 1, 5004, garbage)
	}
	if _, code, stderr := replayed(t, c.file, "--codec", "opus"); code != 1 || !strings.Contains(stderr, "nothing of 10 packets could be decoded") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	huge := append([]byte{0x80, 97, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7}, make([]byte, 30_000)...)
	if _, code, stderr := replayed(t, append([]byte{0x75, 0x3C}, huge...), "--codec", "l16"); code != 1 || !strings.Contains(stderr, "1 packets were refused: packet of 30012 bytes") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

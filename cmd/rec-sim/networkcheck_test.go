package main

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/ilenia-live/rec/cmd/rec-sim/network"
	"github.com/ilenia-live/rec/finalize"
)

// deaf is a peer of which only the link matters.
type deaf struct{ link *network.Link }

func (d deaf) Send(*rtp.Packet) error { return nil }
func (d deaf) Report(uint32) error    { return nil }
func (d deaf) Link() *network.Link    { return d.link }
func (d deaf) Close() error           { return nil }

// A recording that isn't what was sent is found out, whatever it is that is wrong.
func TestNetworkCheck(t *testing.T) {
	for _, row := range []struct {
		name   string
		damage func(k *finalize.Channel, l *liveSession)
		want   string
	}{
		{"nothing wrong", func(*finalize.Channel, *liveSession) {}, ""},
		{"a frame too short is allowed", func(_ *finalize.Channel, l *liveSession) { l.ended = l.ended.Add(20 * time.Millisecond) }, ""},
		{"more than a frame too short", func(_ *finalize.Channel, l *liveSession) { l.ended = l.ended.Add(21 * time.Millisecond) }, "the session had"},
		{"more than a frame too long", func(_ *finalize.Channel, l *liveSession) { l.created = l.created.Add(21 * time.Millisecond) }, "the session had"},
		{"a gap that isn't listed", func(k *finalize.Channel, _ *liveSession) { k.Gaps = k.Gaps[:1] }, "the file has 480000"},
		{"a gap too long", func(k *finalize.Channel, _ *liveSession) { k.Gaps[0].Length++ }, "make 480001"},
		{"a packet accepted and not counted", func(k *finalize.Channel, _ *liveSession) { k.Source.Packets-- }, "manifest counts 479"},
		{"losses not counted", func(k *finalize.Channel, _ *liveSession) { k.Source.Lost = 0; k.Gaps[1].Cause = "dtx" }, "0 lost"},
		{"losses invented", func(k *finalize.Channel, _ *liveSession) { k.Source.Lost += 3 }, "33 lost"},
		{"what comes late was called lost", func(k *finalize.Channel, _ *liveSession) { k.Source.Lost += 3; k.Source.Late = 3 }, ""},
		{"noise", func(k *finalize.Channel, _ *liveSession) { k.Source.Damaged = 2 }, "2 packets could not be decoded"},
		{"nothing known", func(k *finalize.Channel, _ *liveSession) { k.Source.Stream = nil }, "knows of no packet"},
	} {
		t.Run(row.name, func(t *testing.T) {
			n := network.New(network.Model{})
			defer n.Close()
			// 10 s: packets 0 to 9 come before the sender is heard, 30 of the others are lost.
			s := &sender{peer: deaf{n.Link(0, nil)}, ear: newEar(nil, 510)}
			s.sent.Store(510)
			s.ear.accepted.Store(480)
			for seq := range 510 {
				if seq%17 != 5 {
					s.ear.note(uint16(seq))
				}
			}
			start := time.Now()
			l := &liveSession{created: start, ended: start.Add(10 * time.Second), session: nil}
			k := finalize.Channel{
				ID: "floor", Audio: finalize.Audio{SampleRate: 48000, Samples: 480000},
				Gaps: []finalize.Gap{{Start: 0, Length: 9600, Cause: "late_join"}, {Start: 96000, Length: 28800, Cause: "loss"}},
				Source: finalize.Source{Codec: "opus", Stream: &finalize.Stream{
					Packets: 480, Lost: 30, Received: 480000 - 9600 - 28800,
				}},
			}
			row.damage(&k, l)
			c := &calls{o: &runOptions{}}
			v := c.checkChannel(s, "a session", l, k)
			got := strings.Join(v.Problems, "; ")
			if row.want == "" && got != "" || !strings.Contains(got, row.want) {
				t.Errorf("found %q, want %q", got, row.want)
			}
			if (networkReport{Channels: []networkChannel{v}}).verdict() == nil != (got == "") {
				t.Error("the verdict says otherwise")
			}
		})
	}
}

// Each packet counts once, over any number of wraps and in any order.
func TestEarNote(t *testing.T) {
	const packets = 200_000
	e := newEar(nil, packets)
	e.firstSeq = 65_000
	for n := 0; n < packets; n += 2 {
		for _, k := range []int{n + 1, n, n, n + 1} {
			e.note(uint16(k + 65_000))
		}
	}
	e.note(uint16((packets + 65_000 + 100) % (1 << 16))) // more than were sent
	if e.came != packets {
		t.Errorf("%d came, want %d", e.came, packets)
	}
}

func TestShare(t *testing.T) {
	for text, want := range map[string]share{"5%": 0.05, "0.05": 0.05, "0": 0, "100%": 1, "1": 1} {
		var s share
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%q: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "%", "5", "-1%", "NaN", "101%", "five"} {
		var s share
		if s.Set(text) == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

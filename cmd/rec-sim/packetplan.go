package main

import (
	"fmt"

	"github.com/ilenia-live/rec/cmd/rec-sim/listen"
	"github.com/ilenia-live/rec/internal/codec"
	"github.com/ilenia-live/rec/internal/exit"
	"github.com/ilenia-live/rec/testdata"
)

// opusTurn is one turn of a voice as packets of 20 ms, and what they decode to.
type opusTurn struct {
	payloads [][]byte
	source   *listen.Source
}

// silentOpus is 20 ms of digital silence, as CELT in mono.
var silentOpus = []byte{0xF8, 0xFF, 0xFE}

// codec is what the channels of the plan are recorded from.
func (p *plan) codec() string {
	if p.packets != nil {
		return "opus"
	}
	return "pcm_s16le"
}

// planPackets gives each channel the packets of its voice. All turns are as long as the longest voice: then they begin anew
// together, as with samples.
func planPackets(p *plan, o *runOptions) ([]*opusTurn, error) {
	speeches := testdata.Speeches()
	longest := 0
	for _, s := range speeches {
		longest = max(longest, len(s.Packets()))
	}
	var voices []*opusTurn
	for _, s := range speeches[:min(len(speeches), len(p.channels))] {
		t := &opusTurn{}
		for _, k := range s.Packets() {
			t.payloads = append(t.payloads, k[rtpHeader:])
		}
		for len(t.payloads) < longest {
			t.payloads = append(t.payloads, silentOpus)
		}
		pcm, err := t.decode(p.rate, o.opus)
		if err != nil {
			return nil, err
		}
		if t.source, err = listen.NewSource(pcm, p.rate); err != nil {
			return nil, fmt.Errorf("speech %s: %w", s.Channel, err)
		}
		voices = append(voices, t)
	}
	var turns []*opusTurn
	for i := range p.channels {
		turns = append(turns, voices[i%len(voices)])
	}
	return turns, nil
}

// rtpHeader is the length of the fixtures' headers.
const rtpHeader = 12

// decode returns a turn's samples as they are when it isn't the first: the decoder remembers the one before.
func (t *opusTurn) decode(rate int, opus string) (pcm []byte, err error) {
	d, err := codec.New(codec.Config{Name: "opus", SampleRate: rate, Channels: 1, Opus: opus})
	if err != nil {
		return nil, exit.Usagef("%w", err)
	}
	defer d.Close()
	buf := make([]byte, 2*rate)
	for turn := range 2 {
		for i, p := range t.payloads {
			n, err := d.Decode(buf, p)
			if err != nil {
				return nil, fmt.Errorf("decode packet %d of a voice: %w", i, err)
			}
			if turn == 1 {
				pcm = append(pcm, buf[:2*n]...)
			}
		}
	}
	return pcm, nil
}

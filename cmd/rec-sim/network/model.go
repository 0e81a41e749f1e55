package network

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A Model is what a network does to packets. The zero Model delivers all of them at once.
type Model struct {
	Loss    float64       // share of packets that never arrive, 0 to 1
	Dup     float64       // share of those delivered that arrive once more, up to DupAfter later
	Reorder float64       // share that is held back by HeldBack, so that packets sent later overtake it
	Jitter  time.Duration // each is delayed by up to this, evenly spread
	Seed    uint64        // of two networks with the same seed, each link does the same
}

const (
	// DupAfter bounds how long after a packet its copy comes.
	DupAfter = 50 * time.Millisecond
	// HeldBack is how long a packet is held back that others are to overtake: three of 20 ms.
	HeldBack = 70 * time.Millisecond
	// JitterMost bounds Jitter: it is what a user may ask for, not what a recorder makes up for.
	JitterMost = 5 * time.Second
)

// Check reports what is wrong with the model.
func (m Model) Check() error {
	for _, share := range []struct {
		name string
		of   float64
	}{{"loss", m.Loss}, {"dup", m.Dup}, {"reorder", m.Reorder}} {
		if !(share.of >= 0 && share.of <= 1) {
			return fmt.Errorf("%s %g, want 0 to 1", share.name, share.of)
		}
	}
	if m.Jitter < 0 || m.Jitter > JitterMost {
		return fmt.Errorf("jitter %s, want 0 to %s", m.Jitter, JitterMost)
	}
	return nil
}

// fate is what happens to one packet: when each of its copies arrives. None, and it is lost.
type fate struct {
	copies int
	after  [2]time.Duration
}

// A dice decides the fates of a link's packets of one kind. As many numbers are drawn for each, so that what happens to the hundredth
// depends on the seed alone and not on what happened to others.
type dice struct {
	model Model
	rng   *rand.Rand
}

func newDice(m Model, link, kind int) *dice {
	return &dice{model: m, rng: rand.New(rand.NewPCG(m.Seed, uint64(kind)<<32|uint64(uint32(link))))}
}

func (d *dice) roll() fate {
	m := &d.model
	loss, dup, reorder := d.rng.Float64(), d.rng.Float64(), d.rng.Float64()
	jitter, again := d.rng.Float64(), d.rng.Float64()
	if loss < m.Loss {
		return fate{}
	}
	f := fate{copies: 1}
	f.after[0] = time.Duration(jitter * float64(m.Jitter))
	if reorder < m.Reorder {
		f.after[0] += HeldBack
	}
	if dup < m.Dup {
		f.copies = 2
		f.after[1] = f.after[0] + time.Duration(again*float64(DupAfter))
	}
	return f
}

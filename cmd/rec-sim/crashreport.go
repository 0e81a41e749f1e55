package main

import (
	"fmt"
	"io"
)

// crashReport is the result of all rounds.
type crashReport struct {
	Rounds int    `json:"rounds"`
	Seed   uint64 `json:"seed"`
	Kills  struct {
		BeforeFirstAck int `json:"beforeFirstAck"`
		Recording      int `json:"recording"`
		Destroying     int `json:"destroying"` // everything was accepted, and not all of it published
		Recovering     int `json:"recovering"`
	} `json:"kills"`
	Finished         int            `json:"finishedBeforeKill"` // rounds in which the kill came too late
	SamplesAcked     int64          `json:"samplesAcked"`
	SamplesRecovered int64          `json:"samplesRecovered"`
	SamplesLost      int64          `json:"samplesLost"`
	CuesChecked      int            `json:"cuesChecked"`
	Recordings       int            `json:"recordings"`
	Repaired         int            `json:"repaired"`
	Problems         []crashProblem `json:"problems"`
	Dir              string         `json:"dir,omitempty"` // where the evidence is
}

type crashProblem struct {
	Round   int    `json:"round"`
	Problem string `json:"problem"`
}

func (r *crashReport) add(n int, one *round) {
	r.Rounds++
	switch one.phase {
	case phaseBeforeFirstAck:
		r.Kills.BeforeFirstAck++
	case phaseRecording:
		r.Kills.Recording++
	case phaseDestroying:
		r.Kills.Destroying++
	default:
		r.Finished++
	}
	r.Kills.Recovering += one.recoveriesKilled
	v := one.verdict
	r.SamplesAcked += v.Acked
	r.SamplesRecovered += v.Recovered
	r.SamplesLost += v.Lost
	r.CuesChecked += v.Cues
	r.Recordings += v.Recordings
	r.Repaired += v.Repaired
	for _, p := range one.problems {
		r.Problems = append(r.Problems, crashProblem{Round: n, Problem: p})
	}
}

func showCrashes(w io.Writer, r *crashReport) {
	k := r.Kills
	fmt.Fprintf(w, `%s, seed %d
  kills      %d before the first sample was accepted, %d while recording, %d while destroying, %d while recovering; %d too late
  samples    %d accepted, %d recovered, %d lost
  cues       %d accepted and found
  recordings %d, of which %d repaired
`, plural(r.Rounds, "round"), r.Seed, k.BeforeFirstAck, k.Recording, k.Destroying, k.Recovering, r.Finished,
		r.SamplesAcked, r.SamplesRecovered, r.SamplesLost, r.CuesChecked, r.Recordings, r.Repaired)
	for _, p := range r.Problems {
		fmt.Fprintf(w, "  round %d: %s\n", p.Round, p.Problem)
	}
	if r.Dir != "" {
		fmt.Fprintf(w, "  kept in %s\n", r.Dir)
	}
}

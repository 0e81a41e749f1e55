package main

import (
	"fmt"
	"io"
	"strings"
)

// crashReport is the result of all rounds.
type crashReport struct {
	Rounds int    `json:"rounds"`
	Seed   uint64 `json:"seed"`
	// Kills counts the kills of recording processes by the phase in which they hit a session; those that hit several count in each.
	Kills map[phase]int `json:"kills"`
	// RecoveryKills does so for recoveries.
	RecoveryKills    map[phase]int  `json:"recoveryKills"`
	Killed           int            `json:"killed"`             // processes, recoveries included
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
	if one.hit[phaseFinished] {
		r.Finished++
	} else {
		r.Killed++
		count(r.Kills, one.hit)
	}
	for _, hit := range one.recoveriesKilled {
		r.Killed++
		count(r.RecoveryKills, hit)
	}
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

// newCrashReport lists all phases, also those that no kill will hit.
func newCrashReport(seed uint64) crashReport {
	r := crashReport{Seed: seed, Problems: []crashProblem{}, Kills: map[phase]int{}, RecoveryKills: map[phase]int{}}
	for _, p := range phases {
		r.Kills[p] = 0
		if p != phaseStarting && p != phaseCreating && p != phaseRecording && p != phaseSyncing {
			r.RecoveryKills[p] = 0
		}
	}
	return r
}

func count(kills map[phase]int, hit map[phase]bool) {
	for p, so := range hit {
		if so {
			kills[p]++
		}
	}
}

func showKills(kills map[phase]int) string {
	var list []string
	for _, p := range phases {
		if n, ok := kills[p]; ok {
			list = append(list, fmt.Sprintf("%d %s", n, p))
		}
	}
	return strings.Join(list, ", ")
}

func showCrashes(w io.Writer, r *crashReport) {
	fmt.Fprintf(w, `%s, seed %d
  kills      %d, and %d came too late
  recording  %s
  recovery   %s
  samples    %d accepted, %d recovered, %d lost
  cues       %d accepted and found
  recordings %d, of which %d repaired
`, plural(r.Rounds, "round"), r.Seed, r.Killed, r.Finished, showKills(r.Kills), showKills(r.RecoveryKills),
		r.SamplesAcked, r.SamplesRecovered, r.SamplesLost, r.CuesChecked, r.Recordings, r.Repaired)
	for _, p := range r.Problems {
		fmt.Fprintf(w, "  round %d: %s\n", p.Round, p.Problem)
	}
	if r.Dir != "" {
		fmt.Fprintf(w, "  kept in %s\n", r.Dir)
	}
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ilenia-live/rec/benchmarks/live"
	"github.com/ilenia-live/rec/benchmarks/orphans"
)

// A stored result is what one part of the suite measured last, where and of what. The page is printed from these, so that what takes
// long needn't be measured anew with all the rest.
type stored[T any] struct {
	Machine machine `json:"machine"`
	Command string  `json:"command"`
	Result  T       `json:"result"`
}

// measuredOn is where, nil for a part that was never measured.
func (s *stored[T]) measuredOn() *machine {
	if s == nil {
		return nil
	}
	return &s.Machine
}

// results are all parts; nil for one that was never measured. Those of live are one for each task and round.
type results struct {
	Peers     *stored[*report]
	Latency   *stored[[]live.Result]
	RealTime  *stored[[]live.Result]
	Scale     *stored[[]live.Result]
	ScaleMost *stored[[]live.Result]
	Growth    *stored[*growth]
	Ends      *stored[[]live.Result]
	Orphans   *stored[orphans.Result]
	Disk      *stored[printed]
	Ramp      *stored[printed]
	Go        *stored[[]printed]
}

// printed is what another program printed.
type printed struct {
	Command string `json:"command"` // to be run at the top of the repository
	Text    string `json:"text"`
}

// load reads what is in dir.
func load(dir string) (*results, error) {
	r := &results{}
	for name, into := range map[string]any{
		partPeers: &r.Peers, partLatency: &r.Latency, partRealTime: &r.RealTime, partScale: &r.Scale, partScaleMost: &r.ScaleMost, partGrowth: &r.Growth,
		partEnds: &r.Ends, partOrphans: &r.Orphans, partDisk: &r.Disk, partRamp: &r.Ramp, partGo: &r.Go,
	} {
		text, err := os.ReadFile(resultFile(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", resultFile(dir, name), err)
		}
	}
	return r, nil
}

func resultFile(dir, part string) string { return filepath.Join(dir, part+".json") }

// save replaces what a part measured last.
func save(dir, part string, m machine, command string, result any) error {
	return to(resultFile(dir, part), nil, func(w io.Writer) error {
		return writeJSON(w, stored[any]{Machine: m, Command: command, Result: result})
	})
}

package finalize

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/ilenia-live/rec/internal/durable"
)

// A Finding is one thing that is wrong with a finished recording.
type Finding struct {
	Recording string `json:"recording"`      // its directory below the root
	File      string `json:"file,omitempty"` // within the directory; empty when it is about the whole
	Problem   string `json:"problem"`
}

// VerifyReport is what Verify saw. Without findings, every recording is what its manifest says.
type VerifyReport struct {
	Recordings   int     `json:"recordings"`
	Files        int     `json:"files"` // read to their end, manifests included
	Bytes        int64   `json:"bytes"` // of audio files
	AudioSeconds float64 `json:"audioSeconds"`
	Gaps         int     `json:"gaps"`
	Cues         int     `json:"cues"`
	// SamplesChecked counts the samples that were compared with the pattern their channel's label promises.
	SamplesChecked int64           `json:"samplesChecked"`
	Outcomes       map[Outcome]int `json:"outcomes"`
	// What lies beside the finished recordings. It is not verified, and none of it is a finding.
	InSpool     int       `json:"inSpool"`     // sessions in progress, or orphans
	Quarantined int       `json:"quarantined"` // kept for people to look at
	Trashed     int       `json:"trashed"`
	Findings    []Finding `json:"findings"` // in the order of the recordings' names
}

// VerifyOptions tunes Verify. Its zero value works.
type VerifyOptions struct {
	// Dir is the directory below which recordings are looked for; it may be one itself. If empty, the root.
	Dir string
	// Parallel is the number of recordings read at once. If zero, one per processor.
	Parallel int
	// Progress is called after each recording, by one goroutine at a time. If nil, nobody is told.
	Progress func(done, total int)
}

// Verify reads every finished recording to the last byte and compares it with its manifest: structure, sizes, checksums,
// levels, silence where gaps are promised, transcripts, and that nothing is missing or lies there unnamed. It changes
// nothing, and needs the same memory for a recording of a day as for one of a second.
//
// What is wrong with the recordings is in the report. The error is for what kept Verify from looking: the directory could
// not be listed, or ctx was cancelled; the report then holds what was seen so far.
func Verify(ctx context.Context, fsys durable.FS, opts VerifyOptions) (VerifyReport, error) {
	if opts.Dir == "" {
		opts.Dir = "."
	}
	if opts.Parallel <= 0 {
		opts.Parallel = runtime.GOMAXPROCS(0)
	}
	f := finder{fsys: fsys}
	if err := f.find(opts.Dir); err != nil {
		return VerifyReport{Outcomes: map[Outcome]int{}}, err
	}
	results := verifyAll(ctx, fsys, f.recordings, opts)

	r := f.report
	r.Outcomes = map[Outcome]int{}
	r.Findings = append([]Finding{}, f.report.Findings...)
	var errs []error
	for i := range results {
		r.add(&results[i].report)
		errs = append(errs, results[i].err)
	}
	sortFindings(r.Findings)
	return r, errors.Join(append(errs, ctx.Err())...)
}

// verified is the part of the report that one recording contributes.
type verified struct {
	report VerifyReport
	err    error
}

// verifyAll works through the recordings with a few goroutines; the results are in the order of the names.
func verifyAll(ctx context.Context, fsys durable.FS, names []string, opts VerifyOptions) []verified {
	results := make([]verified, len(names))
	var next atomic.Int64
	var told sync.Mutex
	done := 0
	var all sync.WaitGroup
	for range min(opts.Parallel, len(names)) {
		all.Go(func() {
			buf := make([]byte, scanBytes)
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(names) {
					return
				}
				v := verifier{ctx: ctx, fsys: fsys, dir: names[i], buf: buf}
				results[i].err = v.recording()
				results[i].report = v.report
				if opts.Progress != nil {
					told.Lock()
					done++
					opts.Progress(done, len(names))
					told.Unlock()
				}
			}
		})
	}
	all.Wait()
	return results
}

// add sums up the report of one recording.
func (r *VerifyReport) add(one *VerifyReport) {
	r.Recordings += one.Recordings
	r.Files += one.Files
	r.Bytes += one.Bytes
	r.AudioSeconds += one.AudioSeconds
	r.Gaps += one.Gaps
	r.Cues += one.Cues
	r.SamplesChecked += one.SamplesChecked
	for o, n := range one.Outcomes {
		r.Outcomes[o] += n
	}
	r.Findings = append(r.Findings, one.Findings...)
}

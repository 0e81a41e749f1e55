package cleanup

import "fmt"

// Report is what a recovery found and did.
type Report struct {
	// Orphans counts the sessions whose process is dead. The five after it add up to it, unless it was a dry run.
	Orphans          int `json:"orphans"`
	Published        int `json:"published"`
	AlreadyPublished int `json:"alreadyPublished"` // only traces of their spool were left
	Empty            int `json:"empty"`            // begun and never acknowledged: nothing had been accepted
	Quarantined      int `json:"quarantined"`
	Failed           int `json:"failed"` // left where they are, for the next recovery
	// Live counts the sessions of living processes, which were left alone.
	Live     int       `json:"live"`
	Sessions []Verdict `json:"sessions"`
}

// Kind is what became of an orphan.
type Kind string

const (
	Orphan           Kind = "orphan" // dry run: it would be recovered
	Published        Kind = "published"
	AlreadyPublished Kind = "already_published"
	Empty            Kind = "empty"
	Quarantined      Kind = "quarantined"
	Failed           Kind = "failed"
)

// Verdict is what became of one orphan.
type Verdict struct {
	Session  string `json:"session"`
	Instance string `json:"instance"`
	Verdict  Kind   `json:"verdict"`
	Outcome  string `json:"outcome,omitempty"` // of the recording
	Path     string `json:"path,omitempty"`    // where it is now, relative to the root
	// LostAtMostMs bounds what had been accepted and could not be brought back.
	LostAtMostMs int64 `json:"lostAtMostMs"`
	// Kept names what was cut off as uncertain and kept in the quarantine.
	Kept   []string `json:"kept,omitempty"`
	Reason string   `json:"reason,omitempty"` // for the quarantine
	Error  string   `json:"error,omitempty"`  // for a failure
}

func (r *Report) add(v Verdict) {
	r.Sessions = append(r.Sessions, v)
	r.Orphans++
	switch v.Verdict {
	case Published:
		r.Published++
	case AlreadyPublished:
		r.AlreadyPublished++
	case Empty:
		r.Empty++
	case Quarantined:
		r.Quarantined++
	case Failed:
		r.Failed++
	}
}

// OK reports whether every orphan was dealt with and none is in doubt.
func (r Report) OK() bool { return r.Quarantined == 0 && r.Failed == 0 }

func (r Report) String() string {
	return fmt.Sprintf("%d orphans: %d published, %d already published, %d empty, %d quarantined, %d failed; %d live sessions left alone",
		r.Orphans, r.Published, r.AlreadyPublished, r.Empty, r.Quarantined, r.Failed, r.Live)
}

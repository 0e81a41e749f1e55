package finalize

import (
	"errors"
	"fmt"
	"io/fs"
)

// ErrUnexplained is wrapped when a spool directory can't be what the recorder left there: something is missing or
// damaged that no crash explains. It is a case for the quarantine, not for trying again.
var ErrUnexplained = errors.New("spool directory can't be explained")

// StepError says which publish step failed, at which path. Nothing is published, and Publish may be called again.
type StepError struct {
	Step string // "drain", "seal", "transcribe", "collect", "describe" or "publish"
	Path string // the session's spool directory
	Err  error
}

func (e *StepError) Error() string { return fmt.Sprintf("%s %s: %v", e.Step, e.Path, e.Err) }
func (e *StepError) Unwrap() error { return e.Err }

// isIO reports whether err is the disk refusing, rather than something that is not there or makes no sense: the one is for
// trying again, the other is not.
func isIO(err error) bool {
	var disk *fs.PathError
	return errors.As(err, &disk) && !errors.Is(err, fs.ErrNotExist)
}

package main

import (
	"fmt"
	"os"

	"github.com/ilenia-live/rec/internal/staging"
)

// memoryForStages makes a directory in memory for the staging of all rounds, of its own so that whatever is left in it was
// left by them. Where there is no such memory, or too little, dir is empty and the rounds stage on the volume.
func memoryForStages() (dir string, remove func() error) {
	remove = func() error { return nil }
	dir, err := os.MkdirTemp("/dev/shm", "rec-sim-crash-")
	if err != nil {
		return "", remove
	}
	remove = func() error { return os.RemoveAll(dir) }
	if _, err := staging.Choose(dir); err != nil {
		return "", remove
	}
	return dir, remove
}

// checkStages asks that recovery has given all staging memory back: a leak of a megabyte a crash would fill it one day.
func (r *round) checkStages() error {
	if r.memory == "" {
		return nil
	}
	left, err := os.ReadDir(r.memory)
	if err != nil {
		return fmt.Errorf("look at staging memory: %w", err)
	}
	for _, e := range left {
		r.problem("staging memory is left behind: %s", e.Name())
		if err := os.Remove(r.memory + "/" + e.Name()); err != nil {
			return fmt.Errorf("remove staging memory: %w", err)
		}
	}
	return nil
}

package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// wallClock are what makes of a time.Time something that jumps when the machine's clock is set: without them differences of times are
// monotonic (see the time package, "Monotonic Clocks").
var wallClock = []string{"UTC", "Local", "In", "Round", "Unix", "UnixNano", "UnixMicro", "UnixMilli"}

// timeline are the wings whose times are positions of audio.
var timeline = []string{"pipeline", "recorder"}

// mayTellTheTime are their files that say to people, or to the manifest, when something was.
var mayTellTheTime = []string{"recorder/create.go", "recorder/finish.go", "recorder/health.go", "recorder/instance.go"}

// Clocks complains where the wall clock could get into a timeline, and where somebody's time of day, with its summer and winter, could get
// into anything.
func Clocks(t *Tree) (complaints []string) {
	for _, p := range t.Packages {
		for _, f := range p.Files {
			if f.Test {
				continue
			}
			for _, selected := range f.Selected {
				of, name, _ := strings.Cut(selected, ".")
				if of == "math" {
					continue
				}
				if slices.Contains(timeline, wing(p.Dir)) && slices.Contains(wallClock, name) && !slices.Contains(mayTellTheTime, f.Path) {
					complaints = append(complaints, fmt.Sprintf("%s: uses %s, and a timeline must not jump with the wall clock", f.Path, name))
				}
				if name == "LoadLocation" || name == "ParseInLocation" || name == "Local" {
					complaints = append(complaints, fmt.Sprintf("%s: uses %s, and all our times are UTC", f.Path, name))
				}
			}
		}
	}
	return complaints
}

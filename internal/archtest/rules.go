package archtest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// mayKnow says, for the non-test code of each wing, whom of ours it may import beside itself. A wing is the first element
// of a directory's path; commands are a wing each.
var mayKnow = map[string][]string{
	"internal": {},
	"pipeline": {"internal"},
	"finalize": {"internal"},
	"recorder": {"pipeline", "finalize", "internal"},
	"cleanup":  {"finalize", "internal"},
	"track":    {"recorder"},
	"testdata": {},
	// cmd is not here: it wires whatever there is.
}

// testsOnly are packages that only tests may import, and the one command that is itself a test: it breaks the recorder from outside.
var testsOnly = []string{"internal/durable/crashfs", "internal/durable/faultfs"}

const breaker = "cmd/rec-sim"

// embedded are the modules that may come with recorder into a host: no ICE stack, no database driver, no command line.
var embedded = []string{
	"github.com/ebitengine/purego", // libopus without cgo
	"github.com/google/uuid",
	"github.com/klauspost/cpuid/v2", // crc64nvme's
	"github.com/minio/crc64nvme",
	"github.com/pion/opus",
	"go.uber.org/multierr", // zap's
	"go.uber.org/zap",
	"golang.org/x/sys",
}

const (
	maxLines = 500
	// minDoc is the length of a caption in characters, not counting the words that every caption begins with.
	minDoc = 40
)

func wing(dir string) string {
	elements := strings.Split(dir, "/")
	if elements[0] == "cmd" && len(elements) > 1 {
		return "cmd/" + elements[1]
	}
	return elements[0]
}

// Imports complains about packages that import one of ours that they should not know.
func Imports(t *Tree) (complaints []string) {
	for _, p := range t.Packages {
		from := wing(p.Dir)
		command := strings.HasPrefix(from, "cmd/")
		allowed, planned := mayKnow[from]
		if !planned && !command {
			complaints = append(complaints, fmt.Sprintf("%s: the design doesn't say whom %q may know; say it in archtest's mayKnow", p.Dir, from))
			continue
		}
		for _, f := range p.Files {
			for _, imported := range f.Imports {
				dir, ours := strings.CutPrefix(imported+"/", t.Module+"/")
				if !ours {
					continue
				}
				dir = strings.TrimSuffix(dir, "/")
				to := wing(dir)
				ok := to == from || slices.Contains(allowed, to) || command
				if f.Test {
					// Tests may drive whatever the host would; those of the leaves stay leaves.
					ok = ok || from != "internal" || to == "testdata"
				} else if slices.Contains(testsOnly, dir) && from != breaker {
					ok = false
				}
				if strings.HasPrefix(to, "cmd/") && to != from {
					ok = false // nobody's business but its own
				}
				if !ok {
					complaints = append(complaints, fmt.Sprintf("%s: imports %s, and %s should not know %s", f.Path, imported, from, dir))
				}
			}
		}
	}
	return complaints
}

// Testing complains about code outside of tests that imports the testing packages: their flags would turn up in every host.
func Testing(t *Tree) (complaints []string) {
	for _, p := range t.Packages {
		for _, f := range p.Files {
			for _, imported := range f.Imports {
				if !f.Test && (imported == "testing" || strings.HasPrefix(imported, "testing/")) {
					complaints = append(complaints, fmt.Sprintf("%s: imports %s, and is not a test", f.Path, imported))
				}
			}
		}
	}
	return complaints
}

// Lengths complains about files that hold more than one idea.
func Lengths(t *Tree) (complaints []string) {
	for _, p := range t.Packages {
		for _, f := range p.Files {
			if f.Lines > maxLines {
				complaints = append(complaints, fmt.Sprintf("%s: %d lines, want at most %d: there are usually two ideas in it", f.Path, f.Lines, maxLines))
			}
		}
	}
	return complaints
}

// Docs complains about packages whose caption is missing, or could describe anything.
func Docs(t *Tree) (complaints []string) {
	for _, p := range t.Packages {
		if onlyTests(p) {
			continue
		}
		doc := strings.TrimSpace(p.Doc)
		for _, lead := range []string{"Package ", "Command ", p.Name, p.Dir[strings.LastIndex(p.Dir, "/")+1:]} {
			doc = strings.TrimSpace(strings.TrimPrefix(doc, lead))
		}
		switch {
		case p.Doc == "":
			complaints = append(complaints, fmt.Sprintf("%s: package %s has no doc comment", p.Dir, p.Name))
		case len([]rune(doc)) < minDoc:
			complaints = append(complaints, fmt.Sprintf("%s: the doc comment says only %q, want at least %d characters", p.Dir, doc, minDoc))
		case news(p, doc) < 4:
			complaints = append(complaints, fmt.Sprintf("%s: the doc comment %q only repeats the package's name", p.Dir, doc))
		}
	}
	return complaints
}

func onlyTests(p *Package) bool {
	return !slices.ContainsFunc(p.Files, func(f File) bool { return !f.Test })
}

// news counts the different words of doc that neither its package's path nor good manners put there.
func news(p *Package, doc string) int {
	words := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	}
	stale := append(words(p.Dir), words(p.Name+" a an and for functions go implementation implements in is of package provides the this to types with")...)
	fresh := map[string]bool{}
	for _, w := range words(doc) {
		if !slices.Contains(stale, w) {
			fresh[w] = true
		}
	}
	return len(fresh)
}

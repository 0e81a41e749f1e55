package archtest

import (
	"os"
	"slices"
	"testing"
)

// house is where the module is, seen from here.
const house = "../.."

func TestTheHouse(t *testing.T) {
	tree, err := Load(os.DirFS(house))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range []struct {
		name  string
		check func(*Tree) []string
	}{
		{"imports", Imports}, {"testing", Testing}, {"docs", Docs}, {"lengths", Lengths}, {"clocks", Clocks},
	} {
		t.Run(rule.name, func(t *testing.T) {
			for _, complaint := range rule.check(tree) {
				t.Error(complaint)
			}
		})
	}
}

// A rule about a wing that was renamed keeps nobody from anything.
func TestTheRulesAreAboutThisHouse(t *testing.T) {
	tree, err := Load(os.DirFS(house))
	if err != nil {
		t.Fatal(err)
	}
	wings, dirs := map[string]bool{}, map[string]bool{}
	for _, p := range tree.Packages {
		wings[wing(p.Dir)], dirs[p.Dir] = true, true
	}
	for from, allowed := range mayKnow {
		for _, name := range append([]string{from}, allowed...) {
			if !wings[name] {
				t.Errorf("mayKnow speaks of %q, which is not there", name)
			}
		}
	}
	for _, name := range mayTellTheTime {
		if !slices.ContainsFunc(tree.Packages, func(p *Package) bool {
			return slices.ContainsFunc(p.Files, func(f File) bool { return f.Path == name })
		}) {
			t.Errorf("mayTellTheTime speaks of %q, which is not there", name)
		}
	}
	for _, dir := range testsOnly {
		if !dirs[dir] {
			t.Errorf("testsOnly speaks of %q, which is not there", dir)
		}
	}
	if !wings["cmd/rec-sim"] {
		t.Error("no command was found; are commands read?")
	}
}

func TestRecorderBringsNoStrangers(t *testing.T) {
	deps, err := Deps(house, "./recorder")
	if err != nil {
		t.Fatal(err)
	}
	for _, complaint := range Strangers(deps, embedded) {
		t.Error(complaint)
	}
	used := map[string]bool{}
	for _, d := range deps {
		if d.Module != nil {
			used[d.Module.Path] = true
		}
	}
	for _, module := range embedded {
		if !used[module] {
			t.Errorf("%s is in the list, and recorder doesn't need it", module)
		}
	}
}

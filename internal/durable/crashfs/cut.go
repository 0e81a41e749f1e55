package crashfs

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
)

// Part is how much of what no sync covers reached the disk.
type Part int

const (
	None Part = iota
	All
	Some // any part, in any order, sectors torn
)

func (p Part) String() string { return [...]string{"none", "all", "some"}[p] }

// Keep says what a loss of power leaves of what was not synced.
type Keep struct {
	Names Part // of directories
	Bytes Part // of files, their lengths, and modes
	Seed  uint64
}

func (k Keep) String() string {
	s := fmt.Sprintf("names %s, bytes %s", k.Names, k.Bytes)
	if k.Names == Some || k.Bytes == Some {
		s += fmt.Sprintf(", seed %d", k.Seed)
	}
	return s
}

// Keeps returns the four corners, and so many mixtures.
func Keeps(seed uint64, mixtures int) []Keep {
	keeps := []Keep{{None, None, 0}, {All, All, 0}, {All, None, 0}, {None, All, 0}}
	for range mixtures {
		seed++
		keeps = append(keeps, Keep{Some, Some, seed})
	}
	return keeps
}

// Cut returns the disk as it may be when the power went after the first at entries, and has come back. It has no history: all of it
// is durable.
func (d *Disk) Cut(at int, keep Keep) *Disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	log := d.log[:at]
	durable, pending := settle(log)
	im := d.base.clone()
	w := &world{keep: keep, rng: rand.New(rand.NewPCG(keep.Seed, uint64(at))), pending: pending, cutoffs: map[place]int{}}
	if w.rng.IntN(2) == 0 {
		w.ends = 1 + w.rng.IntN(at+1)
	}
	for i := range log {
		if e := &log[i]; durable[i] {
			im.apply(e, all{})
		} else {
			im.apply(e, &chance{world: w, at: i, entry: e})
		}
	}
	return &Disk{base: im, now: im.clone()}
}

// settle finds out which entries syncs have made durable, and which changes of each node are not.
func settle(log []entry) (durable []bool, pending map[int][]int) {
	durable = make([]bool, len(log))
	waiting, lost := map[int][]int{}, map[int][]int{}
	for i, e := range log {
		switch {
		case e.synced:
			rest := waiting[e.node][:0:0]
			for _, j := range waiting[e.node] {
				if j < e.upTo {
					durable[j] = true
				} else {
					rest = append(rest, j)
				}
			}
			waiting[e.node] = rest
		case e.lost:
			lost[e.node] = append(lost[e.node], waiting[e.node]...)
			waiting[e.node] = nil
		case len(e.names) > 0:
			for _, c := range e.names {
				waiting[c.dir] = append(waiting[c.dir], i)
			}
		case e.node != 0 && e.mode == 0:
			waiting[e.node] = append(waiting[e.node], i)
		}
	}
	for id, late := range waiting {
		lost[id] = append(lost[id], late...)
	}
	return durable, lost
}

// world is one outcome of a loss of power.
type world struct {
	keep    Keep
	rng     *rand.Rand
	pending map[int][]int
	cutoffs map[place]int
	// ends, if not 0, is where the names of all directories end that reached the disk: a file system with one journal.
	ends int
}

// place is a sector of a file, its length, or the names of a directory.
type place struct {
	node   int
	sector int64
}

const (
	lengthOf = -1
	namesOf  = -2
)

// chance is the fate of a change that no sync covers.
type chance struct {
	*world
	at    int
	entry *entry
}

func (c *chance) names() bool {
	if c.keep.Names != Some {
		return c.keep.Names == All
	}
	if c.ends > 0 {
		return c.at < c.ends
	}
	for _, change := range c.entry.names {
		if c.at >= c.cutoff(place{change.dir, namesOf}) {
			return false
		}
	}
	return true
}

func (c *chance) mode() bool {
	return c.keep.Bytes == All || c.keep.Bytes == Some && c.rng.IntN(2) == 0
}

func (c *chance) size() bool               { return c.kept(lengthOf) }
func (c *chance) sector(number int64) bool { return c.kept(number) }

func (c *chance) kept(sector int64) bool {
	if c.keep.Bytes != Some {
		return c.keep.Bytes == All
	}
	return c.at < c.cutoff(place{c.entry.node, sector})
}

// cutoff decides once for each place up to which of the changes that wait it got: what a disk writes is what the sector holds at that
// moment, with all changes before.
func (w *world) cutoff(p place) int {
	cut, drawn := w.cutoffs[p]
	if drawn {
		return cut
	}
	waiting := w.pending[p.node]
	switch w.rng.IntN(3) {
	case 0:
		cut = 0
	case 1:
		cut = waiting[len(waiting)-1] + 1
	default:
		cut = waiting[w.rng.IntN(len(waiting))]
	}
	w.cutoffs[p] = cut
	return cut
}

// CopyOut writes everything that is on the disk below dir, which must be there and empty: for readers that know only files.
func (d *Disk) CopyOut(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now.copyOut(rootID, dir)
}

func (im *image) copyOut(id int, dir string) error {
	for name, child := range im.nodes[id].names {
		n, to := im.nodes[child], filepath.Join(dir, name)
		var err error
		if n.dir() {
			if err = os.Mkdir(to, n.mode.Perm()); err == nil {
				err = im.copyOut(child, to)
			}
		} else {
			err = os.WriteFile(to, n.data, n.mode.Perm())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Files returns the contents of all files that have a name.
func (d *Disk) Files() map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	files := map[string][]byte{}
	var walk func(id int, below string)
	walk = func(id int, below string) {
		for name, child := range d.now.nodes[id].names {
			if n := d.now.nodes[child]; n.dir() {
				walk(child, path.Join(below, name))
			} else {
				files[path.Join(below, name)] = bytes.Clone(n.data)
			}
		}
	}
	walk(rootID, "")
	return files
}

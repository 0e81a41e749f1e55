package crashfs

import (
	"bytes"
	"io/fs"
	"maps"
	"time"
)

// image is a tree at one moment: nodes by number, of which some have no name any longer.
type image struct {
	nodes map[int]*node
	next  int
}

// rootID is the number of the root; 0 is nothing.
const rootID = 1

type node struct {
	mode  fs.FileMode
	data  []byte
	names map[string]int // of a directory
}

func (n *node) dir() bool { return n.mode.IsDir() }

func newImage() *image {
	return &image{nodes: map[int]*node{rootID: newNode(0o750 | fs.ModeDir)}, next: rootID + 1}
}

func newNode(mode fs.FileMode) *node {
	n := &node{mode: mode}
	if n.dir() {
		n.names = map[string]int{}
	}
	return n
}

func (im *image) clone() *image {
	c := &image{nodes: make(map[int]*node, len(im.nodes)), next: im.next}
	for id, n := range im.nodes {
		c.nodes[id] = &node{mode: n.mode, data: bytes.Clone(n.data), names: maps.Clone(n.names)}
	}
	return c
}

// A fate says what becomes of a change.
type fate interface {
	// names is about a change of names, mode about one of mode, size about a change of a file's length.
	names() bool
	mode() bool
	size() bool
	// sector is about the part of a change that lies in that sector.
	sector(number int64) bool
}

// all is the fate of what is durable, and of everything as long as the power is on.
type all struct{}

func (all) names() bool       { return true }
func (all) mode() bool        { return true }
func (all) size() bool        { return true }
func (all) sector(int64) bool { return true }

const sectorBytes = 512

// apply makes a change, or what fate leaves of it.
func (im *image) apply(e *entry, f fate) {
	if e.made != 0 {
		// Also when its name is not kept: a later rename of it may be.
		im.nodes[e.made] = newNode(e.mode)
		im.next = max(im.next, e.made+1)
	}
	if len(e.names) > 0 && f.names() {
		for _, c := range e.names {
			if c.to == 0 {
				delete(im.nodes[c.dir].names, c.name)
			} else {
				im.nodes[c.dir].names[c.name] = c.to
			}
		}
	}
	n := im.nodes[e.node]
	switch {
	case n == nil:
	case e.cuts:
		n.truncate(e.off, f)
	case e.data != nil:
		n.write(e.off, e.data, f)
	case e.mode != 0:
		if f.mode() {
			n.mode = e.mode
		}
	}
}

// write brings into the file what is kept of each sector. What lies behind the length that is kept is nowhere to be seen.
func (n *node) write(off int64, data []byte, f fate) {
	end := off + int64(len(data))
	if end > int64(len(n.data)) && f.size() {
		n.grow(end)
	}
	for at := off; at < end; {
		number := at / sectorBytes
		to := min(end, (number+1)*sectorBytes)
		if at < int64(len(n.data)) && f.sector(number) {
			copy(n.data[at:], data[at-off:to-off])
		}
		at = to
	}
}

// truncate sets the length, or leaves everything as it was: blocks are freed when the new length is on the disk, not before.
func (n *node) truncate(size int64, f fate) {
	switch {
	case !f.size():
	case size < int64(len(n.data)):
		n.data = n.data[:size]
	default:
		n.grow(size)
	}
}

func (n *node) grow(size int64) {
	was := len(n.data)
	if size <= int64(cap(n.data)) {
		n.data = n.data[:size]
		clear(n.data[was:])
		return
	}
	bigger := make([]byte, size, size+size/2)
	copy(bigger, n.data)
	n.data = bigger
}

func (im *image) info(name string, id int) fs.FileInfo {
	n := im.nodes[id]
	return info{name: name, mode: n.mode, size: int64(len(n.data))}
}

type info struct {
	name string
	mode fs.FileMode
	size int64
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) Mode() fs.FileMode  { return i.mode }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.mode.IsDir() }
func (i info) Sys() any           { return nil }

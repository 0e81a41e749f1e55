package crashfs

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/ilenia-live/rec/internal/durable"
)

// Disk is a durable.FS. All its methods, and those of its files, may be called by several goroutines.
type Disk struct {
	// Pause, if not nil, is called at the beginning of each operation with the name of its method: how long the disk takes. It is set
	// before the first operation.
	Pause func(op string)

	mu   sync.Mutex
	base *image  // at the beginning; all of it durable
	now  *image  // what everybody sees
	log  []entry // from base to now
}

var _ durable.FS = (*Disk)(nil)

// New returns an empty disk.
func New() *Disk { return &Disk{base: newImage(), now: newImage()} }

// Note puts a remark into the order of changes, for Notes.
func (d *Disk) Note(v any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.log = append(d.log, entry{note: v})
}

// Len returns the number of changes, syncs and notes so far. Cut takes 0 to Len.
func (d *Disk) Len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.log)
}

// Notes returns the notes among the first at entries, in order.
func (d *Disk) Notes(at int) (notes []any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.log[:at] {
		if e.note != nil {
			notes = append(notes, e.note)
		}
	}
	return notes
}

// Changes reports whether entry number at is more than a note: only then the moments before and after it differ.
func (d *Disk) Changes(at int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log[at].note == nil
}

// Describe says what the entries up to at were, one line each, the last ones first.
func (d *Disk) Describe(at, lines int) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var text strings.Builder
	for i := at - 1; i >= 0 && lines > 0; i-- {
		if d.log[i].note == nil {
			text.WriteString(d.log[i].String() + "\n")
			lines--
		}
	}
	return text.String()
}

// begin is the start of an operation. It returns with the lock held.
func (d *Disk) begin(op string) {
	if d.Pause != nil {
		d.Pause(op)
	}
	d.mu.Lock()
}

// change makes a change that everybody sees at once.
func (d *Disk) change(e entry) {
	d.log = append(d.log, e)
	d.now.apply(&e, all{})
}

func pathError(op, name string, err error) error { return &fs.PathError{Op: op, Path: name, Err: err} }

// find returns the directory that holds name, the last element of name, and what it leads to, if anything.
func (d *Disk) find(op, name string) (dir int, base string, id int, err error) {
	if !fs.ValidPath(name) {
		return 0, "", 0, pathError(op, name, fs.ErrInvalid)
	}
	if name == "." {
		return rootID, ".", rootID, nil
	}
	dir = rootID
	parent, base := path.Split(name)
	for _, element := range strings.Split(strings.TrimSuffix(parent, "/"), "/") {
		if element == "" {
			continue
		}
		if dir = d.now.nodes[dir].names[element]; dir == 0 {
			return 0, "", 0, pathError(op, name, fs.ErrNotExist)
		}
		if !d.now.nodes[dir].dir() {
			return 0, "", 0, pathError(op, name, syscall.ENOTDIR)
		}
	}
	return dir, base, d.now.nodes[dir].names[base], nil
}

// make makes a file or a directory.
func (d *Disk) make(op, name string, mode fs.FileMode) (int, error) {
	dir, base, id, err := d.find(op, name)
	if err == nil && id != 0 {
		err = pathError(op, name, fs.ErrExist)
	}
	if err != nil {
		return 0, err
	}
	id = d.now.next
	d.change(entry{op: op, subject: name, made: id, mode: mode, names: []nameChange{{dir, base, id}}})
	return id, nil
}

func (d *Disk) Create(name string) (durable.File, error) {
	d.begin("Create")
	defer d.mu.Unlock()
	id, err := d.make("Create", name, durable.FileMode)
	if err != nil {
		return nil, err
	}
	return &file{disk: d, name: name, id: id}, nil
}

func (d *Disk) Open(name string) (durable.File, error)     { return d.open("Open", name, false) }
func (d *Disk) OpenRead(name string) (durable.File, error) { return d.open("OpenRead", name, true) }

func (d *Disk) open(op, name string, readOnly bool) (durable.File, error) {
	d.begin(op)
	defer d.mu.Unlock()
	_, _, id, err := d.find(op, name)
	switch {
	case err != nil:
		return nil, err
	case id == 0:
		return nil, pathError(op, name, fs.ErrNotExist)
	case d.now.nodes[id].dir():
		return nil, pathError(op, name, syscall.EISDIR)
	}
	return &file{disk: d, name: name, id: id, readOnly: readOnly}, nil
}

func (d *Disk) Mkdir(name string) error {
	d.begin("Mkdir")
	defer d.mu.Unlock()
	_, err := d.make("Mkdir", name, durable.DirMode|fs.ModeDir)
	return err
}

func (d *Disk) Rename(oldName, newName string) error {
	d.begin("Rename")
	defer d.mu.Unlock()
	oldDir, oldBase, id, err := d.find("Rename", oldName)
	if err != nil {
		return err
	}
	newDir, newBase, there, err := d.find("Rename", newName)
	if err != nil {
		return err
	}
	switch {
	case id == 0:
		return pathError("Rename", oldName, fs.ErrNotExist)
	case there != 0 && d.now.nodes[there].dir():
		return pathError("Rename", newName, fs.ErrExist) // Root refuses to replace even an empty one
	case id == rootID || strings.HasPrefix(newName, oldName+"/"):
		return pathError("Rename", newName, syscall.EINVAL)
	case there != 0 && d.now.nodes[id].dir():
		return pathError("Rename", newName, syscall.ENOTDIR)
	case there == id:
		return nil
	}
	d.change(entry{op: "Rename", subject: oldName + " -> " + newName, names: []nameChange{{oldDir, oldBase, 0}, {newDir, newBase, id}}})
	return nil
}

func (d *Disk) Remove(name string) error {
	d.begin("Remove")
	defer d.mu.Unlock()
	dir, base, id, err := d.find("Remove", name)
	switch {
	case err != nil:
		return err
	case id == 0:
		return pathError("Remove", name, fs.ErrNotExist)
	case id == rootID:
		return pathError("Remove", name, fs.ErrInvalid)
	case len(d.now.nodes[id].names) > 0:
		return pathError("Remove", name, syscall.ENOTEMPTY)
	}
	d.change(entry{op: "Remove", subject: name, names: []nameChange{{dir, base, 0}}})
	return nil
}

func (d *Disk) Chmod(name string, mode fs.FileMode) error {
	d.begin("Chmod")
	defer d.mu.Unlock()
	_, _, id, err := d.find("Chmod", name)
	if err == nil && id == 0 {
		err = pathError("Chmod", name, fs.ErrNotExist)
	}
	if err != nil {
		return err
	}
	d.change(entry{op: "Chmod", subject: name, node: id, mode: d.now.nodes[id].mode&^fs.ModePerm | mode.Perm()})
	return nil
}

func (d *Disk) Stat(name string) (fs.FileInfo, error) {
	d.begin("Stat")
	defer d.mu.Unlock()
	_, _, id, err := d.find("Stat", name)
	if err == nil && id == 0 {
		err = pathError("Stat", name, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	return d.now.info(path.Base(name), id), nil
}

func (d *Disk) ReadDir(name string) ([]fs.DirEntry, error) {
	d.begin("ReadDir")
	defer d.mu.Unlock()
	id, err := d.directory("ReadDir", name)
	if err != nil {
		return nil, err
	}
	var entries []fs.DirEntry
	for base, id := range d.now.nodes[id].names {
		entries = append(entries, fs.FileInfoToDirEntry(d.now.info(base, id)))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

func (d *Disk) directory(op, name string) (int, error) {
	_, _, id, err := d.find(op, name)
	switch {
	case err != nil:
		return 0, err
	case id == 0:
		return 0, pathError(op, name, fs.ErrNotExist)
	case !d.now.nodes[id].dir():
		return 0, pathError(op, name, syscall.ENOTDIR)
	}
	return id, nil
}

func (d *Disk) SyncDir(name string) error {
	d.mu.Lock()
	id, err := d.directory("SyncDir", name)
	began := len(d.log)
	d.mu.Unlock()
	if err != nil {
		return err
	}
	d.begin("SyncDir")
	defer d.mu.Unlock()
	d.log = append(d.log, entry{op: "SyncDir", subject: name, node: id, synced: true, upTo: began})
	return nil
}

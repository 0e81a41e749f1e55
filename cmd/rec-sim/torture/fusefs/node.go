package fusefs

import (
	"context"
	"io/fs"
	"syscall"

	fusenodes "github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"

	"github.com/ilenia-live/rec/internal/durable"
)

// node is a file or directory that the kernel has heard of.
type node struct {
	fusenodes.Inode
	server *server
}

var (
	_ fusenodes.NodeLookuper  = (*node)(nil)
	_ fusenodes.NodeGetattrer = (*node)(nil)
	_ fusenodes.NodeSetattrer = (*node)(nil)
	_ fusenodes.NodeMkdirer   = (*node)(nil)
	_ fusenodes.NodeCreater   = (*node)(nil)
	_ fusenodes.NodeOpener    = (*node)(nil)
	_ fusenodes.NodeReader    = (*node)(nil)
	_ fusenodes.NodeWriter    = (*node)(nil)
	_ fusenodes.NodeFsyncer   = (*node)(nil)
	_ fusenodes.NodeReleaser  = (*node)(nil)
	_ fusenodes.NodeAllocater = (*node)(nil)
	_ fusenodes.NodeUnlinker  = (*node)(nil)
	_ fusenodes.NodeRmdirer   = (*node)(nil)
	_ fusenodes.NodeRenamer   = (*node)(nil)
	_ fusenodes.NodeReaddirer = (*node)(nil)
	_ fusenodes.NodeStatfser  = (*node)(nil)
)

// child makes the node of something in this directory.
func (n *node) child(ctx context.Context, mode fs.FileMode, size int64, out *fuse.EntryOut) *fusenodes.Inode {
	n.server.attr(&out.Attr, mode, size)
	return n.NewInode(ctx, &node{server: n.server}, fusenodes.StableAttr{Mode: kind(mode)})
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fusenodes.Inode, syscall.Errno) {
	info, err := n.server.fsys.Stat(n.below(name))
	if err != nil {
		return nil, errno(err)
	}
	return n.child(ctx, info.Mode(), info.Size(), out), 0
}

func (n *node) Getattr(_ context.Context, f fusenodes.FileHandle, out *fuse.AttrOut) syscall.Errno {
	if h, ok := f.(*handle); ok {
		// Its name may be gone.
		size, err := h.size()
		n.server.attr(&out.Attr, durable.FileMode, size)
		return errno(err)
	}
	info, err := n.server.fsys.Stat(n.name())
	if err != nil {
		return errno(err)
	}
	n.server.attr(&out.Attr, info.Mode(), info.Size())
	return 0
}

func (n *node) Setattr(ctx context.Context, f fusenodes.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	if mode, ok := in.GetMode(); ok {
		if err := n.server.fsys.Chmod(n.name(), fs.FileMode(mode)&fs.ModePerm); err != nil {
			return errno(err)
		}
	}
	if size, ok := in.GetSize(); ok {
		if err := n.truncate(f, int64(size)); err != nil {
			return errno(err)
		}
	}
	return n.Getattr(ctx, f, out)
}

func (n *node) truncate(f fusenodes.FileHandle, size int64) error {
	if h, ok := f.(*handle); ok {
		return h.file.Truncate(size)
	}
	file, err := n.server.fsys.Open(n.name())
	if err != nil {
		return err
	}
	err = file.Truncate(size)
	_ = file.Close() // the caller hasn't opened it, and has nothing to lose by it
	return err
}

func (n *node) Mkdir(ctx context.Context, name string, _ uint32, out *fuse.EntryOut) (*fusenodes.Inode, syscall.Errno) {
	if err := n.server.fsys.Mkdir(n.below(name)); err != nil {
		return nil, errno(err)
	}
	return n.child(ctx, durable.DirMode|fs.ModeDir, 0, out), 0
}

func (n *node) Create(ctx context.Context, name string, _ uint32, _ uint32, out *fuse.EntryOut) (*fusenodes.Inode, fusenodes.FileHandle, uint32, syscall.Errno) {
	file, err := n.server.fsys.Create(n.below(name))
	if err != nil {
		return nil, nil, 0, errno(err)
	}
	return n.child(ctx, durable.FileMode, 0, out), &handle{file}, 0, 0
}

func (n *node) Open(_ context.Context, flags uint32) (fusenodes.FileHandle, uint32, syscall.Errno) {
	open := n.server.fsys.Open
	if flags&syscall.O_ACCMODE == syscall.O_RDONLY {
		open = n.server.fsys.OpenRead
	}
	file, err := open(n.name())
	if err != nil {
		return nil, 0, errno(err)
	}
	return &handle{file}, 0, 0
}

func (n *node) Read(_ context.Context, f fusenodes.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	return f.(*handle).read(dest, off)
}

func (n *node) Write(_ context.Context, f fusenodes.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	return f.(*handle).write(data, off)
}

// Fsync is called for files and directories.
func (n *node) Fsync(_ context.Context, f fusenodes.FileHandle, _ uint32) syscall.Errno {
	if h, ok := f.(*handle); ok {
		return errno(h.file.Sync())
	}
	return errno(n.server.fsys.SyncDir(n.name()))
}

func (n *node) Release(_ context.Context, f fusenodes.FileHandle) syscall.Errno {
	return errno(f.(*handle).file.Close())
}

// Allocate makes a file so long; there is always room.
func (n *node) Allocate(_ context.Context, f fusenodes.FileHandle, off, length uint64, _ uint32) syscall.Errno {
	h := f.(*handle)
	size, err := h.size()
	if end := int64(off + length); err == nil && end > size {
		err = h.file.Truncate(end)
	}
	return errno(err)
}

func (n *node) Unlink(_ context.Context, name string) syscall.Errno {
	return errno(n.server.fsys.Remove(n.below(name)))
}

func (n *node) Rmdir(_ context.Context, name string) syscall.Errno {
	return errno(n.server.fsys.Remove(n.below(name)))
}

func (n *node) Rename(_ context.Context, name string, parent fusenodes.InodeEmbedder, newName string, _ uint32) syscall.Errno {
	return errno(n.server.fsys.Rename(n.below(name), parent.(*node).below(newName)))
}

func (n *node) Readdir(context.Context) (fusenodes.DirStream, syscall.Errno) {
	entries, err := n.server.fsys.ReadDir(n.name())
	if err != nil {
		return nil, errno(err)
	}
	list := make([]fuse.DirEntry, 0, len(entries))
	for _, e := range entries {
		list = append(list, fuse.DirEntry{Name: e.Name(), Mode: kind(e.Type())})
	}
	return fusenodes.NewListDirStream(list), 0
}

// Statfs tells of a disk with a gigabyte to spare.
func (n *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	out.Bsize, out.Frsize, out.NameLen = 4096, 4096, 255
	out.Blocks, out.Bfree, out.Bavail = 1<<19, 1<<18, 1<<18
	out.Files, out.Ffree = 1<<20, 1<<20
	return 0
}

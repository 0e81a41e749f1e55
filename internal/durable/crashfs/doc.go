// Package crashfs is a disk in memory that loses power: it keeps every change of every file and directory in order, knows which
// of them a sync has made durable, and builds from that, for any moment, what may be left after the power went there.
//
// It promises little more than POSIX does, and so less than any file system that is in use:
//
//   - The bytes and the length of a file are durable when Sync on the file returned, and only those written before it began.
//   - A name is durable when SyncDir on its directory returned. The file's own Sync does nothing for it.
//   - A rename happens or does not, as one; syncing either directory makes it durable.
//   - Of all else, any part may have reached the disk, in any order: a name without its bytes, a length without its bytes
//     (zeros), the second half of a write without the first. A sector of 512 bytes holds what it held at one moment, and of a
//     directory's names the first so many changes are there.
//   - A Sync that fails has lost what it was about: the kernel takes the pages for clean, and a later Sync that succeeds
//     says nothing about them (https://wiki.postgresql.org/wiki/Fsync_Errors).
//   - Modes are never sure: fdatasync need not write them.
//
// The usual shape is to run something to its end, and then to look at each moment of it:
//
//	for at := range disk.Len() + 1 {
//		for _, keep := range crashfs.Keeps(seed) {
//			after := disk.Cut(at, keep)
//			// ... recover on after, and judge
//		}
//	}
package crashfs

package recorder

import "github.com/ilenia-live/rec/internal/durable"

// OnDisk puts a disk between the sessions and their files.
func (c Config) OnDisk(disk func(durable.FS) durable.FS) Config {
	c.disk = disk
	return c
}

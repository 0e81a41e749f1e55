//go:build !amd64

package level

// native are the kernels written for this processor.
func native() []candidate { return nil }

// Command benchmarks records the same audio with the recorder and with its peers, in turn, on one file system, and prints
// what each costs beside the recorder: processor time for an hour of a channel, memory, bytes a second, and what is left
// after a kill or a loss of power.
//
//	go run . --dir /the/volume               a table, in about five minutes
//	go run . suite --dir /the/volume         everything that BENCHMARKS.md has
//
// Each measurement runs in a process of its own, so that nobody's memory, garbage or processor time is in another's figure.
//
// Scripts may rely on its exit codes: 0 all well, 1 something was recorded wrongly or the run was interrupted, 2 usage,
// 3 environment (no space, no permission).
package main

import "os"

func main() {
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
}

// Command rec-sim pretends to be live sessions, by the thousand: it feeds the recorder with speech or with a signal that
// can be checked sample by sample, measures what that costs and how late it gets, verifies and recovers what is on the
// disk, and kills itself at random moments to see whether anything that was accepted is lost.
//
//	rec-sim run      sessions in real time or as fast as they can be written
//	rec-sim verify   every finished recording below a directory
//	rec-sim recover  what a crash left behind
//	rec-sim crash    kill -9 at random moments, then judge
//	rec-sim disk     what this disk can do, beside what the recorder gets from it
//	rec-sim plot     draws what run measured
//
// Scripts may rely on its exit codes: 0 all well, 1 something recorded is wrong or lost, 2 usage, 3 environment (no
// space, no permission); and on the JSON it prints with --json.
package main

import "os"

func main() {
	os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr))
}

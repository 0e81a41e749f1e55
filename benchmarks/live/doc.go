// Package live feeds the recorder as thousands of live channels do, in real time or as fast as it takes them, and measures each
// call of WritePCMAt by itself: how long it took and how long after the frame's moment it returned. Beside them it measures the recovery
// points achieved, processor time by the process's account and by the machine's, and memory in whoever's account it is.
//
// The same loop can run without a recorder: what it then takes is the loop's own, and in every other figure.
package live

// Package cleanup brings order to what a crash left behind: it finds the sessions whose process is dead, and finishes each
// with the same function that ends a session of a living one.
//
// A spool whose kernel lock is held belongs to a living process and is never touched. Nothing is deleted but what is
// provably elsewhere or provably empty; what can't be explained goes to the quarantine with its reason.
package cleanup

// Package archtest keeps the house in order: its tests read the source of the whole module and complain about a room that
// knows one it should not, drags in a stranger's library, lets the wall clock into a timeline, lacks a caption, or has grown too large.
//
// The rules are those of docs/DESIGN.md, "The house". Whoever breaks one on purpose changes it here, in the same commit,
// where a reviewer sees it.
//
// Nothing imports this package. The checks are functions of a tree, so that the tests can show them a house that is out of
// order and see that they notice.
package archtest

// Package fsmtest has what a host checks its own definitions and entities with.
//
// A definition is data, so one line proves it, today and after every change:
//
//	machine := fsmtest.Check(t, lamp)
//
// An entity is something of the host's, a struct or a row, that claims to live by a machine. It has a
// state and takes events; see [Entity]. Two tests find out whether the claim is true:
//
//	fsmtest.Cover(t, machine, newLamp) // each cell of the table once, a subtest a row
//	fsmtest.Drive(t, machine, newLamp) // random series of events, also of those that it must refuse
//
// Cover says which cell is wrong. Drive finds what only a series of events brings to light, and shows
// the shortest one it finds. Its effort is set by rapid's flags: -rapid.checks is the number of series,
// -rapid.steps sets their length. A series that failed is kept in testdata/rapid and tried first from
// then on.
//
// The last one keeps a table from changing unseen, for example because a base that it is derived
// from has changed:
//
//	fsmtest.Golden(t, machine, "testdata/lamp.golden")
//
// Tests that use these functions may be parallel. Each entity is used by one goroutine at a time.
package fsmtest

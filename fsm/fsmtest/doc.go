// Package fsmtest has what a host checks its own definitions and entities with.
//
// A definition is data, so one line proves it, today and after every change:
//
//	machine := fsmtest.Check(t, lamp)
//
// An entity is something of the host's, a struct or a row, that claims to live by a machine. It has a
// state and takes events; see [Entity]. Two tests find out whether the claim is true:
//
//	fsmtest.Cover(t, machine, newLamp) // each row once, a subtest each
//	fsmtest.Drive(t, machine, newLamp) // random series of events, also of those that it must refuse
//
// Cover says which row is wrong. Drive finds what only a series of events brings to light, and shows
// the shortest one that does. Its effort is set by rapid's flags: -rapid.checks is the number of
// series, -rapid.steps their average length.
//
// The last one keeps a table from changing unseen, for example because a base that it is derived
// from has changed:
//
//	fsmtest.Golden(t, machine, "testdata/lamp.golden")
//
// The functions may be used by parallel tests. One that drives entities uses each of them by one
// goroutine.
package fsmtest

package fsmtest

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

// Drive fires random events at entities and compares each one with the machine: an event that the
// machine permits must move the entity as it says, any other one must be refused with an error and
// leave the entity's state as it was. Drive reports the shortest series of events that it finds to
// go wrong.
//
// For each series create is called with one of the machine's starts and returns an entity that is in
// it. It can use the test to fail.
func Drive[S, E ~string](tb testing.TB, m *fsm.Machine[S, E], create func(start S) Entity[S, E]) {
	tb.Helper()
	onWalks(tb, m, func(t *rapid.T, w walk[S, E]) {
		r := startRide(t, m, create, w.start)
		for _, event := range w.events {
			r.fire(event)
		}
	})
}

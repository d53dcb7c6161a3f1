package acm

import (
	"slices"
	"testing"

	"github.com/reeve-go/reeve/fsm/fsmtest"
)

func TestMachines(t *testing.T) {
	t.Parallel()
	fsmtest.Golden(t, fsmtest.Check(t, InstanceDefinition), "testdata/instance.golden")
	fsmtest.Golden(t, fsmtest.Check(t, DefinitionDefinition), "testdata/definition.golden")
	fsmtest.Check(t, ElementDefinition)
}

// What ONAP accepts: an order, where the instance stands, and with which results.
var accepted = []struct {
	orders  []Event
	from    Words
	results []Result
}{
	{[]Event{Deploy, Delete, Prepare}, Words{"UNDEPLOYED", "NONE", "NONE"}, well},
	{[]Event{Undeploy, Unlock, Update, Migrate, Review, Precheck}, Words{"DEPLOYED", "LOCKED", "NONE"}, well},
	{[]Event{Lock}, Words{"DEPLOYED", "UNLOCKED", "NONE"}, well},

	{[]Event{Deploy, Undeploy}, Words{"DEPLOYING", "NONE", "NONE"}, badly},
	{[]Event{Deploy, Undeploy}, Words{"UNDEPLOYING", "NONE", "NONE"}, badly},
	{[]Event{Delete}, Words{"DELETING", "NONE", "NONE"}, badly},
	{[]Event{Lock, Unlock}, Words{"DEPLOYED", "LOCKING", "NONE"}, badly},
	{[]Event{Lock, Unlock}, Words{"DEPLOYED", "UNLOCKING", "NONE"}, badly},
	{[]Event{Update, UpdateRevert, Undeploy}, Words{"UPDATING", "LOCKED", "NONE"}, badly},
	{[]Event{Undeploy}, Words{"UPDATE_REVERTING", "LOCKED", "NONE"}, badly},
	{[]Event{MigrationRevert, Undeploy}, Words{"MIGRATING", "LOCKED", "NONE"}, badly},
	{[]Event{Undeploy}, Words{"MIGRATION_REVERTING", "LOCKED", "NONE"}, badly},
	{[]Event{Prepare, Delete}, Words{"UNDEPLOYED", "NONE", "PREPARING"}, badly},
	{[]Event{Review}, Words{"DEPLOYED", "LOCKED", "REVIEWING"}, badly},
	{[]Event{Precheck}, Words{"DEPLOYED", "LOCKED", "MIGRATION_PRECHECKING"}, badly},
}

var (
	well  = []Result{"NO_ERROR"}
	badly = []Result{"FAILED", "TIMEOUT"}

	everyOrder = []Event{
		Deploy, Undeploy, Delete, Lock, Unlock, Update, UpdateRevert, Migrate, MigrationRevert, Prepare, Review, Precheck,
	}
	everyDeploy = []DeployState{
		"DEPLOYED", "DEPLOYING", "UNDEPLOYED", "UNDEPLOYING", "DELETING", "DELETED", "UPDATING", "UPDATE_REVERTING",
		"MIGRATING", "MIGRATION_REVERTING",
	}
	everyLock   = []LockState{"LOCKED", "LOCKING", "UNLOCKED", "UNLOCKING", "NONE"}
	everySub    = []SubState{"NONE", "PREPARING", "REVIEWING", "MIGRATION_PRECHECKING"}
	everyResult = []Result{"NO_ERROR", "FAILED", "TIMEOUT"}
)

func accepts(order Event, from Words, r Result) bool {
	for _, a := range accepted {
		if a.from == from && slices.Contains(a.orders, order) && slices.Contains(a.results, r) {
			return true
		}
	}
	return false
}

// everywhere calls f with every combination of words and result.
func everywhere(f func(w Words, r Result)) {
	for _, deploy := range everyDeploy {
		for _, lock := range everyLock {
			for _, sub := range everySub {
				for _, r := range everyResult {
					f(Words{deploy, lock, sub}, r)
				}
			}
		}
	}
}

func TestEveryOrderIsAcceptedWhereONAPAcceptsIt(t *testing.T) {
	t.Parallel()
	everywhere(func(from Words, r Result) {
		s := StateOf(from, r)
		words, result := standing(s)
		reachable := words == from && result == r // by orders alone; only others' writing leads elsewhere
		for _, order := range everyOrder {
			_, ok := InstanceMachine.Next(s, order)
			if got, want := ok && reachable, accepts(order, from, r); got != want {
				t.Errorf("%s at %s/%s/%s with %s, which is %q: accepted %t, ONAP: %t", order, from.Deploy, from.Lock, from.Sub, r, s, got, want)
			}
		}
	})
}

func TestEveryOrderLeadsWhereONAPLeads(t *testing.T) {
	t.Parallel()
	for order, want := range map[Event]Words{
		Deploy:          {"DEPLOYING", "NONE", "NONE"},
		Undeploy:        {"UNDEPLOYING", "NONE", "NONE"},
		Delete:          {"DELETING", "NONE", "NONE"},
		Lock:            {"DEPLOYED", "LOCKING", "NONE"},
		Unlock:          {"DEPLOYED", "UNLOCKING", "NONE"},
		Update:          {"UPDATING", "LOCKED", "NONE"},
		UpdateRevert:    {"UPDATE_REVERTING", "LOCKED", "NONE"},
		Migrate:         {"MIGRATING", "LOCKED", "NONE"},
		MigrationRevert: {"MIGRATION_REVERTING", "LOCKED", "NONE"},
		Prepare:         {"UNDEPLOYED", "NONE", "PREPARING"},
		Review:          {"DEPLOYED", "LOCKED", "REVIEWING"},
		Precheck:        {"DEPLOYED", "LOCKED", "MIGRATION_PRECHECKING"},
	} {
		for _, from := range InstanceMachine.Sources(order) {
			to, _ := InstanceMachine.Next(from, order)
			if got, r := standing(to); got != want || r != noError {
				t.Errorf("%s from %q leads to %v with %s; ONAP: %v", order, from, got, r, want)
			}
		}
	}
}

// Where an operation completes, the state that the machine leads to and the words that ONAP prescribes
// say the same.
func TestCompletionSaysWhatTheMachineDoes(t *testing.T) {
	t.Parallel()
	for _, from := range InstanceMachine.Sources(Completed) {
		to, _ := InstanceMachine.Next(from, Completed)
		words, _ := standing(from)
		if got := StateOf(words.completed(), noError); got != to {
			t.Errorf("%q completes as %q, its words as %q", from, to, got)
		}
	}
}

func TestNobodyIsAtWorkWhereNothingIsUnderWay(t *testing.T) {
	t.Parallel()
	everywhere(func(w Words, _ Result) {
		done := slices.Contains([]DeployState{"DEPLOYED", "UNDEPLOYED", "DELETED"}, w.Deploy) &&
			w.Lock != "LOCKING" && w.Lock != "UNLOCKING" && w.Sub == "NONE"
		if got := w.underWay() == nil; got != done {
			t.Errorf("%v: at rest %t, ONAP: %t", w, got, done)
		}
	})
}

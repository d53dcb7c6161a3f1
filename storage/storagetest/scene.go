package storagetest

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
)

const (
	// ttl is for how long leases are given.
	ttl = time.Minute
	// performed is the name of effects.
	performed = "do"
	// owner is who claims.
	owner = "suite"
	// other is a kind beside that of the harness.
	other = "storagetest"
)

// A scene is what a test plays in: a store with empty tables, and short words for what is done to it.
// Where a word's call fails unexpectedly, the test ends.
type scene struct {
	testing.TB
	Harness
	Backend
	ctx   context.Context
	pass  func(time.Duration)
	known map[storage.Key]bool // keys whose history a dump shows
}

// is demands an answer.
func (s *scene) is(what string, got, want error) {
	s.Helper()
	if !errors.Is(got, want) {
		s.Fatalf("%s: the answer is %v, it must be %v", what, got, want)
	}
}

// same demands that two values are equal.
func (s *scene) same(what string, got, want any) {
	s.Helper()
	if reflect.DeepEqual(want, got) { // much faster than a diff
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Fatalf("%s (-must be +is):\n%s", what, diff)
	}
}

func (s *scene) now() time.Time { return s.load("nobody").Now }

// key returns the key of a record of the harness's kind.
func (s *scene) key(id string) storage.Key { return s.keyOf(s.Kind, id) }

func (s *scene) keyOf(kind, id string) storage.Key {
	k := storage.Key{Kind: kind, ID: id}
	s.known[k] = true
	return k
}

func (s *scene) load(id string) storage.Snapshot {
	s.Helper()
	got, err := s.Store.Load(s.ctx, []storage.Key{s.key(id)})
	s.is("load", err, nil)
	if len(got) != 1 {
		s.Fatalf("load answered %d snapshots to one key", len(got))
	}
	return got[0]
}

// An edit is what a test wants different in a change.
type edit func(*storage.Change)

// creation returns a change that creates a record which is not due.
func (s *scene) creation(id string, edits ...edit) storage.Change {
	c := storage.Change{Key: s.key(id), Record: storage.Record{State: s.States[0], Data: s.Data(0)}}
	for _, e := range edits {
		e(&c)
	}
	return c
}

// create creates a record, in a transaction of its own.
func (s *scene) create(id string, edits ...edit) storage.Snapshot {
	s.Helper()
	s.must(s.creation(id, edits...))
	return s.load(id)
}

// turn returns a change from what was seen, after which the record is not due.
func turn(from storage.Snapshot, edits ...edit) storage.Change {
	c := storage.Change{Key: from.Key, Version: from.Version, Token: from.Lease.Token, Record: from.Record}
	c.Record.Due = time.Time{}
	for _, e := range edits {
		e(&c)
	}
	return c
}

// order returns a change by the host to what is there now.
func (s *scene) order(id string, edits ...edit) storage.Change {
	s.Helper()
	return turn(s.load(id), edits...)
}

// dueIn makes a record due.
func (s *scene) dueIn(d time.Duration) edit {
	due := s.now().Add(d)
	return func(c *storage.Change) { c.Record.Due = due }
}

func (s *scene) inState(i int) edit { return func(c *storage.Change) { c.Record.State = s.States[i] } }
func paused(c *storage.Change)      { c.Record.Status = storage.Paused }
func final(c *storage.Change)       { c.Record.Final = true }

func (s *scene) apply(changes ...storage.Change) []error {
	s.Helper()
	answers, err := s.Store.Apply(s.ctx, changes)
	s.is("apply", err, nil)
	if len(answers) != len(changes) {
		s.Fatalf("apply gave %d answers to %d changes; each has its own", len(answers), len(changes))
	}
	return answers
}

// must applies a change that the contract allows.
func (s *scene) must(c storage.Change) {
	s.Helper()
	s.is("a change that is right", s.apply(c)[0], nil)
}

// refused applies a change that the contract forbids, and demands that nothing of it is there.
func (s *scene) refused(c storage.Change, want error) {
	s.Helper()
	s.unchanged("a refused change", func() { s.is("a change that is wrong", s.apply(c)[0], want) })
}

func (s *scene) elementsOf(id string, q storage.ElementQuery) []storage.Element {
	s.Helper()
	return collect(s, s.Store.Elements(s.ctx, s.key(id), q))
}

func (s *scene) history(id string) []storage.Line {
	s.Helper()
	return collect(s, s.Store.History(s.ctx, s.key(id), 0))
}

// collect returns what a sequence yields.
func collect[T any](s *scene, seq iter.Seq2[T, error]) (all []T) {
	s.Helper()
	for v, err := range seq {
		s.is("a sequence", err, nil)
		all = append(all, v)
	}
	return all
}

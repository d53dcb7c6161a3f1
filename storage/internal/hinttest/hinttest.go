// Package hinttest tests stores whose hints are exact: none is late, lost or wrong as long as everything
// goes through one store. The contract demands less, so this is not for backends of others.
package hinttest

import (
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Run tests that a store hints exactly if something can be claimed or taken because of what it wrote. It
// makes the store in a bubble of testing/synctest.
func Run(t *testing.T, open func(t *testing.T) storage.Store) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &story{T: t, store: open(t)}
		notifier, ok := s.store.(storage.Notifier)
		if !ok {
			t.Fatalf("%T is no storage.Notifier", s.store)
		}
		go func() { _ = notifier.Listen(t.Context(), s.hear) }()
		synctest.Wait()
		s.records()
		s.effects()
	})
}

// A story is a sequence of calls on one store.
type story struct {
	*testing.T
	store storage.Store
	heard atomic.Uint32 // what the hints since the last step were about
}

func (s *story) hear(due storage.Hint) { s.heard.Or(uint32(due)) }

const (
	silent    storage.Hint = 0
	ofRecords              = storage.HintRecords
	ofEffects              = storage.HintEffects
)

// step makes a call and demands hints about that, and about nothing else.
func (s *story) step(what string, want storage.Hint, call func() error) {
	s.Helper()
	s.heard.Store(0)
	if err := call(); err != nil {
		s.Fatalf("%s: %v", what, err)
	}
	if got := storage.Hint(s.heard.Load()); got != want { //nolint:gosec // they were hints
		s.Errorf("%s: hinted at %b, want %b", what, got, want)
	}
}

// apply orders a record something; it creates a record that does not exist.
func (s *story) apply(id string, edit func(c *storage.Change)) func() error {
	return func() error {
		k := storage.Key{Kind: "node", ID: id}
		seen, err := s.store.Load(s.Context(), []storage.Key{k})
		if err != nil {
			return err
		}
		c := storage.Change{Key: k, Version: seen[0].Version, Record: storage.Record{State: "new"}}
		edit(&c)
		answers, err := s.store.Apply(s.Context(), []storage.Change{c})
		return errors.Join(append(answers, err)...)
	}
}

func (s *story) deliver(id, to string) func() error {
	return func() error {
		m := storage.Message{ID: id, To: storage.Key{Kind: "node", ID: to}, Name: "news"}
		answers, err := s.store.Deliver(s.Context(), []storage.Message{m})
		return errors.Join(append(answers, err)...)
	}
}

func (s *story) claim(held *[]storage.Snapshot) func() error {
	return func() (err error) {
		*held, err = s.store.Claim(s.Context(), storage.Claim{Names: []string{"node"}, Owner: "test", Limit: 9, TTL: time.Minute})
		return err
	}
}

func (s *story) take(taken *[]storage.Taken) func() error {
	return func() (err error) {
		*taken, err = s.store.Take(s.Context(), storage.Claim{Names: []string{"do"}, Owner: "test", Limit: 9, TTL: time.Minute})
		return err
	}
}

func (s *story) records() {
	var held []storage.Snapshot
	rest := func(*storage.Change) {}
	soon := func(c *storage.Change) { c.Record.Due = time.Now().Add(time.Hour) }
	due := func(c *storage.Change) { c.Record.Due = time.Now() }
	s.step("a record at rest", silent, s.apply("a", rest))
	s.step("a record that is due later", silent, s.apply("a", soon))
	s.step("a record that is due", ofRecords, s.apply("a", due))
	s.step("a record at rest again", silent, s.apply("a", rest))
	s.step("an element that is due", ofRecords, s.apply("a", func(c *storage.Change) {
		c.Elements = []storage.Element{{Name: "x", State: "new", Due: time.Now()}}
	}))
	s.step("an element that goes", silent, s.apply("a", func(c *storage.Change) { c.Gone = []string{"x"} }))
	s.step("a delivery", ofRecords, s.deliver("1", "a"))
	s.step("a claim", silent, s.claim(&held))
	s.step("a delivery to a record that is claimed", silent, s.deliver("2", "a"))
	s.step("an order to a record that is claimed", silent, s.apply("a", due))
	s.step("a lease that is extended", silent, func() error {
		answers, err := s.store.Extend(s.Context(), []storage.Lease{held[0].Lease})
		return errors.Join(append(answers, err)...)
	})
	s.step("a release with messages", ofRecords, func() error {
		return s.store.Release(s.Context(), []storage.Lease{held[0].Lease}, time.Hour)
	})
	s.step("a record that waits although it has messages", silent, s.apply("a", func(c *storage.Change) {
		c.Record.NotBefore = time.Now().Add(time.Hour)
	}))
	s.step("a record that is final", silent, s.apply("a", func(c *storage.Change) { due(c); c.Record.Final = true }))
	s.step("a delivery to a record that is final", silent, s.deliver("3", "a"))
	s.step("a record that is paused", silent, s.apply("b", func(c *storage.Change) { due(c); c.Record.Status = storage.Paused }))
	s.step("a delivery to a record that is paused", silent, s.deliver("1", "b"))
	s.step("a record that is resumed and has a message", ofRecords, s.apply("b", rest))
	s.step("a spawned record at rest", silent, s.apply("c", spawns("d", rest)))
	s.step("a spawned record that is due", ofRecords, s.apply("c", spawns("e", due)))
	s.step("a message that a change sends", ofRecords, s.apply("c", func(c *storage.Change) {
		c.Send = []storage.Message{{ID: "1", To: storage.Key{Kind: "node", ID: "d"}, Name: "news"}}
	}))
	s.step("a dead message", silent, s.apply("c", func(c *storage.Change) {
		c.Send = []storage.Message{{ID: "1", To: storage.Key{Kind: "node", ID: "f"}, Name: "news"}}
	}))
	s.step("its record", silent, s.apply("f", rest))
	s.step("a dead message that is opened again", ofRecords, func() error {
		for m, err := range s.store.Messages(s.Context(), storage.MessageQuery{Statuses: []storage.MessageStatus{storage.MessageDead}}) {
			answers, err2 := s.store.RedriveMessages(s.Context(), []uint64{m.Seq})
			return errors.Join(append(answers, err, err2)...)
		}
		return errors.New("there is no dead message")
	})
	s.step("deleting a record that is due", silent, s.apply("f", func(c *storage.Change) { c.Delete = true }))
}

func spawns(id string, edit func(c *storage.Change)) func(c *storage.Change) {
	return func(c *storage.Change) {
		var spawned storage.Change
		edit(&spawned)
		spawned.Record.Key, spawned.Record.State = storage.Key{Kind: "node", ID: id}, "new"
		c.Spawn = []storage.Spawn{{Record: spawned.Record}}
	}
}

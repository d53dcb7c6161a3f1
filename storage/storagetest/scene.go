package storagetest

import (
	"context"
	"errors"
	"iter"
	"maps"
	"reflect"
	"slices"
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

// unchanged demands that everything that is stored is the same after what do does.
func (s *scene) unchanged(what string, do func()) {
	s.Helper()
	before := s.dump()
	do()
	s.same(what+" must write nothing", s.dump(), before)
}

// claim claims up to limit records.
func (s *scene) claim(limit int) []storage.Snapshot {
	s.Helper()
	return s.claimOf(storage.Claim{Names: []string{s.Kind}, Owner: owner, Limit: limit, TTL: ttl})
}

func (s *scene) claimOf(c storage.Claim) []storage.Snapshot {
	s.Helper()
	got, err := s.Store.Claim(s.ctx, c)
	s.is("claim", err, nil)
	return got
}

// claimed demands that a claim returns these records, and returns what it knows of them in the order
// in which they are named.
func (s *scene) claimed(demand string, ids ...string) []storage.Snapshot {
	s.Helper()
	got := s.claim(100)
	s.inOrder(demand+": a claim must return these records", ids, len(got), func(i int) string { return got[i].Key.ID },
		func(i, j int) { got[i], got[j] = got[j], got[i] })
	return got
}

// inOrder demands that n things have these ids, and puts them into their order.
func (s *scene) inOrder(demand string, ids []string, n int, id func(i int) string, swap func(i, j int)) {
	s.Helper()
	for i := range min(n, len(ids)) {
		for j := i + 1; j < n && id(i) != ids[i]; j++ {
			swap(i, j)
		}
	}
	var got []string
	for i := range n {
		got = append(got, id(i))
	}
	s.same(demand, got, ids)
}

func idsOf(snapshots []storage.Snapshot) (ids []string) {
	for _, snapshot := range snapshots {
		ids = append(ids, snapshot.Key.ID)
	}
	return ids
}

func (s *scene) extend(leases ...storage.Lease) []error {
	s.Helper()
	answers, err := s.Store.Extend(s.ctx, leases)
	s.is("extend", err, nil)
	if len(answers) != len(leases) {
		s.Fatalf("extend gave %d answers to %d leases; each has its own", len(answers), len(leases))
	}
	return answers
}

func (s *scene) release(after time.Duration, leases ...storage.Lease) {
	s.Helper()
	s.is("release", s.Store.Release(s.ctx, leases, after), nil)
}

// message returns a message to a record of the harness's kind.
func (s *scene) message(id, to string) storage.Message {
	return storage.Message{ID: id, To: s.key(to), Name: "news"}
}

func (s *scene) slotted(id, to, slot string) storage.Message {
	m := s.message(id, to)
	m.Slot = slot
	return m
}

func (s *scene) deliver(messages ...storage.Message) []error {
	s.Helper()
	answers, err := s.Store.Deliver(s.ctx, messages)
	s.is("deliver", err, nil)
	if len(answers) != len(messages) {
		s.Fatalf("deliver gave %d answers to %d messages; each has its own", len(answers), len(messages))
	}
	return answers
}

// delivered delivers messages that the contract allows.
func (s *scene) delivered(messages ...storage.Message) {
	s.Helper()
	for _, answer := range s.deliver(messages...) {
		s.is("a message that is right", answer, nil)
	}
}

// said returns a message that a record was sent.
func (s *scene) said(id, to string) storage.Message {
	s.Helper()
	for _, m := range collect(s, s.Store.Messages(s.ctx, storage.MessageQuery{To: s.key(to)})) {
		if m.ID == id {
			return m
		}
	}
	s.Fatalf("message %q to %q is gone", id, to)
	return storage.Message{}
}

// statuses demands what became of messages to a record, in the order of their numbers.
func (s *scene) statuses(demand, to string, want ...storage.MessageStatus) {
	s.Helper()
	var got []storage.MessageStatus
	for _, m := range collect(s, s.Store.Messages(s.ctx, storage.MessageQuery{To: s.key(to)})) {
		got = append(got, m.Status)
	}
	s.same(demand, got, want)
}

// consumes says what becomes of a message.
func (s *scene) consumes(id, to string, as storage.MessageStatus) edit {
	s.Helper()
	seq := s.said(id, to).Seq
	return func(c *storage.Change) { c.Consume = append(c.Consume, storage.Consumption{Seq: seq, As: as}) }
}

func sends(messages ...storage.Message) edit {
	return func(c *storage.Change) { c.Send = append(c.Send, messages...) }
}

func effect(id, lane string) storage.Effect {
	return storage.Effect{ID: id, Key: "key of " + id, Name: performed, Lane: lane}
}

func emits(effects ...storage.Effect) edit {
	return func(c *storage.Change) { c.Emit = append(c.Emit, effects...) }
}

func cancels(operation, lane string) edit {
	return func(c *storage.Change) {
		c.Cancel = append(c.Cancel, storage.Cancel{Operation: operation, Lane: lane})
	}
}

// take takes up to limit effects.
func (s *scene) take(limit int) []storage.Taken {
	s.Helper()
	taken, err := s.Store.Take(s.ctx, storage.Claim{Names: []string{performed}, Owner: owner, Limit: limit, TTL: ttl})
	s.is("take", err, nil)
	return taken
}

// takenNow demands that a take returns these effects, and returns them in the order in which they are
// named.
func (s *scene) takenNow(demand string, ids ...string) []storage.Taken {
	s.Helper()
	got := s.take(100)
	s.inOrder(demand+": a take must return these effects", ids, len(got), func(i int) string { return got[i].ID },
		func(i, j int) { got[i], got[j] = got[j], got[i] })
	return got
}

func settlement(of storage.Taken, as storage.EffectStatus) storage.Settlement {
	return storage.Settlement{Lease: of.Lease, As: as}
}

func (s *scene) settle(settlements ...storage.Settlement) []error {
	s.Helper()
	answers, err := s.Store.Settle(s.ctx, settlements)
	s.is("settle", err, nil)
	if len(answers) != len(settlements) {
		s.Fatalf("settle gave %d answers to %d settlements; each has its own", len(answers), len(settlements))
	}
	return answers
}

// settled settles an attempt that the contract allows to.
func (s *scene) settled(st storage.Settlement) {
	s.Helper()
	s.is("a settlement that is right", s.settle(st)[0], nil)
}

// wanted returns an effect.
func (s *scene) wanted(id string) storage.Effect {
	s.Helper()
	for _, e := range collect(s, s.Store.Effects(s.ctx, storage.EffectQuery{})) {
		if e.ID == id {
			return e
		}
	}
	s.Fatalf("effect %q is gone", id)
	return storage.Effect{}
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

// A dump is everything that is stored, as it can be read.
type dump struct {
	Records  []storage.Snapshot
	Elements map[storage.Key][]storage.Element
	Messages []storage.Message
	Effects  []storage.Effect
	History  map[storage.Key][]storage.Line
}

// dump reads everything, of the records that the test has mentioned.
func (s *scene) dump() dump {
	s.Helper()
	d := dump{Elements: map[storage.Key][]storage.Element{}, History: map[storage.Key][]storage.Line{}}
	keys := slices.SortedFunc(maps.Keys(s.known), compareKeys)
	found, err := s.Store.Load(s.ctx, keys)
	s.is("load", err, nil)
	for _, r := range found {
		if r.Version > 0 {
			d.Records = append(d.Records, r)
		}
	}
	for _, k := range keys {
		if found := collect(s, s.Store.Elements(s.ctx, k, storage.ElementQuery{})); found != nil {
			d.Elements[k] = found
		}
		if found := collect(s, s.Store.History(s.ctx, k, 0)); found != nil {
			d.History[k] = found
		}
	}
	d.Messages = collect(s, s.Store.Messages(s.ctx, storage.MessageQuery{}))
	d.Effects = collect(s, s.Store.Effects(s.ctx, storage.EffectQuery{}))
	return d
}

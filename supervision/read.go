package supervision

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A Record is a record as the host sees it: a copy, true at the moment when it was read.
type Record[T any, S ~string] struct {
	// Key is the record; State is where it is and Version what it was read at, for [IfVersion].
	Key     storage.Key
	State   S
	Version uint64
	// Data is the host's own.
	Data T
	// Status says whether the record gets turns, and Reason why, if it does not.
	Status storage.Status
	Reason string
	// Operation is the order under way, if one is; Deadline is when its time is up, Step how far it is.
	Operation string
	Deadline  time.Time
	Step      string
	// Failures counts the failed turns since the last one that succeeded.
	Failures int
	// Due is when the record next gets a turn; zero: when it is spoken to.
	Due time.Time
	// Since is when the record entered its state, Until when its time there is up; zero: never.
	Since, Until time.Time
	// Group is what the kind's Group said.
	Group string
}

// Get returns the record. If there is none it is [storage.ErrNotFound]; if its data cannot be read it
// is [ErrData], and everything else of the record is returned all the same.
func (k *Kind[T, S, E]) Get(ctx context.Context, id string) (Record[T, S], error) {
	seen, err := k.load(ctx, id)
	if err == nil && seen.Version == 0 {
		err = storage.ErrNotFound
	}
	if err != nil {
		return Record[T, S]{}, k.explain("get", id, err)
	}
	return k.record("get", &seen.Record)
}

// Read returns a record that the turn reads, as it was when the turn began: one that its kind's Reads
// names. The errors are those of [Kind.Get].
func (k *Kind[T, S, E]) Read(t Outbound, id string) (Record[T, S], error) {
	r := t.outbound().reads[k.Key(id)]
	switch {
	case r == nil:
		return Record[T, S]{}, k.explain("read", id, errNotRead)
	case r.Version == 0:
		return Record[T, S]{}, k.explain("read", id, storage.ErrNotFound)
	}
	return k.record("read", r)
}

var errNotRead = errors.New("the turn does not read it; KindOptions.Reads says what a turn reads")

// A Query selects records of a kind. Nil and the zero value select all of them.
type Query[S ~string] struct {
	// States and Statuses are what the records may be in; empty: any.
	States   []S
	Statuses []storage.Status
	// Group is the group; empty: any.
	Group string
	// After is the id to go on from, exclusive.
	After string
	// Limit is the most to yield; zero: no limit.
	Limit int
}

// List yields the records that q selects, by id. It holds nothing open, so that the loop may give
// orders; what changes meanwhile may or may not be seen. A record whose data cannot be read is yielded
// with [ErrData], and the sequence goes on; after any other error it ends.
func (k *Kind[T, S, E]) List(ctx context.Context, q *Query[S]) iter.Seq2[Record[T, S], error] {
	return func(yield func(Record[T, S], error) bool) {
		if k.broken != nil {
			yield(Record[T, S]{}, k.explain("list", "", k.broken))
			return
		}
		for r, err := range k.store.List(ctx, k.query(q)) {
			if err != nil {
				yield(Record[T, S]{}, k.explain("list", r.Key.ID, err))
				return
			}
			if !yield(k.record("list", &r)) {
				return
			}
		}
	}
}

func (k *Kind[T, S, E]) query(q *Query[S]) storage.Query {
	if q == nil {
		return storage.Query{Kind: k.name}
	}
	out := storage.Query{Kind: k.name, Statuses: q.Statuses, Group: q.Group, After: q.After, Limit: q.Limit}
	for _, s := range q.States {
		out.States = append(out.States, string(s))
	}
	return out
}

func (k *Kind[T, S, E]) record(op string, r *storage.Record) (Record[T, S], error) {
	out := Record[T, S]{
		Key: r.Key, State: S(r.State), Version: r.Version, Status: r.Status, Reason: r.Reason,
		Operation: r.Operation, Deadline: r.Deadline, Step: r.Step, Failures: r.Failures, Due: r.Due,
		Since: r.Since, Until: r.Until, Group: r.Group,
	}
	data, err := k.decode(r)
	if err != nil {
		return out, k.explain(op, r.Key.ID, err)
	}
	out.Data = *data
	return out, nil
}

// History yields the lines of a record's history, oldest first, also after it was deleted. The
// sequence ends with the first error.
func (k *Kind[T, S, E]) History(ctx context.Context, id string) iter.Seq2[storage.Line, error] {
	return func(yield func(storage.Line, error) bool) {
		if k.broken != nil {
			yield(storage.Line{}, k.explain("history", id, k.broken))
			return
		}
		for line, err := range k.store.History(ctx, k.Key(id), 0) {
			if !yield(line, k.explain("history", id, err)) {
				return
			}
		}
	}
}

package supervision

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// A Turn is one look at one record: what it is, and what is to become of it. It belongs to the
// function that it was given to and is not safe for concurrent use.
type Turn[T any, S, E ~string] struct {
	// Key is the record, Version what the turn is computed from.
	Key     storage.Key
	Version uint64
	// State is where the record is. [Turn.Fire] moves it.
	State S
	// Data is a copy of the record's data. What it is at the end of the turn is written.
	Data *T
	// Operation is the order under way; empty: none.
	Operation string
	// Step says how far the operation is. It is the host's to set.
	Step string
	// Now is the store's time.
	Now time.Time

	ctx      context.Context //nolint:containedctx // a turn lives as long as the call that it serves
	machine  *fsm.Machine[S, E]
	runner   *fsm.Runner[T, S, E]
	deadline time.Time
	entered  bool // a state was entered, by a move that was not Same
	lines    []storage.Line
	ids      int
}

// turn returns a turn of a record as it was seen.
func (k *Kind[T, S, E]) turn(ctx context.Context, seen *storage.Snapshot) (*Turn[T, S, E], error) {
	data, err := k.decode(&seen.Record)
	if err != nil {
		return nil, err
	}
	return k.newTurn(ctx, seen, data), nil
}

func (k *Kind[T, S, E]) newTurn(ctx context.Context, seen *storage.Snapshot, data *T) *Turn[T, S, E] {
	return &Turn[T, S, E]{
		Key: seen.Key, Version: seen.Version, State: S(seen.State), Data: data,
		Operation: seen.Operation, Step: seen.Step, Now: seen.Now,
		ctx: ctx, machine: k.machine, runner: k.options.Runner, deadline: seen.Deadline,
	}
}

// Fire moves the record as the machine says. An event that is not permitted is a
// [*fsm.TransitionError] and changes nothing. With a runner its guards and actions run, and the events
// that they fire follow.
func (t *Turn[T, S, E]) Fire(e E) error {
	rows, err := t.rows(e)
	if err != nil {
		return err
	}
	for _, row := range rows {
		t.lines = append(t.lines, storage.Line{From: string(row.From), Event: string(row.Event), To: string(row.To)})
		t.entered = t.entered || !row.Same
		t.State = row.To
	}
	return nil
}

func (t *Turn[T, S, E]) rows(e E) ([]fsm.Row[S, E], error) {
	if t.runner != nil {
		return t.runner.Trace(t.ctx, t.State, t.Data, e)
	}
	to, err := t.machine.Step(t.State, e)
	if err != nil {
		return nil, err
	}
	return []fsm.Row[S, E]{{From: t.State, Event: e, To: to, Same: t.machine.Stays(t.State, e)}}, nil
}

// NewID returns an id that no other turn returns. It is derived from the record and its version, so
// that a turn decided again from the same version returns the same ids in the same order.
func (t *Turn[T, S, E]) NewID() string {
	t.ids++
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %d", t.Key.Kind, t.Key.ID, t.Version, t.ids))
	return strings.ToLower(base32.HexEncoding.EncodeToString(sum[:15]))
}

// begin begins a new operation and returns its id.
func (t *Turn[T, S, E]) begin(within time.Duration) string {
	t.Operation, t.Step, t.deadline = t.NewID(), "", time.Time{}
	if within > 0 {
		t.deadline = t.Now.Add(within)
	}
	return t.Operation
}

// outcome returns the change that a turn of the record means.
func (k *Kind[T, S, E]) outcome(seen *storage.Snapshot, t *Turn[T, S, E], cause string) (storage.Change, error) {
	if t.Data == nil {
		return storage.Change{}, errors.New("the turn's data was set to nil; change what it points to instead")
	}
	bytes, err := k.encode(t.Data)
	if err != nil {
		return storage.Change{}, err
	}
	r := seen.Record
	r.State, r.Data, r.DataVersion = string(t.State), bytes, k.options.DataVersion
	r.Operation, r.Step, r.Deadline = t.Operation, t.Step, t.deadline
	mode, _ := k.machine.Mode(t.State)
	r.Final = mode == fsm.Final
	if mode == fsm.Resting || mode == fsm.Final {
		r.Operation, r.Step, r.Deadline = "", "", time.Time{}
	}
	if t.entered {
		r.Since, r.Until = t.Now, k.limit(t.State, t.Data, t.Now)
	}
	if k.options.Group != nil {
		r.Group = k.options.Group(t.Data)
	}
	r.Due = k.due(&r, t.Now)

	c := storage.Change{Key: r.Key, Version: r.Version, Record: r, Lines: t.lines}
	for i := range c.Lines {
		c.Lines[i].Cause, c.Lines[i].Operation = cause, t.Operation
	}
	if seen.Operation != "" && seen.Operation != t.Operation {
		c.Cancel = []storage.Cancel{{Operation: seen.Operation}}
	}
	return c, k.addProjection(&c, seen, t.Data)
}

// due returns when a record next needs a turn: at once where the program itself works, else when
// the time of its state or its operation is up.
func (k *Kind[T, S, E]) due(r *storage.Record, now time.Time) time.Time {
	if mode, known := k.machine.Mode(S(r.State)); known && mode == fsm.Active {
		return now
	}
	if r.Until.IsZero() || !r.Deadline.IsZero() && r.Deadline.Before(r.Until) {
		return r.Deadline
	}
	return r.Until
}

func (k *Kind[T, S, E]) addProjection(c *storage.Change, seen *storage.Snapshot, after *T) error {
	if k.options.Project == nil {
		return nil
	}
	var before *T
	if seen.Version > 0 {
		var err error
		if before, err = k.decode(&seen.Record); err != nil {
			return err
		}
	}
	c.Project = k.projection(before, after)
	return nil
}

func (k *Kind[T, S, E]) projection(before, after *T) func(context.Context, any) error {
	return func(ctx context.Context, tx any) error { return k.options.Project(ctx, tx, before, after) }
}

package supervision

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// turn returns a turn of a record as it was seen.
func (k *Kind[T, S, E]) turn(ctx context.Context, seen *storage.Snapshot) (*Turn[T, S, E], error) {
	data, err := k.decode(&seen.Record)
	if err != nil {
		return nil, err
	}
	return k.newTurn(ctx, seen, data), nil
}

func (k *Kind[T, S, E]) newTurn(ctx context.Context, seen *storage.Snapshot, data *T) *Turn[T, S, E] {
	t := &Turn[T, S, E]{
		Key: seen.Key, Version: seen.Version, State: S(seen.State), Data: data,
		Operation: seen.Operation, Deadline: seen.Deadline, Step: seen.Step,
		Since: seen.Since, Until: seen.Until, More: seen.More, Now: seen.Now,
		core:    core{ctx: ctx, store: k.store, key: seen.Key, version: seen.Version, now: seen.Now},
		machine: k.machine, runner: k.options.Runner, derives: k.options.Derive != nil, seen: seen,
	}
	t.core.parts.see(seen, k.options.Elements)
	return t
}

// outcome returns the change that a turn means.
func (k *Kind[T, S, E]) outcome(t *Turn[T, S, E]) (storage.Change, error) {
	if t.Data == nil {
		return storage.Change{}, errNoData
	}
	o := t.outbound()
	elements, gone, err := o.parts.flush(o)
	if err == nil {
		err = k.derive(t)
	}
	if err == nil {
		err = o.err
	}
	if err != nil {
		return storage.Change{}, err
	}
	if t.deleted {
		return k.deletion(t)
	}
	r, err := k.row(t)
	if err != nil {
		return storage.Change{}, err
	}
	c := storage.Change{
		Key: r.Key, Version: t.Version, Record: r, Elements: elements, Gone: gone, Consume: t.consumed(),
		Cancel: o.cancel, Emit: o.emit, Send: o.send, Spawn: o.spawn, Lines: o.lines,
	}
	if was := t.seen.Operation; was != "" && was != r.Operation {
		c.Cancel = append(c.Cancel, storage.Cancel{Operation: was})
	}
	for i := range c.Lines {
		c.Lines[i].Operation = t.Operation
	}
	if err := k.journal(t, &c); err != nil {
		return storage.Change{}, err
	}
	return c, k.addProjection(&c, t.seen, t.Data)
}

// row returns the record as the turn leaves it.
func (k *Kind[T, S, E]) row(t *Turn[T, S, E]) (storage.Record, error) {
	bytes, err := k.encode(t.Data)
	if err != nil {
		return storage.Record{}, err
	}
	r := t.seen.Record
	r.State, r.Data, r.DataVersion = string(t.State), bytes, k.options.DataVersion
	r.Since, r.Until = t.Since, t.Until
	if t.entered && !t.touched {
		r.Until = k.limit(t.State, t.Data, t.Now)
	}
	r.Operation, r.Step, r.Deadline = t.Operation, t.Step, t.Deadline
	mode, known := k.machine.Mode(t.State)
	if !known { // an order found it there, or a decider put it there by hand
		_, err := k.machine.Step(t.State, "")
		return storage.Record{}, err
	}
	r.Final = mode == fsm.Final
	if t.rests() {
		r.Operation, r.Step, r.Deadline = "", "", time.Time{}
	}
	if k.options.Group != nil {
		r.Group = k.options.Group(t.Data)
	}
	if r.Status == storage.OK {
		r.Reason, r.Failures, r.NotBefore = "", 0, time.Time{}
	}
	r.Due = k.due(t, &r)
	return r, t.core.err
}

// due returns when the record next needs a turn.
func (k *Kind[T, S, E]) due(t *Turn[T, S, E], r *storage.Record) time.Time {
	if mode, _ := k.machine.Mode(t.State); mode == fsm.Active && t.entered {
		return t.Now // the supervisor's work begins
	}
	due := earliest(t.core.wake, r.Until, r.Deadline, k.scheduled(t))
	if was := t.seen.Due; !t.decided && !t.entered && !was.Equal(t.seen.Until) && !was.Equal(t.seen.Deadline) {
		due = earliest(due, was) // what the record has asked for, of which an order knows nothing
	}
	return due
}

// consumed says what became of the messages that the turn was given.
func (t *Turn[T, S, E]) consumed() []storage.Consumption {
	if len(t.seen.Messages) == 0 {
		return nil
	}
	fates := make([]storage.Consumption, 0, len(t.seen.Messages))
	for i := range t.seen.Messages {
		seq := t.seen.Messages[i].Seq
		fate := storage.Consumption{Seq: seq, As: storage.MessageConsumed}
		if at := slices.IndexFunc(t.core.fates, func(f storage.Consumption) bool { return f.Seq == seq }); at >= 0 {
			fate = t.core.fates[at]
		}
		fates = append(fates, fate)
	}
	return fates
}

// deletion returns the change of a turn that deletes its record.
func (k *Kind[T, S, E]) deletion(t *Turn[T, S, E]) (storage.Change, error) {
	o := &t.core
	if len(o.emit)+len(o.send)+len(o.spawn) > 0 {
		return storage.Change{}, errors.New("the turn deletes the record and wants something done all the same; a final state is where a record can still speak")
	}
	c := storage.Change{Key: t.Key, Version: t.Version, Delete: true, Lines: o.lines}
	c.Lines = append(c.Lines, storage.Line{From: string(t.State), Cause: o.cause, Operation: t.Operation})
	return c, k.addProjection(&c, t.seen, nil)
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
	c.Project = func(ctx context.Context, tx any) (err error) {
		defer recoverTo(&err)
		return k.options.Project(ctx, tx, before, after)
	}
	return nil
}

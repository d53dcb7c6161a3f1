package supervision

import (
	"context"
	"errors"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// Create makes a record in the machine's initial state, or in the start that [At] names. If there is
// a record of this id it is [storage.ErrExists].
func (k *Kind[T, S, E]) Create(ctx context.Context, id string, data T, options ...CreateOption) error {
	return k.explain("create", id, k.create(ctx, id, &data, k.createOptions("create", options)))
}

func (k *Kind[T, S, E]) create(ctx context.Context, id string, data *T, o callOptions) error {
	seen, err := k.load(ctx, id) // for the store's time
	if err != nil {
		return err
	}
	c, err := k.creation(ctx, seen, data, o)
	if err != nil {
		return err
	}
	return k.apply(ctx, c)
}

// creation returns the change by which a record comes to be.
func (k *Kind[T, S, E]) creation(ctx context.Context, seen *storage.Snapshot, data *T, o callOptions) (storage.Change, error) {
	if seen.Version > 0 {
		return storage.Change{}, storage.ErrExists
	}
	t, err := k.created(ctx, seen, data, o)
	if err != nil {
		return storage.Change{}, err
	}
	return k.outcome(t)
}

// created returns the turn in which a record comes to be.
func (k *Kind[T, S, E]) created(ctx context.Context, seen *storage.Snapshot, data *T, o callOptions) (*Turn[T, S, E], error) {
	if err := checkStart(k.machine, S(o.at)); err != nil {
		return nil, err
	}
	t := k.newTurn(ctx, seen, data)
	t.State, t.core.cause = S(o.at), o.cause
	t.enter()
	if o.operating {
		t.Begin(o.within)
	}
	t.core.line(storage.Line{To: o.at})
	if o.setUp == nil {
		return t, nil
	}
	return t, o.setUp(t)
}

// Spawn creates a record of this kind in the commit of a turn of any kind that is kept in the same
// store. One whose id exists already is left as it is.
func (k *Kind[T, S, E]) Spawn(t Outbound, id string, data T, options ...CreateOption) {
	o := t.outbound()
	if err := k.spawn(o, id, &data, k.createOptions("spawned by "+o.key.String(), options)); err != nil {
		o.fail(k.explain("spawn", id, err))
	}
}

func (k *Kind[T, S, E]) spawn(o *core, id string, data *T, options callOptions) error {
	seen := &storage.Snapshot{Record: storage.Record{Key: k.Key(id)}, Now: o.now}
	t, err := k.created(o.ctx, seen, data, options)
	if err != nil {
		return err
	}
	c, err := k.outcome(t)
	switch {
	case err != nil:
		return err
	case len(c.Emit)+len(c.Send)+len(c.Spawn) > 0 || c.Project != nil:
		return errors.New("a record that is spawned can have elements, but neither emit, send nor project; its first turn can")
	}
	o.spawn = append(o.spawn, storage.Spawn{Record: c.Record, Elements: c.Elements, Lines: c.Lines})
	return nil
}

func (k *Kind[T, S, E]) createOptions(cause string, options []CreateOption) callOptions {
	o := callOptions{cause: cause, at: string(k.machine.Initial())}
	for _, option := range options {
		option.applyCreate(&o)
	}
	return o
}

func checkStart[S, E ~string](m *fsm.Machine[S, E], at S) error {
	err := &fsm.TransitionError{Machine: m.Name(), State: string(at), Err: fsm.ErrUnknownState, Hint: "those are the starts"}
	for _, s := range m.Starts() {
		if s == at {
			return nil
		}
		err.Permitted = append(err.Permitted, string(s))
	}
	return err
}

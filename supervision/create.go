package supervision

import (
	"context"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// Create makes a record in the machine's initial state, or in the start that [At] names. If there is
// a record of this id it is [storage.ErrExists].
func (k *Kind[T, S, E]) Create(ctx context.Context, id string, data T, options ...CreateOption) error {
	o := callOptions{cause: "create", at: string(k.machine.Initial())}
	for _, option := range options {
		option.applyCreate(&o)
	}
	return k.explain("create", id, k.create(ctx, id, &data, o))
}

func (k *Kind[T, S, E]) create(ctx context.Context, id string, data *T, o callOptions) error {
	if err := k.checkStart(o.at); err != nil {
		return err
	}
	seen, err := k.load(ctx, id) // for the store's time
	if err != nil {
		return err
	}
	if seen.Version > 0 {
		return storage.ErrExists
	}
	t := k.newTurn(ctx, seen, data)
	t.State, t.entered = S(o.at), true
	t.lines = []storage.Line{{To: o.at}}
	c, err := k.outcome(seen, t, o.cause)
	if err != nil {
		return err
	}
	return k.apply(ctx, c)
}

func (k *Kind[T, S, E]) checkStart(at string) error {
	err := &fsm.TransitionError{Machine: k.machine.Name(), State: at, Err: fsm.ErrUnknownState, Hint: "those are the starts"}
	for _, s := range k.machine.Starts() {
		if string(s) == at {
			return nil
		}
		err.Permitted = append(err.Permitted, string(s))
	}
	return err
}

package downstream

import (
	"context"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Entry is what is kept about a certificate beside its state.
type Entry struct {
	Issues int `json:"issues"`
	Serial int `json:"serial"` // of the newest one
}

// Registry keeps certificates as durable records.
type Registry = supervision.Kind[Entry, State, Event]

// NewRegistry returns the registry on a store.
func NewRegistry(store storage.Store) (*Registry, error) {
	return supervision.NewKind[Entry]("certificate", life, store, nil)
}

// Happen lets an event happen to a certificate of the registry. An issue is counted in the same commit.
func Happen(ctx context.Context, r *Registry, id string, e Event) error {
	return r.Fire(ctx, id, e, func(t *supervision.Turn[Entry, State, Event]) error {
		if e == Issue {
			t.Data.Issues++
		}
		return nil
	})
}

// Audited is a store of the program's own: it counts the changes that were made.
type Audited struct {
	storage.Store
	// Made is told how many changes were made.
	Made func(n int)
}

// Apply implements [storage.Records].
func (a *Audited) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	answers, err := a.Store.Apply(ctx, changes)
	made := 0
	for _, answer := range answers {
		if answer == nil {
			made++
		}
	}
	a.Made(made)
	return answers, err
}

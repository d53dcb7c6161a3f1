package supervision

import (
	"context"
	"fmt"
	"iter"

	"github.com/reeve-go/reeve/storage"
)

// A Whole is what elements are parts of: a [Kind].
type Whole interface {
	elementsOf(ctx context.Context, id string, q storage.ElementQuery) iter.Seq2[storage.Element, error]
}

func (k *Kind[T, S, E]) elementsOf(ctx context.Context, id string, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	return func(yield func(storage.Element, error) bool) {
		if k.broken != nil {
			yield(storage.Element{}, k.explain("list elements of", id, k.broken))
			return
		}
		for e, err := range k.store.Elements(ctx, k.Key(id), q) {
			if !yield(e, k.explain("list elements of", id, err)) {
				return
			}
		}
	}
}

// List yields the elements of a record as they are stored, by name, outside a turn: to look at. It
// holds nothing open; what changes meanwhile may or may not be seen. The sequence ends with the first
// error; a record that does not exist has no elements.
func (e *Elements[X, S, E]) List(ctx context.Context, of Whole, id string) iter.Seq2[Element[X, S], error] {
	return func(yield func(Element[X, S], error) bool) {
		if err := e.check(); err != nil {
			yield(Element[X, S]{}, fmt.Errorf("supervision: %w", err))
			return
		}
		for stored, err := range of.elementsOf(ctx, id, storage.ElementQuery{}) {
			var el Element[X, S]
			if err == nil {
				el, err = e.view(&stored)
			}
			if !yield(el, err) || err != nil {
				return
			}
		}
	}
}

// Load returns an element of a record as it is stored, outside a turn: to look at. If there is none it is
// [storage.ErrNotFound].
func (e *Elements[X, S, E]) Load(ctx context.Context, of Whole, id, name string) (Element[X, S], error) {
	if err := e.check(); err != nil {
		return Element[X, S]{}, fmt.Errorf("supervision: %w", err)
	}
	for stored, err := range of.elementsOf(ctx, id, storage.ElementQuery{Names: []string{name}}) {
		if err != nil {
			return Element[X, S]{}, err
		}
		return e.view(&stored)
	}
	return Element[X, S]{}, fmt.Errorf("supervision: element %q of record %q: %w", name, id, storage.ErrNotFound)
}

func (e *Elements[X, S, E]) view(stored *storage.Element) (Element[X, S], error) {
	typed, err := e.typed(stored)
	if err != nil {
		return Element[X, S]{}, fmt.Errorf("supervision: element %q: %w", stored.Name, err)
	}
	return *typed.(*element[X, S, E]).shown, nil //nolint:forcetypeassert // typed returns no other
}

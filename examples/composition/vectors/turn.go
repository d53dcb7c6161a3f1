package vectors

import (
	"context"
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
)

// turn has the entity decided and makes what comes of it true. A turn that fails leaves everything as
// it was.
func (w *world) turn(ctx context.Context, e *entity, letters []*letter) (failed bool, err error) {
	if err := w.excuse(e, letters); err != nil {
		return false, err
	}
	change, err := w.decide(ctx, e, letters)
	if err != nil {
		e.lines = append(e.lines, line{w.running, fmt.Sprintf("turn failed: %v", err)})
		return true, nil
	}
	lines, err := w.tell(e, &change, letters)
	if err != nil {
		return false, err
	}
	for _, text := range lines {
		e.lines = append(e.lines, line{w.running, text})
	}
	e.apply(&change)
	w.drop(letters)
	return false, nil
}

// decide is what a supervisor does between a claim and a commit.
func (w *world) decide(ctx context.Context, e *entity, letters []*letter) (storage.Change, error) {
	if e.broken != nil {
		return storage.Change{}, e.broken
	}
	seen := &storage.Snapshot{Record: e.record, Elements: e.elements, Now: moment(w.now)}
	for _, l := range letters {
		seen.Messages = append(seen.Messages, l.Message)
	}
	if e.isInstance(w) {
		return w.estate.Instances.Decide(ctx, seen, w.estate.DecideInstance)
	}
	return w.estate.Definitions.Decide(ctx, seen, w.estate.DecideDefinition)
}

// apply is what a store does with a change, as far as the next turn sees it.
func (e *entity) apply(c *storage.Change) {
	e.record = c.Record
	e.record.Version = c.Version + 1
	e.gone = c.Record.Final
	e.elements = slices.DeleteFunc(slices.Clone(e.elements), func(el storage.Element) bool {
		return slices.Contains(c.Gone, el.Name) || slices.ContainsFunc(c.Elements, func(n storage.Element) bool { return n.Name == el.Name })
	})
	e.elements = append(e.elements, c.Elements...)
	e.sort()
}

func (e *entity) isInstance(w *world) bool {
	return e.record.Key.Kind == w.estate.Instances.Key("").Kind
}

func (e *entity) isUpdateReverting() bool {
	switch acm.State(e.record.State) {
	case acm.UpdateReverting, acm.UpdateRevertFailed, acm.UpdateRevertTimedOut:
		return true
	}
	return false
}

// underWay says whether an operation is, be it a halted one.
func (e *entity) underWay() bool {
	switch acm.State(e.record.State) {
	case acm.Undeployed, acm.Locked, acm.Unlocked, acm.Deleted:
		return false
	}
	return true
}

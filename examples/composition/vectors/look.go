package vectors

import (
	"cmp"
	"context"
	"slices"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
)

// lockTime is for how many milliseconds ONAP's locks hold.
const lockTime = 200_000

// run lets the supervisor look at everything that is due, as often as was given.
func (w *world) run(ctx context.Context) error {
	for w.running = range w.given.Runs {
		w.now = w.clock.begin(w.running, w.given.StepMs)
		for entity, taken := range w.jobs {
			if w.now-taken > lockTime {
				delete(w.jobs, entity)
			}
		}
		if err := w.pass(ctx); err != nil {
			return err
		}
	}
	return nil
}

// pass is one look at everything, in ONAP's order: its run ends with the first entity that fails, and
// what comes after that one may differ.
func (w *world) pass(ctx context.Context) error {
	poisoned := false
	for _, due := range []func() []storage.Key{w.dueDefinitions, w.dueInstances, w.neverPolled} {
		for _, key := range due() {
			if e := w.entity(key); e != nil && poisoned {
				w.allow(e, Starved)
			}
			failed, err := w.look(ctx, key)
			if err != nil {
				return err
			}
			poisoned = poisoned || failed
		}
	}
	return nil
}

// dueDefinitions returns those that ONAP looks at.
func (w *world) dueDefinitions() (keys []storage.Key) {
	for i := range w.given.Definitions {
		key := w.estate.Definitions.Key(w.given.Definitions[i].ID)
		switch acm.DefinitionState(w.entity(key).record.State) {
		case acm.Commissioned, acm.Primed:
		default:
			keys = append(keys, key)
		}
	}
	return w.addAddressees(keys, w.estate.Definitions.Key("").Kind)
}

// dueInstances returns those that ONAP looks at.
func (w *world) dueInstances() (keys []storage.Key) {
	for i := range w.given.Instances {
		if e := w.entity(w.estate.Instances.Key(w.given.Instances[i].ID)); !e.gone && e.underWay() && !e.isUpdateReverting() {
			keys = append(keys, e.record.Key)
		}
	}
	return w.addAddressees(keys, w.estate.Instances.Key("").Kind)
}

// neverPolled returns the instances that Reeve looks at and ONAP does not, though an order is under way.
func (w *world) neverPolled() (keys []storage.Key) {
	for _, e := range w.entities {
		if !e.gone && e.isUpdateReverting() && !e.looked {
			keys = append(keys, e.record.Key)
		}
		e.looked = false
	}
	return keys
}

// addAddressees adds those of a kind that have messages.
func (w *world) addAddressees(keys []storage.Key, kind string) []storage.Key {
	for _, l := range w.inbox {
		if l.To.Kind == kind && !slices.Contains(keys, l.To) {
			keys = append(keys, l.To)
		}
	}
	return keys
}

// look gives one entity a turn, unless another holds its lock.
func (w *world) look(ctx context.Context, key storage.Key) (failed bool, err error) {
	e := w.entity(key)
	if e != nil {
		e.looked = true
	}
	if _, locked := w.jobs[key.ID]; locked {
		return false, nil
	}
	letters := w.lettersTo(key)
	if e == nil || e.gone {
		w.drop(letters)
		return false, nil
	}
	w.now = w.clock.look(w.running, key.ID)
	return w.turn(ctx, e, letters)
}

// lettersTo returns the messages that wait for an entity, the oldest first.
func (w *world) lettersTo(key storage.Key) (letters []*letter) {
	for _, l := range w.inbox {
		if l.To == key {
			letters = append(letters, l)
		}
	}
	slices.SortStableFunc(letters, func(a, b *letter) int { return cmp.Compare(a.at, b.at) })
	return letters
}

func (w *world) drop(letters []*letter) {
	w.inbox = slices.DeleteFunc(w.inbox, func(l *letter) bool { return slices.Contains(letters, l) })
}

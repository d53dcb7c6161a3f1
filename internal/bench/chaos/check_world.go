package chaos

import (
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A duty is what the world is to do once: an operation's part in it.
type duty struct {
	record, operation, element string
}

func (c *call) duty() duty { return duty{c.Record, c.Operation, c.Element} }

// checkEffects: what histories say was done for an operation, and what the store calls done, the world
// has done; and there is nothing that it is still to do.
func checkEffects(e *evidence, found found) {
	dutiesDone, keysDone := map[duty]bool{}, map[string]bool{}
	for i := range e.calls {
		if c := &e.calls[i]; c.Result == resultDone {
			dutiesDone[c.duty()], keysDone[c.Key] = true, true
		}
	}
	for i := range e.records {
		r := &e.records[i]
		for _, o := range r.operations() {
			for _, el := range r.elements {
				if d := (duty{r.Key.ID, o.id, el.Name}); o.ended > 0 && !dutiesDone[d] {
					found("operation %s of %s has ended, and the world never did %s for its element %s", o.id, r.Key, o.what, el.Name)
				}
			}
		}
	}
	for i := range e.effects {
		switch f := &e.effects[i]; {
		case f.Status == storage.EffectDone && !keysDone[f.Key]:
			found("effect %s of %s is done, and the world never did it", f.ID, f.From)
		case f.Status == storage.EffectPending, f.Status == storage.EffectRunning, f.Status == storage.EffectDead:
			found("effect %s of %s is %s: %s", f.ID, f.From, f.Status, f.Reason)
		}
	}
}

// checkKeys: whatever the world was to do once it was asked for under one key, and a key stands for one
// thing.
func checkKeys(e *evidence, found found) {
	keyOf, meaning := map[duty]string{}, map[string]duty{}
	for i := range e.calls {
		c := &e.calls[i]
		if key, known := keyOf[c.duty()]; known && key != c.Key {
			found("%s for element %s of %s in operation %s was asked for under key %s and under key %s", c.What, c.Element, c.Record, c.Operation, key, c.Key)
		}
		if d, known := meaning[c.Key]; known && d != c.duty() {
			found("key %s stands for %v and for %v", c.Key, d, c.duty())
		}
		keyOf[c.duty()], meaning[c.Key] = c.Key, c.duty()
	}
}

// checkPhases: the world was asked for nothing of a phase before it had done all of the one before.
func checkPhases(e *evidence, found found) {
	type when struct {
		what        event
		first, last map[string]int // by step: the first call, and when the last part was done
	}
	operations := map[string]*when{}
	for i := range e.calls {
		c := &e.calls[i]
		w := operations[c.Operation]
		if w == nil {
			w = &when{what: c.What, first: map[string]int{}, last: map[string]int{}}
			operations[c.Operation] = w
		}
		if at, known := w.first[c.Step]; !known || c.Begun < at {
			w.first[c.Step] = c.Begun
		}
		if c.Result == resultDone {
			w.last[c.Step] = max(w.last[c.Step], c.Ended)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(operations)) {
		w := operations[id]
		steps := slices.Sorted(maps.Keys(w.first)) // of one digit each
		if w.what == stop {
			slices.Reverse(steps)
		}
		for i := 1; i < len(steps); i++ {
			if w.first[steps[i]] < w.last[steps[i-1]] {
				found("operation %s began phase %s before phase %s was done", id, steps[i], steps[i-1])
			}
		}
	}
}

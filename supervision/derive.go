package supervision

import (
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/fsm"
)

// A Tally counts the elements of a record.
type Tally struct{ counts map[group]int }

// Count returns how many elements are in one of the states; without any, how many there are.
func (t Tally) Count(states ...string) int {
	n := 0
	for g, of := range t.counts {
		if len(states) == 0 || slices.Contains(states, g.state) {
			n += of
		}
	}
	return n
}

// derive moves the record to the state that follows from its data and elements.
func (k *Kind[T, S, E]) derive(t *Turn[T, S, E]) error {
	if k.options.Derive == nil || t.deleted {
		return nil
	}
	to := k.options.Derive(t.Data, t.core.parts.tally())
	if to == t.State {
		return nil
	}
	if t.seen.Version == 0 {
		return k.checkDerivedStart(t, to)
	}
	for _, row := range k.machine.Rows() {
		if row.From == t.State && row.To == to {
			wake := t.core.wake // the decider cannot say it after this move
			t.move(row)
			t.core.wake = wake
			return nil
		}
	}
	return fmt.Errorf("its state %q becomes %q, and machine %q has no row for that; declare it, or correct Derive: %w", t.State, to, k.machine.Name(), fsm.ErrNotPermitted)
}

// checkDerivedStart lets a record begin in the state that follows from what it begins with.
func (k *Kind[T, S, E]) checkDerivedStart(t *Turn[T, S, E], to S) error {
	if err := checkStart(k.machine, to); err != nil {
		return err
	}
	t.State, t.core.lines[0].To = to, string(to)
	return nil
}

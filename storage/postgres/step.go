package postgres

import (
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A step is a change that is being made.
type step struct {
	*storage.Change
	answer  *error
	version uint64            // of the record afterwards; zero: the change was refused
	token   storage.Token     // of a record that is created
	emitted []*storage.Effect // but for what adds nothing
	before  string            // the state of a record that was deleted
}

// keysOf returns the records that steps concern, and those of them that they create.
func keysOf(steps []*step) (all, created []storage.Key) {
	for _, c := range steps {
		all = append(all, c.Key)
		if c.Version == 0 {
			created = append(created, c.Key)
		}
		for i := range c.Send {
			all = append(all, c.Send[i].To)
		}
		for i := range c.Spawn {
			all = append(all, c.Spawn[i].Record.Key)
			created = append(created, c.Spawn[i].Record.Key)
		}
	}
	return all, created
}

// lines returns what the history is to say. That of a deletion says something.
func (c *step) lines() []storage.Line {
	if c.Delete && len(c.Lines) == 0 {
		return []storage.Line{{From: c.before, Cause: "delete"}}
	}
	return c.Lines
}

// changesElements reports whether the change adds, changes or removes elements.
func (c *step) changesElements() bool { return len(c.Elements)+len(c.Gone) > 0 }

// split divides steps into those that match and the others, in their order.
func split(steps []*step, match func(*step) bool) (matching, others []*step) {
	for _, c := range steps {
		if match(c) {
			matching = append(matching, c)
		} else {
			others = append(others, c)
		}
	}
	return matching, others
}

// sortedByKey returns steps in the order of their keys, so that all create in the same one.
func sortedByKey(steps []*step) []*step {
	return slices.SortedFunc(slices.Values(steps), func(a, b *step) int { return compareKeys(a.Key, b.Key) })
}

package supervision

import (
	"iter"
	"maps"
	"slices"
)

// All yields every element of the record, by name; those that the turn does not have yet are read. The
// body may change, add and remove elements: what it removes is not yielded any more, what it adds is
// not yielded either.
func (e *Elements[X, S, E]) All(t Outbound) iter.Seq[*Element[X, S]] { return e.Select(t, nil) }

// Select is All for the elements that are in one of the groups and in one of the states when the
// iteration begins; none of either: any.
func (e *Elements[X, S, E]) Select(t Outbound, groups []int, states ...S) iter.Seq[*Element[X, S]] {
	return func(yield func(*Element[X, S]) bool) {
		o := e.of(t)
		if o == nil {
			return
		}
		for _, row := range o.parts.pick(o, groups, names(states)) {
			if row.gone {
				continue
			}
			el, ok := e.show(o, row)
			if !ok || !yield(el) {
				return
			}
		}
	}
}

// First is what Select yields, but at most n of them: the first ones by name. No more is read than it takes to know them,
// so that a long line costs no more than its head.
func (e *Elements[X, S, E]) First(t Outbound, n int, groups []int, states ...S) []*Element[X, S] {
	o := e.of(t)
	if o == nil || n <= 0 {
		return nil
	}
	var out []*Element[X, S]
	for _, row := range o.parts.first(o, n, groups, names(states)) {
		if el, ok := e.show(o, row); ok {
			out = append(out, el)
		}
	}
	return out
}

// Due returns the elements, of those that the turn has, whose time has come: the time of their state,
// or that of a Wake. Others may be due as well if they are many; they come with the next turn.
func (e *Elements[X, S, E]) Due(t Outbound) []*Element[X, S] {
	o := e.of(t)
	if o == nil {
		return nil
	}
	var out []*Element[X, S]
	for _, row := range o.parts.due(o.now) {
		if el, ok := e.show(o, row); ok {
			out = append(out, el)
		}
	}
	return out
}

// Count returns how many elements are in one of the states, with what this turn has changed so far;
// without any, how many there are. Nothing is read for it.
func (e *Elements[X, S, E]) Count(t Outbound, states ...S) int {
	if o := e.of(t); o != nil {
		return o.parts.tally().Count(names(states)...)
	}
	return 0
}

// Groups yields how many elements of each group are in a state that wanted is true for, by group,
// leaving out the groups that have none. Like Count it reads nothing.
func (e *Elements[X, S, E]) Groups(t Outbound, wanted func(S) bool) iter.Seq2[int, int] {
	return func(yield func(int, int) bool) {
		o := e.of(t)
		if o == nil {
			return
		}
		counts := map[int]int{}
		for g, n := range o.parts.tally().counts {
			if wanted(S(g.state)) {
				counts[g.number] += n
			}
		}
		for _, number := range slices.Sorted(maps.Keys(counts)) {
			if !yield(number, counts[number]) {
				return
			}
		}
	}
}

func names[S ~string](states []S) []string {
	out := make([]string, len(states))
	for i, s := range states {
		out[i] = string(s)
	}
	return out
}

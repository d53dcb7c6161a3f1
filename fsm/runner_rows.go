package fsm

import "slices"

// acts reports whether anything runs around row. Where nothing does, the table alone is the answer.
func (b *Behavior[T, S, E]) acts(row Row[S, E]) bool {
	if len(b.guards[row])+len(b.moves[row]) > 0 {
		return true
	}
	if row.Same {
		return false
	}
	if row.From == row.To {
		return len(b.exit[row.From])+len(b.entry[row.To]) > 0
	}
	from, to := b.machine.line(row.From), b.machine.line(row.To)
	left := func(s S) bool { return len(b.exit[s]) > 0 && !slices.Contains(to, s) }
	entered := func(s S) bool { return len(b.entry[s]) > 0 && !slices.Contains(from, s) }
	return slices.ContainsFunc(from, left) || slices.ContainsFunc(to, entered)
}

// line returns a leaf and its superstates, innermost first.
func (m *Machine[S, E]) line(leaf S) []S { return append([]S{leaf}, m.leaves[leaf].path...) }
